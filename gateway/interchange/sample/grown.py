"""The grown part of the city: thousands of things in true proportions, the same ones for the same seed and day."""

from datetime import date
from pathlib import Path

from gateway.interchange.sample.city import City, joined
from gateway.interchange.sample.firms import founded, town
from gateway.interchange.sample.gas import cylinders
from gateway.interchange.sample.goods import goods
from gateway.interchange.sample.ground import Ground, Words
from gateway.interchange.sample.lifts import lifts
from gateway.interchange.sample.vehicles import vehicles
from gateway.interchange.sample.written import load


def grow(folder: Path, seed: int, today: date) -> City:
    """Return what grows from the words in `folder` as of `today` (a day of Asia/Shanghai).

    Nothing in it lies on that day itself, so whatever the hour, nothing is still to come. Raises `BadSettings`.
    """
    words = Words.read(folder)
    firms = founded(Ground(words, seed, "firms", today))
    parts = {"cylinders": cylinders, "vehicles": vehicles, "lifts": lifts, "goods": goods}
    grown = (part(Ground(words, seed, name, today), firms) for name, part in parts.items())
    return joined(town(firms), *grown)


def whole(folder: Path, seed: int, today: date) -> City:
    """Return the written city with what grows around it."""
    return joined(load(folder, today), grow(folder, seed, today))

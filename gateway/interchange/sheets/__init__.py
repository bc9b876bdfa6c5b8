"""The sheet of each type; a new one is its module and a line here."""

from collections.abc import Mapping
from typing import Final

from gateway.interchange.sheet import Sheet
from gateway.interchange.sheets.flour import FLOUR
from gateway.interchange.sheets.inputs import INPUTS
from gateway.interchange.sheets.lift import LIFT
from gateway.interchange.sheets.liquor import LIQUOR
from gateway.interchange.sheets.lpg import LPG
from gateway.interchange.sheets.meat import MEAT
from gateway.interchange.sheets.melon import MELON
from gateway.interchange.sheets.party import PARTY
from gateway.interchange.sheets.station import STATION
from gateway.interchange.sheets.tomato import TOMATO
from gateway.interchange.sheets.vehicle import VEHICLE

_ALL: Final = (MEAT, LIQUOR, FLOUR, TOMATO, MELON, LPG, VEHICLE, STATION, LIFT, PARTY, INPUTS)

SHEETS: Final[Mapping[str, Sheet]] = {sheet.type: sheet for sheet in _ALL}

"""One process of the crew: takes a task and chunks of rows on its standard input, gives back what became of them.

It ends when its input does, so that it cannot outlive who started it.
"""

import gc
import sys
from collections.abc import Mapping
from datetime import date
from typing import BinaryIO, Final

import msgspec

from gateway.domain.inputs import Input, Inputs
from gateway.domain.records.base import Entry
from gateway.interchange.chunk import Layout
from gateway.interchange.convert import Converter
from gateway.interchange.tables import Lines
from gateway.interchange.target import target

LENGTH: Final = 4  # octets before each frame


class Task(msgspec.Struct, frozen=True):
    """How the rows of one file are to be read."""

    type: str
    columns: Mapping[int, str]  # place from the left -> path of its field
    width: int
    today: date
    inputs: tuple[Input, ...]
    party: str | None
    corrects: bool

    def converter(self) -> Converter:
        """Return who does it."""
        way = target(self.type)
        of_path = {column.path: column for column in way.sheet.columns}
        columns = {place: of_path[path] for place, path in self.columns.items()}
        layout = Layout(way.sheet, way.types(), columns, self.width, self.today)
        return Converter(way, layout, Entry(self.today, Inputs(self.inputs)), self.party, corrects=self.corrects)


def main() -> None:
    """Work until the input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    frame = _frame(source)
    if frame is None:
        return
    converter = msgspec.msgpack.decode(frame, type=Task).converter()
    gc.set_threshold(50_000, 20, 20)  # rows are many; only those that are refused leave cycles
    gc.freeze()  # and what is there by now stays
    decode, encode = (
        msgspec.msgpack.Decoder(Lines | list[tuple[int, list[str]]]).decode,
        msgspec.msgpack.Encoder().encode,
    )
    while (frame := _frame(source)) is not None:
        done = encode(converter.convert(decode(frame)))
        sink.write(len(done).to_bytes(LENGTH, "big"))
        sink.write(done)
        sink.flush()


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH)
    return source.read(int.from_bytes(head, "big")) if len(head) == LENGTH else None


if __name__ == "__main__":
    main()

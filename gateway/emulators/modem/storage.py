"""A SIM's or a phone's message memory: so many slots, numbered from 1 (3GPP TS 27.005 §3.1)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum


class StorageFull(Exception):
    """There is no free slot."""


class Stat(IntEnum):
    """The state of a stored message, as +CMGL and +CMGR number it in PDU mode."""

    REC_UNREAD = 0
    REC_READ = 1
    STO_UNSENT = 2
    STO_SENT = 3


@dataclass(slots=True, eq=False)
class Record:
    """One stored message: its TPDU and what has become of it."""

    tpdu: bytes
    stat: Stat
    deleted: bool = field(default=False)

    @property
    def unread(self) -> bool:
        """Whether no driver has read it yet."""
        return self.stat is Stat.REC_UNREAD and not self.deleted


class Storage:
    """One memory; a slot keeps its number until it is deleted, the lowest free one is taken next."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._slots: dict[int, Record] = {}

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def full(self) -> bool:
        """Whether another message would not fit."""
        return len(self._slots) >= self.capacity

    def add(self, record: Record) -> int:
        """Store a message and return its slot; raises `StorageFull`."""
        if self.full:
            raise StorageFull
        slots = self._slots
        slot = next(number for number in range(1, self.capacity + 1) if number not in slots)
        slots[slot] = record
        return slot

    def get(self, slot: int) -> Record | None:
        """Return what a slot holds; None when it is empty."""
        return self._slots.get(slot)

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        return iter(sorted(self._slots.items()))

    def delete(self, slot: int) -> None:
        """Empty a slot; an empty one stays empty."""
        record = self._slots.pop(slot, None)
        if record is not None:
            record.deleted = True

    def delete_stats(self, stats: frozenset[Stat]) -> None:
        """Delete every message in one of these states (the <delflag> of +CMGD)."""
        for slot, record in list(self._slots.items()):
            if record.stat in stats:
                self.delete(slot)


class MergedStorage(Storage):
    """The memory "MT": all of the phone's and then all of the SIM's slots, under running numbers."""

    def __init__(self, *parts: Storage) -> None:
        super().__init__(sum(part.capacity for part in parts))
        self._parts = parts

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    @property
    def full(self) -> bool:
        """Whether no part has room."""
        return all(part.full for part in self._parts)

    def _at(self, slot: int) -> tuple[Storage, int] | None:
        for part in self._parts:
            if slot <= part.capacity:
                return part, slot
            slot -= part.capacity
        return None

    def add(self, record: Record) -> int:
        """Store in the first part that has room; raises `StorageFull`."""
        before = 0
        for part in self._parts:
            if not part.full:
                return before + part.add(record)
            before += part.capacity
        raise StorageFull

    def get(self, slot: int) -> Record | None:
        """Return what a slot of a part holds."""
        found = self._at(slot)
        return found[0].get(found[1]) if found else None

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        before = 0
        for part in self._parts:
            for slot, record in part:
                yield before + slot, record
            before += part.capacity

    def delete(self, slot: int) -> None:
        """Empty a slot of a part."""
        if found := self._at(slot):
            found[0].delete(found[1])

    def delete_stats(self, stats: frozenset[Stat]) -> None:
        """Delete in every part."""
        for part in self._parts:
            part.delete_stats(stats)

"""Which codes need not be looked up before they are asked for."""

from gateway.ivr.known import IssuedRanges
from gateway.ports import Lookup


def of(index: int | None, version: int = 1) -> Lookup:
    return Lookup("", "liquor", 1, version, index)


def test_a_range_is_known_to_its_ends_and_in_its_version_alone() -> None:
    known = IssuedRanges()
    assert not known.hold(of(15))
    known.add(of(15), (10, 19))
    assert [known.hold(of(index)) for index in (9, 10, 19, 20, None)] == [False, True, True, False, False]
    assert not known.hold(of(15, version=2))


def test_what_lies_in_no_range_teaches_nothing() -> None:
    known = IssuedRanges()
    known.add(of(15), None)
    assert not known.hold(of(15))


def test_ranges_side_by_side_keep_apart() -> None:
    known = IssuedRanges()
    for first in (20, 0, 40):
        known.add(of(first), (first, first + 9))
    assert [index for index in range(60) if known.hold(of(index))] == [*range(10), *range(20, 30), *range(40, 50)]


def test_it_does_not_grow_without_end() -> None:
    known = IssuedRanges(most=2)
    for first in range(0, 60, 10):
        known.add(of(first), (first, first + 9))
    assert sum(known.hold(of(index)) for index in range(0, 60, 10)) <= 2
    assert known.hold(of(55))

"""How many questions a picture counts: what its bars lead to says the same number, without reading them all again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from gateway.domain.verdict import Verdict
from gateway.filing.questions import Sought
from gateway.filing.reports import Figure, Measure, Period, Scope

if TYPE_CHECKING:
    from gateway.filing.books import Books

_ALL: Final = 100_000  # prefixes and batches


def of_pictures(books: "Books", sought: Sought, days: Period) -> int | None:
    """Return how many there are within these days; None where no picture counts what is asked for."""
    if not sought.real or sought.shown or sought.code or sought.account or sought.states or sought.before:
        return None
    verdicts, channel, district = frozenset(sought.verdicts), sought.channel, sought.district
    if district:
        others = (channel, sought.prefix, sought.record, sought.segments, sought.hour)
        alone = not verdicts and all(one is None for one in others)
        return _asked(books, days, lambda one: one.district == district) if alone else None
    match sought.hour, sought.prefix, sought.record, sought.segments:
        case None, None, None, None if verdicts:
            return _asked(books, days, lambda one: one.verdict in verdicts and channel in (None, one.channel))
        case int(hour), None, None, None if not verdicts:
            hours = books.pictures.hours(days)
            return sum(one.questions for one in hours if one.hour == hour and channel in (None, one.channel))
        case None, str(prefix), None, None if verdicts == {Verdict.UNKNOWN} and channel is None:
            unknown = books.pictures.unknown(days, _ALL)
            return next((one.codes for one in unknown if one.prefix == prefix), None)
        case None, None, str(record), None if verdicts == {Verdict.REPEAT_WARN} and channel is None:
            repeats = books.pictures.repeats(Scope(), days, _ALL)
            return next((one.codes for one in repeats if one.record_id == record), None)
        case None, None, None, int(many) if not verdicts:
            lengths = books.pictures.lengths(days)
            return sum(one.answers for one in lengths if one.segments == many and channel in (None, one.channel))
        case _:
            return None


def _asked(books: "Books", days: Period, counts: Callable[[Figure], bool]) -> int:
    figures = books.reports.queries(Scope(), days)
    return sum(one.value for one in figures if one.measure is Measure.QUERIES and counts(one))

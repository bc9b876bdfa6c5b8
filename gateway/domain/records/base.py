"""What every record type has in common: the label's gate, freshness, and the object a type registers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, ClassVar, Generic, Literal, TypeAlias, TypeVar

import msgspec

from gateway.domain.calendar import Due, last_day
from gateway.domain.inputs import Inputs
from gateway.domain.reply import Plain
from gateway.domain.trace import LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Number: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
PartyId: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
District: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")]  # GB/T 2260
Days: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=36_500)]
# The numbers a call may be passed on to (DOMAIN T6), with the dashes people write.
Phone: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(0[1-9][0-9]{1,2}-?[0-9]{7,8}|1[3-9][0-9]{9}|400-?[0-9]{3,4}-?[0-9]{3,4}|9[0-9]{4,5}|12315|12345)$"
    ),
]

# A lift's, filler's or inspector's feed that was quiet for longer proves nothing any more (DESIGN 4, DOMAIN T22).
FRESH = timedelta(hours=24)
# A time this far ahead of us is ordinary clock skew (DOMAIN 2.6, fill time); further ahead its clock, and so its news,
# is not believed.
_SKEW = timedelta(minutes=5)
# No inspection is due later, nor does any life last longer (in years): a slip of the pen, 2127 for 2027, would have a
# thing in order for good.
MOST_BETWEEN_INSPECTIONS, LONGEST_LIFE = 10, 40

R = TypeVar("R", bound=Record)

# Verdicts on a label alone, in the order of DOMAIN 2.10. `CONSUMED` and `SCRAPPED` are a seal's and a cylinder's
# states; goods have no use for them, so there they void the label like the others that end its life.
_VOID = dict.fromkeys(LabelState, Verdict.LABEL_VOID) | {
    LabelState.MINTED: Verdict.NOT_ACTIVATED,
    LabelState.ISSUED: Verdict.NOT_ACTIVATED,
}


class Private(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what only the regulator may read of a record; stored sealed, beside the record and never in it.

    Not even the regulator is shown its `withheld` fields: they never leave the database (visibility N of DOMAIN 2).
    """

    withheld: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        """Name the kind and nothing of what it holds: a repr ends in logs."""
        return f"<{type(self).__name__}>"


class Facts(msgspec.Struct, frozen=True):
    """What lists, reports and scopes ask of a record without reading it."""

    status: str  # its state word: in_use, scrapped, normal, recalled, ...
    district: str | None = None  # GB/T 2260, where the thing is; None: its owner's
    category: str | None = None  # use, site or vehicle category; a goods' product
    due_on: date | None = None  # the last day on which its inspection, licence or best-before is in time
    served_on: date | None = None  # last fill, maintenance, production
    parties: Mapping[str, str] = msgspec.field(default_factory=dict)  # role ("owner", "maintenance", ...) -> party id
    aliases: tuple[str, ...] = ()  # other names it is found by: "cylinder/WH12345678", "epc/30..."


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known on the day on which a record is entered."""

    today: date  # of Asia/Shanghai
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field, in words for its sender. An error keeps the record out; a warning lets it in."""

    field: str  # its path: `picked_on`, `pesticides[0].name`
    value: str
    reason: str
    severity: Literal["error", "warning"] = "error"


def _no_faults(_record: Record, _entry: Entry) -> Iterable[Fault]:
    return ()


@dataclass(frozen=True, slots=True)
class RecordType(Generic[R]):
    """One kind of thing people ask about: its fields, its rules and the values its templates may use.

    `judge` decides on a record behind an active label (or without labels); `values` gives masked plain values,
    dates written as seen from the day given; `facts` what may be listed and counted of it; `entry` what is wrong with
    it on the day it is entered, beyond what its own fields show.
    """

    name: str
    classes: frozenset[int]  # class digits of the codes we issue for it; empty: it has no labels
    policy: RepeatPolicy  # of its batches, unless a batch says otherwise
    model: type[R]
    judge: Callable[[R, Trace, Standing, datetime], Decision]
    values: Callable[[R, date], Mapping[str, Plain]]
    facts: Callable[[R], Facts]
    key: Callable[[R], str]  # its record's key: the batch, stamp, plate or local number; unique in its type
    recordless: Verdict  # an active label whose record is missing
    entry: Callable[[R, Entry], Iterable[Fault]] = _no_faults
    private: type[Private] | None = None  # what of it only the regulator may read
    by_key: bool = False  # labelled, and asked for by its key as well: a plate
    public_key: bool = False  # its key stands on a public sign and is said in full
    live: bool = False  # what it says is only as good as its source is fresh
    label_verdicts: Mapping[LabelState, Verdict] = field(default_factory=dict)  # where they differ from goods

    @property
    def labelled(self) -> bool:
        """True where the thing carries a code of ours."""
        return bool(self.classes)

    def counts(self, trace: Trace) -> bool:
        """Return whether a query of this thing adds one to its count: only behind an active label."""
        return trace.label is not None and trace.label.state is LabelState.ACTIVE and self.labelled

    def decide(self, trace: Trace, standing: Standing, now: datetime) -> Decision:
        """Judge one code; total: every trace has a verdict."""
        if self.labelled and (stopped := self._at_the_label(trace)):
            return stopped
        if not isinstance(trace.record, self.model):
            verdict = self.recordless if self.labelled else Verdict.UNKNOWN
            return Decision(verdict, "no record", ("NO_RECORD",))
        return self.judge(trace.record, trace, standing, now)

    def _at_the_label(self, trace: Trace) -> Decision | None:
        label = trace.label
        if label is None:
            if self.by_key and trace.record is not None:
                return None
            return Decision(Verdict.UNKNOWN, "never issued", ("NOT_ISSUED",))
        if label.state is LabelState.ACTIVE:
            return None
        verdict = self.label_verdicts.get(label.state, _VOID[label.state])
        return Decision(verdict, f"label {label.state}", (f"LABEL_{label.state.name}",))


def is_stale(source_at: datetime | None, now: datetime) -> bool:
    """Return whether a source was quiet for more than 24 h, was never heard, or has a clock not to be believed."""
    return source_at is None or now - source_at > FRESH or lies_ahead(source_at, now)


def lies_ahead(moment: datetime, now: datetime) -> bool:
    """Return whether a time that should be past is further ahead than clocks differ: it then proves nothing."""
    return moment - now > _SKEW


def future(entry: Entry, days: Mapping[str, date | None]) -> Iterable[Fault]:
    """Find the days, given by field, that are still to come."""
    today, faults = entry.today, []
    for name, day in days.items():  # a million records of a file are asked, and of few there is anything to say
        if day is not None and day > today:
            faults.append(Fault(name, day.isoformat(), f"晚于今天（{today}）"))
    return faults


@lru_cache(maxsize=4096)  # asked of each row of a file, and there are few due dates
def too_late(today: date, name: str, due: Due | None) -> tuple[Fault, ...]:
    """Return that an inspection, its field given by `name`, is due later than any can be, if so."""
    latest = today.year + MOST_BETWEEN_INSPECTIONS
    return (Fault(name, due, f"晚于{latest}年，请核对"),) if due is not None and int(due[:4]) > latest else ()


@lru_cache(maxsize=4096)
def too_long(name: str, manufactured_on: Due, scrap_on: Due) -> tuple[Fault, ...]:
    """Return that a life, its end given by `name`, is longer by its years than any cylinder's, if so."""
    years = int(scrap_on[:4]) - int(manufactured_on[:4])
    return (Fault(name, scrap_on, f"晚于制造后{LONGEST_LIFE}年，请核对"),) if years > LONGEST_LIFE else ()


def require(holds: bool, field_name: str, value: object, reason: str) -> None:
    """Refuse a record whose `field_name` breaks a rule; the text says field, value and reason (in Chinese)."""
    if not holds:
        raise ValueError(f"{field_name}: {value} {reason}")


def existing(field_name: str, due: str) -> date:
    """Return the last day of a due date; refuse one that no calendar has, as 31 June."""
    try:
        return last_day(due)
    except ValueError as err:
        raise ValueError(f"{field_name}: {due} 不是存在的日期，请核对") from err

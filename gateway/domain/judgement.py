"""From what was found to what is said: does it count, what is the verdict, which words need which values."""

from datetime import date, datetime

from gateway.domain import masks
from gateway.domain.calendar import full_moment, short_moment, today
from gateway.domain.code import masked
from gateway.domain.records.base import is_stale
from gateway.domain.records.registry import REGISTRY, AnyType
from gateway.domain.reply import Clause, Plain
from gateway.domain.trace import LabelState, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict
from gateway.domain.ways import Step, way

# A genuine answer returns the word printed beside the code (DESIGN 4): a look-alike hotline cannot know it.
_GENUINE = frozenset(
    {
        Verdict.GENUINE_FIRST,
        Verdict.SELF_REPEAT,
        Verdict.TRACE_OK,
        Verdict.CYL_OK,
        Verdict.CYL_DUE_SOON,
        Verdict.FILL_ALLOWED,
        Verdict.STATION_OK,
    }
)


def _type_of(trace: Trace) -> AnyType | None:
    return REGISTRY.get(trace.record_type) if trace.record_type is not None else None


def counts(trace: Trace) -> bool:
    """Return whether this query adds one to its code's count.

    Nothing unknown, void or not activated is counted (DOMAIN 2.10), nor is a lift; the count of an open code
    or a seal is information only.
    """
    kind = _type_of(trace)
    return kind is not None and kind.counts(trace)


def decide(trace: Trace, standing: Standing, now: datetime) -> Decision:
    """Judge one code, its standing already counted; every trace has a verdict. `now` is aware."""
    if trace.sealed:  # it may well be genuine
        return Decision(Verdict.UNAVAILABLE, "the key of its version is not here")
    kind = _type_of(trace)
    if kind is not None:
        return kind.decide(trace, standing, now)
    if trace.label is None:
        return Decision(Verdict.UNKNOWN, "never issued", ("NOT_ISSUED",))
    if trace.label.state is LabelState.ACTIVE:
        return Decision(Verdict.TRACE_INCOMPLETE, "a class without a record type", ("NO_RECORD",))
    unused = trace.label.state in (LabelState.MINTED, LabelState.ISSUED)  # as every test label is: it is never bound
    verdict = Verdict.NOT_ACTIVATED if unused else Verdict.LABEL_VOID
    return Decision(verdict, f"label {trace.label.state}", (f"LABEL_{trace.label.state.name}",))


def clause(
    trace: Trace,
    standing: Standing,
    decision: Decision,
    now: datetime,
    *,
    danger: bool = False,
) -> Clause:
    """Gather what the words of this verdict may use: plain, masked, dates written out.

    `danger`: the asker says that somebody is trapped or gas leaks; no words may then tell him that all is well.
    """
    kind = _type_of(trace)
    day = today(now)
    stale = kind is not None and kind.live and is_stale(trace.source_at, now)
    values: dict[str, Plain] = {
        "code": _shown(trace.code, kind),
        "count": standing.count,
        "first_at": full_moment(standing.first_at) if standing.first_at else None,
        "first_at_short": short_moment(standing.first_at, day) if standing.first_at else None,
        "danger": danger,
        "stale": stale,
        "data_as_of": short_moment(trace.source_at, day) if stale and trace.source_at else None,
        "countersign": trace.label.countersign if trace.label and decision.verdict in _GENUINE else None,
    }
    if kind is not None and isinstance(trace.record, kind.model):
        values.update(kind.values(trace.record, day))
    return Clause(decision.verdict, values, trace.record_type, trace.owner)


def shown(key: str, record_type: str | None) -> str:
    """Return a key as anybody may see it."""
    return _shown(key, REGISTRY.get(record_type) if record_type else None)


def covert(trace: Trace) -> bool:
    """Return whether a mere look must not tell what is behind a code: its first query is its proof (DESIGN 3).

    Nor does it tell that there is nothing, or somebody could try out codes without leaving a trace.
    """
    if trace.label is not None:
        return trace.label.policy is RepeatPolicy.COVERT
    kind = _type_of(trace)
    return kind is not None and kind.labelled and kind.policy is RepeatPolicy.COVERT


def steps(trace: Trace, day: date) -> tuple[Step, ...]:
    """Return the way of a thing as anybody may see it; nothing behind a label that is not active."""
    kind = _type_of(trace)
    if kind is None or not isinstance(trace.record, kind.model):
        return ()
    stopped = trace.label is not None and trace.label.state is not LabelState.ACTIVE
    return () if stopped else way(kind.name, trace.record, day)


def _shown(key: str, kind: AnyType | None) -> str:
    """Write a key as the public may see it: a lift's number whole, a plate and a code masked."""
    if kind is not None and kind.public_key:
        return key
    return masked(key) if key.isascii() else masks.plate(key)  # only plates begin with a Chinese character

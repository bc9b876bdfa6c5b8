"""What goods share: a recall, a best-before day, and verdicts by the batch's repeat policy (DOMAIN 2.1, 2.10)."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from gateway.domain.calendar import today
from gateway.domain.inputs import InputKind
from gateway.domain.records.base import Entry, Facts, Fault, Name, Number, Phone, future, require
from gateway.domain.reply import Plain
from gateway.domain.trace import Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

# The gaps a trace can have, in words for people: what makes the goods unfit to eat, and what is not there.
UNSAFE: Mapping[str, str] = {
    "TEST_FAILED": "检测不合格",
    "QUARANTINE_FAILED": "检疫不合格",
    "INSIDE_INTERVAL": "在农药安全间隔期内采收",
    "INSIDE_WITHDRAWAL": "在休药期内屠宰",
}
MISSING: Mapping[str, str] = {
    "NO_TEST_REPORT": "检测报告",
    "NO_PESTICIDE_RECORD": "用药记录",
    "NO_COMMITMENT": "承诺达标合格证",
    "NO_FARM": "养殖场",
    "NO_EAR_TAG": "耳标",
    "NO_FEED_RECORD": "饲料记录",
    "NO_VACCINE_RECORD": "免疫记录",
    "NO_DRUG_RECORD": "兽药记录",
    "NO_SLAUGHTER": "屠宰记录",
    "NO_ANIMAL_QUARANTINE": "产地检疫证",
    "NO_QUARANTINE": "产品检疫证",
    "NO_PROCESSING": "加工记录",
    "NO_LOGISTICS": "运输记录",
    "NO_RETAIL": "销售记录",
}
_NAMED = 2  # missing links that a short message names; after them it says 等

_USED_ON = {InputKind.PESTICIDE: "农药", InputKind.VET_DRUG: "兽药"}


class Recall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch called back; a recall without reason, scope and phone is none (DOMAIN 2.1)."""

    reason: Name
    scope: Name
    phone: Phone
    announced_on: date


class TestReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test of the batch: of residues, or at the factory's gate."""

    report_no: Number
    body: Name
    tested_on: date
    result: Literal["pass", "fail"]
    items: Name | None = None


class Batch(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch of goods: the record behind every label bound to it. Its key is maker's choice, e.g. the batch number."""

    product: Name
    batch_no: Name
    hotline: Phone | None = None  # of its maker
    quantity: Annotated[int, msgspec.Meta(gt=0)] | None = None  # pieces; never fewer than labels bound (DOMAIN 2.1)
    recall: Recall | None = None

    def __post_init__(self) -> None:
        """Check that nothing was called back before it came to be."""
        if self.recall is not None and self.made_on is not None:
            announced = self.recall.announced_on
            require(announced >= self.made_on, "recall.announced_on", announced, "召回公告日期早于生产日期")

    @property
    def best_before(self) -> date | None:
        """Return the last good day; None for goods that carry none."""
        return None

    @property
    def made_on(self) -> date | None:
        """Return the day the goods came to be, made, picked or slaughtered; None where the record does not say."""
        return None

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return what is missing or wrong in its chain, by names in `UNSAFE` and `MISSING`; empty: it is whole."""
        return ()


def judge(batch: Batch, trace: Trace, standing: Standing, now: datetime) -> Decision:
    """Apply DOMAIN 2.10 behind an active label: safety first, then what the repeat policy asks.

    What makes goods unfit outranks the repeat, as a recall does. Other gaps do not, but a covert label on goods with a
    gap is no proof of anything (R22): the word "genuine" is not said.
    """
    if batch.recall is not None:
        return Decision(Verdict.RECALLED, "batch recalled", ("RECALLED",))
    if batch.best_before is not None and batch.best_before < today(now):
        return Decision(Verdict.EXPIRED, "best-before day passed", ("EXPIRED",))
    gaps = batch.gaps
    if not UNSAFE.keys().isdisjoint(gaps):
        return Decision(Verdict.TRACE_INCOMPLETE, "unfit to eat", gaps)
    covert = trace.label is not None and trace.label.policy is RepeatPolicy.COVERT
    # A count of 0 is a question that is not counted (a regulator's test): it hears what a counted one would.
    first = standing.count == 1 or (standing.count == 0 and standing.first_at is None)
    if covert and not first and not standing.own:
        return Decision(Verdict.REPEAT_WARN, "another querier asked first", ("REPEATED",))
    if batch.made_on is not None and batch.made_on > today(now):
        return Decision(Verdict.TRACE_INCOMPLETE, "made or picked on a day to come", ("MADE_IN_FUTURE",))
    if gaps:
        return Decision(Verdict.TRACE_INCOMPLETE, "gaps in the trace", gaps)
    if not covert:
        return Decision(Verdict.TRACE_OK, "trace whole")
    if first:
        return Decision(Verdict.GENUINE_FIRST, "first query")
    return Decision(Verdict.SELF_REPEAT, "same querier asked first")


def ends_recall(before: Record, after: Record) -> bool:
    """Return whether a recall would end with a correction: only the regulator says that goods are good again (T13)."""
    return isinstance(before, Batch) and before.recall is not None and getattr(after, "recall", None) is None


def batch_facts(batch: Batch) -> Facts:
    """Return what may be listed of any goods."""
    status = "recalled" if batch.recall else "on_sale"
    return Facts(status, category=batch.product, due_on=batch.best_before, served_on=batch.made_on)


def batch_key(batch: Batch) -> str:
    """Return the batch number, the key of goods."""
    return batch.batch_no


def batch_entry(batch: Batch, entry: Entry, days: Mapping[str, date | None]) -> Iterator[Fault]:
    """Find what lies in the future: of the `days` given by field, and of the recall."""
    recalled_on = batch.recall.announced_on if batch.recall else None
    yield from future(entry, {**days, "recall.announced_on": recalled_on})


def input_faults(path: str, name: str, days: int, kind: InputKind, entry: Entry) -> Iterator[Fault]:
    """Find a use, at `path`, of an input that is banned, or with fewer `days` of waiting than are registered (R70)."""
    interval = "safety_interval_days" if kind is InputKind.PESTICIDE else "withdrawal_days"
    for known in entry.inputs.find(name, kind):
        if known.banned:
            yield Fault(f"{path}.name", name, f"{known.name}是禁用{_USED_ON[kind]}")
        elif known.interval_days is not None and days < known.interval_days:
            yield Fault(f"{path}.{interval}", str(days), f"少于投入品清单中{known.name}的{known.interval_days}天")


def batch_values(batch: Batch) -> dict[str, Plain]:
    """Return the values every goods template may use."""
    recall, best_before = batch.recall, batch.best_before
    unsafe = [UNSAFE[gap] for gap in batch.gaps if gap in UNSAFE]
    missing = [MISSING[gap] for gap in batch.gaps if gap in MISSING]
    return {
        "product": batch.product,
        "batch_no": batch.batch_no,
        "hotline_of_maker": batch.hotline,
        "best_before": best_before.isoformat() if best_before else None,
        "recall_reason": recall.reason if recall else None,
        "recall_phone": recall.phone if recall else None,
        "recalled_on": recall.announced_on.isoformat() if recall else None,
        "unsafe": unsafe[0] if unsafe else None,
        "missing": "、".join(missing[:_NAMED]) + "等" * (len(missing) > _NAMED) if missing else None,
    }

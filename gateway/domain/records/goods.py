"""What goods share: a recall, a best-before day, and verdicts by the batch's repeat policy (DOMAIN 2.1, 2.10)."""

from datetime import date, datetime

import msgspec

from gateway.domain.calendar import today
from gateway.domain.records.base import Facts, Name, Phone
from gateway.domain.reply import Plain
from gateway.domain.trace import Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict


class Recall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch called back; a recall without reason, scope and phone is none (DOMAIN 2.1)."""

    reason: Name
    scope: Name
    phone: Phone
    announced_on: date


class Batch(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch of goods: the record behind every label bound to it. Its key is maker's choice, e.g. the batch number."""

    product: Name
    batch_no: Name
    recall: Recall | None = None

    @property
    def best_before(self) -> date | None:
        """Return the last good day; None for goods that carry none."""
        return None

    @property
    def made_on(self) -> date | None:
        """Return the day the goods came to be, made or picked; None where the record does not say."""
        return None

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return what is missing or wrong in its chain, as stable names; empty: the trace is whole."""
        return ()


def judge(batch: Batch, trace: Trace, standing: Standing, now: datetime) -> Decision:
    """Apply DOMAIN 2.10 behind an active label: safety first, then what the repeat policy asks."""
    if batch.recall is not None:
        return Decision(Verdict.RECALLED, "batch recalled", ("RECALLED",))
    if batch.best_before is not None and batch.best_before < today(now):
        return Decision(Verdict.EXPIRED, "best-before day passed", ("EXPIRED",))
    if trace.label is not None and trace.label.policy is RepeatPolicy.COVERT:
        return _covert(standing)
    if batch.made_on is not None and batch.made_on > today(now):
        return Decision(Verdict.TRACE_INCOMPLETE, "made or picked on a day to come", ("MADE_IN_FUTURE",))
    if batch.gaps:
        return Decision(Verdict.TRACE_INCOMPLETE, "gaps in the trace", batch.gaps)
    return Decision(Verdict.TRACE_OK, "trace whole")


def _covert(standing: Standing) -> Decision:
    # A count of 0 is a question that is not counted (a regulator's test): it hears what a counted one would.
    if standing.count == 1 or (standing.count == 0 and standing.first_at is None):
        return Decision(Verdict.GENUINE_FIRST, "first query")
    if standing.own:
        return Decision(Verdict.SELF_REPEAT, "same querier asked first")
    return Decision(Verdict.REPEAT_WARN, "another querier asked first", ("REPEATED",))


def batch_facts(batch: Batch) -> Facts:
    """Return what may be listed of any goods."""
    status = "recalled" if batch.recall else "on_sale"
    return Facts(status, category=batch.product, due_on=batch.best_before, served_on=batch.made_on)


def batch_key(batch: Batch) -> str:
    """Return the batch number, the key of goods."""
    return batch.batch_no


def batch_values(batch: Batch) -> dict[str, Plain]:
    """Return the values every goods template may use."""
    recall, best_before = batch.recall, batch.best_before
    return {
        "product": batch.product,
        "batch_no": batch.batch_no,
        "best_before": best_before.isoformat() if best_before else None,
        "recall_reason": recall.reason if recall else None,
        "recall_phone": recall.phone if recall else None,
        "recalled_on": recall.announced_on.isoformat() if recall else None,
    }

"""What a cycle did, told to those who watch: in the log and in counters."""

import logging
from collections import Counter

from gateway.pipeline.cycle import Done
from gateway.pipeline.draft import Replied
from gateway.ports import Meter

log = logging.getLogger(__name__)


def tell(done: Done, meter: Meter) -> None:
    """Log each answer and count what was taken in and answered."""
    if log.isEnabledFor(logging.INFO):  # the fields are put together for each question
        for replied, _ in done.replied:
            _note(replied)
    verdicts = Counter(answer.decision.verdict for replied, _ in done.replied for answer in replied.answers)
    for verdict, times in verdicts.items():
        meter.count("answers", times, verdict=verdict.value)
    if done.taken.repeats:
        meter.count("repeats", done.taken.repeats)
    if done.taken.buried:
        meter.count("dead_letters", done.taken.buried)
    meter.count("inquiries", len(done.taken.inquiries) + len(done.taken.asked) + len(done.made))


def _note(replied: Replied) -> None:
    log.info(
        "answered",
        extra={
            "inquiry": str(replied.inquiry.id),
            "sender": str(replied.inquiry.sender),
            "account": replied.inquiry.account,
            "intent": replied.intent.value,
            "state": replied.state.value,
            "verdicts": [answer.decision.verdict.value for answer in replied.answers],
            "reason": replied.reason,
        },
    )

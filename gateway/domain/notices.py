"""What is said besides verdicts: each notice, and the values its words need."""

from datetime import date
from enum import StrEnum

from gateway.domain.question import Need
from gateway.domain.reply import Clause
from gateway.domain.verdict import Verdict


class WrongKind(StrEnum):
    """What was sent in place of one of our codes (DOMAIN 3.1)."""

    BARCODE = "barcode"
    EAR_TAG = "ear_tag"
    IDENTITY = "identity"
    PHONE = "phone"


def malformed(*, lift: bool = False) -> Clause:
    """A code was clearly meant, but its length or check digit is wrong; `lift`: a lift's number was meant."""
    return Clause(Verdict.MALFORMED, {"lift": lift})


def wrong_kind(kind: WrongKind | None = None) -> Clause:
    """A bar code, an ear tag, an ID or a phone number came instead of a code; it is not echoed (DOMAIN 2.0)."""
    return Clause(Verdict.WRONG_KIND, {"kind": kind.value if kind else None})


def rate_limited() -> Clause:
    """The sender's limit is reached; fixed words that reveal nothing (DOMAIN T1)."""
    return Clause(Verdict.RATE_LIMITED, {})


def unavailable() -> Clause:
    """The database could not be asked: never "no such code" (DOMAIN 0.3)."""
    return Clause(Verdict.UNAVAILABLE, {})


def usage() -> Clause:
    """How to ask."""
    return Clause("HELP", {})


def report_received(ticket: str, due: date) -> Clause:
    """A report became a ticket; only then may words claim so."""
    return Clause("REPORT_RECEIVED", {"ticket": ticket, "due_on": due.isoformat()})


def report_closed(ticket: str, answer: str) -> Clause:
    """A report was decided on; `answer` is what its handler wants the reporter to know."""
    return Clause("REPORT_CLOSED", {"ticket": ticket, "answer": answer.rstrip("。")})


def opted_out() -> Clause:
    """The sender gets nothing unasked any more; questions are still answered."""
    return Clause("OPTOUT_DONE", {})


def resend() -> Clause:
    """A code stood at the edge of a part that never got its neighbour."""
    return Clause("RESEND", {})


def danger(need: Need) -> Clause:
    """What to do first, in a lift that does not open or where gas is smelt."""
    return Clause("DANGER", {"gas": need is Need.GAS})


def contact() -> Clause:
    """Where a person answers."""
    return Clause("CONTACT", {})


def test_label() -> Clause:
    """The code is of the test class: what follows proves nothing about any goods (DOMAIN R74)."""
    return Clause("TEST_LABEL", {})


def example() -> Clause:
    """The code asked for is the one our own words show; no label bears it."""
    return Clause("EXAMPLE", {})


def corrected(code: str) -> Clause:
    """A look-alike letter was read as a digit; says which code was used, in full, for the asker to compare."""
    return Clause("CORRECTED", {"code": code})

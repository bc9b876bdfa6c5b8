import pytest

from gateway.channels.modem.at import Final
from gateway.channels.modem.status import Blame, judge
from gateway.domain.outcome import Deferred, Refused, Uncertain


def error(code: int | None, family: str = "CMS") -> Final:
    return Final(ok=False, family=family, code=code)


@pytest.mark.parametrize(
    ("code", "kind", "blame"),
    [
        (1, Refused, Blame.SEGMENT),  # unassigned number
        (30, Refused, Blame.SEGMENT),  # unknown subscriber
        (195, Refused, Blame.SEGMENT),  # invalid SME address
        (304, Refused, Blame.SEGMENT),  # invalid PDU
        (41, Deferred, Blame.NETWORK),  # temporary failure
        (42, Deferred, Blame.NETWORK),  # congestion
        (500, Deferred, Blame.NETWORK),  # unknown
        (4711, Deferred, Blame.NETWORK),  # a manufacturer's own
        (None, Deferred, Blame.NETWORK),
        (8, Deferred, Blame.LINE),  # barred
        (310, Deferred, Blame.LINE),  # no SIM
        (330, Deferred, Blame.LINE),  # no service centre
        (332, Uncertain, Blame.NETWORK),  # network timeout
        (197, Uncertain, Blame.NETWORK),  # duplicate
    ],
)
def test_each_cause_has_its_reaction(code: int | None, kind: type, blame: Blame) -> None:
    judgement = judge(error(code))
    assert (type(judgement.outcome), judgement.blame) == (kind, blame)


def test_without_a_text_that_left_nothing_is_in_doubt() -> None:
    assert isinstance(judge(error(332), left=False).outcome, Deferred)


def test_a_busy_network_is_not_asked_at_once() -> None:
    outcome = judge(error(42)).outcome
    assert isinstance(outcome, Deferred)
    assert outcome.after.total_seconds() > 0


@pytest.mark.parametrize(
    ("code", "blame"), [(10, Blame.LINE), (13, Blame.LINE), (30, Blame.NETWORK), (100, Blame.NETWORK)]
)
def test_an_error_of_the_equipment_never_speaks_against_the_segment(code: int, blame: Blame) -> None:
    judgement = judge(error(code, "CME"))
    assert (type(judgement.outcome), judgement.blame) == (Deferred, blame)


def test_a_bare_error_is_deferred() -> None:
    assert isinstance(judge(Final(ok=False)).outcome, Deferred)

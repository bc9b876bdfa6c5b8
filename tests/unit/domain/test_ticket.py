"""Where a ticket may go."""

import pytest

from gateway.domain.ticket import STATE_WORDS, TicketState, may_follow

S = TicketState


def test_only_opening_it_again_leads_out_of_closed() -> None:
    assert [state for state in S if may_follow(S.CLOSED, state)] == [S.REOPENED]


def test_nothing_is_opened_again_that_was_not_closed_and_nothing_becomes_new() -> None:
    assert [state for state in S if may_follow(state, S.REOPENED)] == [S.CLOSED]
    assert not any(may_follow(state, S.OPEN) for state in S)


@pytest.mark.parametrize("state", [S.OPEN, S.IN_PROGRESS, S.HANDED_OVER, S.REOPENED])
def test_what_is_open_can_be_worked_on_handed_over_and_closed(state: TicketState) -> None:
    assert [after for after in S if may_follow(state, after)] == [S.IN_PROGRESS, S.HANDED_OVER, S.CLOSED]


def test_each_state_has_its_word() -> None:
    assert set(STATE_WORDS) == set(S)

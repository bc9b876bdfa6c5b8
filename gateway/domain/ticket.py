"""Complaints as tickets (R67, R75): the states of one, and what may follow what. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal, TypeAlias

# A complaint is decided on within seven working days (SAMR Order 20 of 2019, art. 14); nine days hold seven of them.
DUE: Final = timedelta(days=9)

# Who a complaint can be handed to: the market regulators' line, the city's line, the letters and visits office.
Office: TypeAlias = Literal["12315", "12345", "xinfang"]
OFFICE_WORDS: Final[Mapping[Office, str]] = {"12315": "12315平台", "12345": "12345热线", "xinfang": "信访部门"}


class TicketState(StrEnum):
    """Where a ticket stands; only `CLOSED` ends it, until somebody opens it again."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"
    REOPENED = "reopened"


STATE_WORDS: Final[Mapping[TicketState, str]] = {
    TicketState.OPEN: "已受理",
    TicketState.IN_PROGRESS: "处理中",
    TicketState.HANDED_OVER: "已转办",
    TicketState.CLOSED: "已办结",
    TicketState.REOPENED: "重新受理",
}

_WORKED_ON = frozenset({TicketState.IN_PROGRESS, TicketState.HANDED_OVER, TicketState.CLOSED})
# A step may leave the state as it is, to add what is new; what is closed was told to the citizen, and is told once.
_NEXT: Final[Mapping[TicketState, frozenset[TicketState]]] = {
    TicketState.OPEN: _WORKED_ON,
    TicketState.IN_PROGRESS: _WORKED_ON,
    TicketState.HANDED_OVER: _WORKED_ON,
    TicketState.CLOSED: frozenset({TicketState.REOPENED}),
    TicketState.REOPENED: _WORKED_ON,
}


def may_follow(state: TicketState, after: TicketState) -> bool:
    """Return whether a ticket goes from one state to another."""
    return after in _NEXT[state]

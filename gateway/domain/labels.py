"""A label's life (DOMAIN 2.1) and what is derived from its code: pure rules, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hmac import digest
from typing import Final

from gateway.domain.errors import Refusal, Why
from gateway.domain.trace import LabelState


class Act(StrEnum):
    """What can be done to a label; the values are the audit's names."""

    ISSUE = "issue"
    BIND = "bind"
    CONSUME = "consume"  # a seal, by the next fill
    CANCEL = "cancel"
    RETURN = "return"  # unused, to the office that issued it
    DESTROY = "destroy"  # unused
    LOSE = "lose"
    STEAL = "steal"
    SCRAP = "scrap"


_UNUSED: Final = frozenset({LabelState.ISSUED})
_OUT: Final = frozenset({LabelState.ISSUED, LabelState.ACTIVE})

# From which states an act leads to which. Nothing leads out of the last five states, so nothing leads back to
# `ACTIVE` (R3, R34, T14).
_EDGES: Final[Mapping[Act, tuple[frozenset[LabelState], LabelState]]] = {
    Act.ISSUE: (frozenset({LabelState.MINTED}), LabelState.ISSUED),
    Act.BIND: (_UNUSED, LabelState.ACTIVE),
    Act.CONSUME: (frozenset({LabelState.ACTIVE}), LabelState.CONSUMED),
    Act.CANCEL: (_OUT | {LabelState.MINTED}, LabelState.CANCELLED),
    Act.RETURN: (_UNUSED, LabelState.CANCELLED),
    Act.DESTROY: (_UNUSED, LabelState.CANCELLED),
    Act.LOSE: (_OUT, LabelState.LOST),
    Act.STEAL: (_OUT, LabelState.STOLEN),
    Act.SCRAP: (_OUT, LabelState.SCRAPPED),
}
ENDED: Final = frozenset(LabelState) - _OUT - {LabelState.MINTED}

# How the reason of an unused label begins that came back or was destroyed: the ledger tells them apart by it (R35).
RETURNED, DESTROYED = "退回", "销毁"
_REASON: Final = {Act.RETURN: RETURNED, Act.DESTROY: DESTROYED}
MOST_REASON: Final = 200  # characters, with what it begins with

STATE_WORDS: Final[Mapping[LabelState, str]] = {
    LabelState.MINTED: "尚未发放",
    LabelState.ISSUED: "已发放未启用",
    LabelState.ACTIVE: "已启用",
    LabelState.CONSUMED: "已使用",
    LabelState.CANCELLED: "已作废",
    LabelState.LOST: "已挂失",
    LabelState.STOLEN: "已报失窃",
    LabelState.SCRAPPED: "已报废",
}


ACT_WORDS: Final[Mapping[Act, str]] = {
    Act.ISSUE: "发放",
    Act.BIND: "绑定",
    Act.CONSUME: "核销",
    Act.CANCEL: "作废",
    Act.RETURN: "退回",
    Act.DESTROY: "销毁",
    Act.LOSE: "挂失",
    Act.STEAL: "报失窃",
    Act.SCRAP: "报废",
}


def may(state: LabelState, act: Act) -> bool:
    """Return whether the act can be done to a label in this state."""
    return state in _EDGES[act][0]


def following(state: LabelState, act: Act, what: str = "标签") -> LabelState:
    """Return the state an act leads to. Raises `Refusal` (conflict), saying of `what`, where it leads nowhere."""
    if not may(state, act):
        raise Refusal(Why.CONFLICT, f"{what}{STATE_WORDS[state]}，不能{ACT_WORDS[act]}")
    return _EDGES[act][1]


def reason_of(act: Act, given: str) -> str:
    """Return the reason as it is kept, on one line. Raises `Refusal` (invalid) for none, or one too long."""
    reason = "：".join(part for part in (_REASON.get(act), " ".join(given.split())) if part)
    if not reason or len(reason) > MOST_REASON or not reason.isprintable():
        raise Refusal(Why.INVALID, f"请写明原因，用文字，不超过{MOST_REASON}字", "reason")
    return reason


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Consecutive indexes of one class and key version, both ends included."""

    klass: int
    version: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise ValueError(f"run {self.first}-{self.last}: the first index must be 0 or more and not past the last")

    @property
    def size(self) -> int:
        """Return how many labels it has."""
        return self.last - self.first + 1

    def common(self, other: "Run") -> "Run | None":
        """Return what both have in common."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        if (self.klass, self.version) != (other.klass, other.version) or first > last:
            return None
        return Run(self.klass, self.version, first, last)

    def without(self, other: "Run") -> "list[Run]":
        """Return what is left of it, none to two pieces."""
        shared = self.common(other)
        if shared is None:
            return [self]
        ends = ((self.first, shared.first - 1), (shared.last + 1, self.last))
        return [Run(self.klass, self.version, first, last) for first, last in ends if first <= last]


def countersign(key: bytes, code: str) -> str:
    """Return the four digits printed beside a code; without the key they cannot be told from it (DESIGN 4, Codes)."""
    return f"{int.from_bytes(digest(key, b'countersign ' + code.encode(), 'sha256')[:8]) % 10_000:04d}"


def hashed(key: bytes, code: str) -> str:
    """Return what stands in the database for a foreign code that is not to be read there (DOMAIN 3.4)."""
    return "h:" + digest(key, b"foreign " + code.encode(), "sha256").hex()[:30]

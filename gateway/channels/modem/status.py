"""What the network's or the modem's error to AT+CMGS means for the segment and for the line.

Codes: 3GPP TS 27.005 §3.2.5; 0 to 127 are the RP causes of 24.011 §8.2.5.4, 128 to 255 the TP failure
causes of 23.040 §9.2.3.22.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from gateway.channels.modem.at import Final
from gateway.domain.outcome import Deferred, Outcome, Refused, Uncertain


class Blame(Enum):
    """Who is at fault when a send fails: three different reactions (STYLE section 5)."""

    NOBODY = "nobody"
    SEGMENT = "segment"  # this text or this number; the line is well
    NETWORK = "network"  # may pass; several in a row speak against the line
    LINE = "line"  # this SIM or modem will not send until something changes


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome for the segment and whom to blame for it."""

    outcome: Outcome
    blame: Blame


# 1 unassigned number, 30 unknown subscriber; 81, 95 to 99 the PDU is invalid; 128 to 145, 159 to 176 and
# 198, 199 the TPDU asks for what is not supported; 195 invalid, 196 barred address; 304, 305 invalid parameter.
_REFUSED = frozenset({1, 30, 81, *range(95, 100), *range(128, 146), *range(159, 177), 195, 196, 198, 199, 304, 305})
# 8, 10 barred; 28 the SIM is unknown; 29, 50, 69 not subscribed; 193 no subscription; 208, 209, 212, 213 SIM;
# 300 to 303 the modem; 310 to 318 SIM absent, locked or broken; 330 no service centre number.
_LINE = frozenset({8, 10, 28, 29, 50, 69, 193, 208, 209, 212, 213, 300, 302, 303, *range(310, 319), 330})
# 197 the centre already has this message; 332 the network did not answer: it may have the segment.
_UNCERTAIN = frozenset({197, 332})
# 22, 211 memory full, 38 out of order, 42, 47, 192 busy: at once is too soon.
_LATER = {22: 30, 211: 30, 38: 15, 42: 15, 47: 15, 192: 15}


def judge(error: Final, *, left: bool = True) -> Judgement:
    """Turn an error that ends AT+CMGS into an outcome. Unknown codes are deferred: nothing was taken.

    `left` is False for an error in the place of the prompt: then the segment is in no doubt.
    """
    reason = str(error)
    code = error.code
    if error.family == "CME":  # 27.007 §9.2: of the equipment, never of this segment
        return Judgement(Deferred(reason), Blame.LINE if code in range(3, 20) else Blame.NETWORK)
    if code in _REFUSED:
        return Judgement(Refused(reason), Blame.SEGMENT)
    if code in _UNCERTAIN and left:
        return Judgement(Uncertain(reason), Blame.NETWORK)
    blame = Blame.LINE if code in _LINE else Blame.NETWORK
    return Judgement(Deferred(reason, after=timedelta(seconds=_LATER.get(code or 0, 0))), blame)

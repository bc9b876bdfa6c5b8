"""The verdicts' names (DOMAIN 2.6 to 2.10) and what a decision carries."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the gateway says of one code; the value is the name used outside (JSON, templates)."""

    MALFORMED = "MALFORMED"
    WRONG_KIND = "WRONG_KIND"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    UNKNOWN = "UNKNOWN"
    LABEL_VOID = "LABEL_VOID"
    NOT_ACTIVATED = "NOT_ACTIVATED"
    RECALLED = "RECALLED"
    EXPIRED = "EXPIRED"
    GENUINE_FIRST = "GENUINE_FIRST"
    SELF_REPEAT = "SELF_REPEAT"
    REPEAT_WARN = "REPEAT_WARN"
    TRACE_OK = "TRACE_OK"
    TRACE_INCOMPLETE = "TRACE_INCOMPLETE"
    SEAL_USED = "SEAL_USED"
    CYL_SCRAPPED = "CYL_SCRAPPED"
    CYL_OVERDUE = "CYL_OVERDUE"
    SEAL_BROKEN = "SEAL_BROKEN"
    FILL_UNLICENSED = "FILL_UNLICENSED"
    NO_FILL_RECORD = "NO_FILL_RECORD"
    CYL_UNCONFIRMED = "CYL_UNCONFIRMED"
    CYL_DUE_SOON = "CYL_DUE_SOON"
    CYL_OK = "CYL_OK"
    FILL_ALLOWED = "FILL_ALLOWED"
    FILL_DENIED = "FILL_DENIED"
    STATION_OK = "STATION_OK"
    LICENCE_EXPIRED = "LICENCE_EXPIRED"
    SUSPENDED = "SUSPENDED"
    ELEV_STOPPED = "ELEV_STOPPED"
    ELEV_FAULT = "ELEV_FAULT"
    ELEV_INSP_OVERDUE = "ELEV_INSP_OVERDUE"
    ELEV_MAINT_OVERDUE = "ELEV_MAINT_OVERDUE"
    ELEV_UNCONFIRMED = "ELEV_UNCONFIRMED"
    ELEV_OK = "ELEV_OK"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, the rule that gave it, and its reasons as stable names."""

    verdict: Verdict
    rule: str
    reasons: tuple[str, ...] = ()

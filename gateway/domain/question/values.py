"""What a text was understood to ask."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.verdict import Verdict

# Answers to more codes than this in one text would be an enumeration, and a long message (DOMAIN 3.5.3).
MAX_TOKENS = 3
MAX_REMARK = 200  # characters of a report that are kept


class Intent(StrEnum):
    """What the sender wants; the values are the names used outside (`ask --json`)."""

    QUERY = "query"
    REPORT = "report"
    OPTOUT = "optout"
    HELP = "help"
    ACK = "ack"  # of a lift's alert
    DETAIL = "detail"  # the list behind a reminder
    NONE = "none"
    MALFORMED = "malformed"


class Need(StrEnum):
    """A need that words alone tell; the first two are dangers and are answered each time."""

    TRAPPED = "trapped"
    GAS = "gas"
    PERSON = "person"

    @property
    def danger(self) -> bool:
        """True where a life may depend on it."""
        return self is not Need.PERSON


class TokenKind(StrEnum):
    """Where a key is looked up."""

    ISSUED = "issued"  # one of our codes: the check digit passes
    FOREIGN = "foreign"  # somebody else's code, opaque
    LIFT = "lift"
    PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Token:
    """One thing asked about.

    `key` is canonical: 16 or 20 digits, a lift's local number (`012345`), a plate (`蒙C12345`), a foreign key (12 to 24
    digits, or the serial of a Digital Link). `corrected`: look-alike letters were read as digits, so the answer
    names the code that was used. `otherwise` is the verdict of a foreign key that no firm registered.
    """

    key: str
    kind: TokenKind
    corrected: bool = False
    otherwise: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A text, understood.

    `tokens`: at most three, in text order, no key twice. `fault` (MALFORMED or WRONG_KIND) is set when there is no
    token though a code was clearly meant. `cut`: digits touch an edge where a part of the text is still missing;
    they are in no token and no fault, and their sender is asked to send them again if the part never comes.
    `remark`: of a report or an acknowledgement, what stands beside keyword and codes. `place`: where a report says it
    happened. `need`: what the words call for besides an answer. `lift`: they name one. `pin` is a station's secret;
    `redacted` is the text that may be stored: PIN and ID numbers masked, nothing in it that a database cannot hold.
    """

    intent: Intent
    redacted: str
    tokens: tuple[Token, ...] = ()
    fault: Verdict | None = None
    cut: bool = False
    remark: str = ""
    place: str | None = None
    pin: str | None = None
    need: Need | None = None
    lift: bool = False

    def __repr__(self) -> str:
        return f"Question({self.intent}, {len(self.tokens)} tokens, fault={self.fault}, cut={self.cut})"  # logged

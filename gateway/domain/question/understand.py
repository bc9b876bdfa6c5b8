"""Reads a text: what stands out by shape, then digits, then words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.domain.code import LENGTH, LONG_LENGTH, fault_of, is_id_number, is_issued
from gateway.domain.question import digits, marks, words
from gateway.domain.question.digits import Atom
from gateway.domain.question.marks import Found
from gateway.domain.question.needs import need_of
from gateway.domain.question.values import MAX_REMARK, MAX_TOKENS, Intent, Question, Token, TokenKind
from gateway.domain.verdict import Verdict
from gateway.text.normalise import normalise

# What stands behind this many characters is stored but not read: ten parts of a long message, more than any
# question has, and a bound on the work that junk can make.
READ_LIMIT: Final = 670
# DOMAIN 3.5.9: two segments of UCS-2. A longer text without a code of ours is not a question.
LONGEST_QUESTION: Final = 134

# A foreign key is 12 to 24 digits (DOMAIN 3.1: 16 to 20 for counterfeit codes, 17 organic, 24 veterinary).
_FOREIGN: Final = range(12, 25)
# Several groups of digits in the middle of a sentence are meant as one code only near a code's length.
_NEARLY: Final = range(14, 23)
_ONLY_DIGITS: Final = re.compile(r"[\d \-.,/_、。·\"'“”‘’()\[\]<>《》#*+]+\Z")
_HALF_A_CODE: Final = 8  # digits; fewer, sent alone, may be anything
_MOBILE: Final = re.compile(r"(?:86)?1[3-9][0-9]{9}\Z")
_PHONE_OR_DATE: Final = re.compile(
    r"(?<![0-9])(?:1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|0[1-9][0-9]{1,2}[- ][0-9]{7,8}|400-?[0-9]{3,4}-?[0-9]{3,4}"
    r"|1065730-?12365|20[0-9]{2}[-./][01]?[0-9][-./][0-3]?[0-9])(?![0-9])"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TELLING: Final = frozenset({Intent.REPORT, Intent.ACK})  # intents whose other words matter


@dataclass(slots=True)
class _Sight:
    """What was seen in one text."""

    text: str  # with barriers over what was told by its shape
    found: list[Found] = field(default_factory=list)
    rest: list[Sequence[Atom]] = field(default_factory=list)  # digits that are no code of ours

    def take(self, found: Found) -> None:
        """Keep `found` and let nobody look at its place again."""
        self.found.append(found)
        self.text = marks.blank(self.text, found.start, found.end)


def understand(text: str, *, lift_digits: int = 6, open_start: bool = False, open_end: bool = False) -> Question:
    """Say what `text` asks. Never raises, whatever the text.

    `lift_digits`: the length of the city's lift numbers, 5 or 6 (DOMAIN 2.9). `open_start`, `open_end`: parts of a
    long message that stand before or after are not here yet; what touches such an edge is no token (see `cut`).
    """
    plain = normalise(text)
    read = plain[:READ_LIMIT]
    ids = marks.id_numbers(plain)
    plates = marks.plates(read)
    secret = marks.pin(read, plates)
    loose = marks.loose_pins(read, plates)
    sight = _look(read, [span for span in ids if span[1] <= READ_LIMIT], plates, secret)
    whole = not (open_start or open_end)
    _name_lifts(sight, read, lift_digits, whole=whole)
    cut_before = _drop_edge(sight, at_end=False) if open_start else False
    cut_after = _drop_edge(sight, at_end=True) if open_end or len(plain) > READ_LIMIT else False
    cut = cut_before or (cut_after and open_end)
    _judge_rest(sight, read, whole=whole)
    tokens, fault = _settle(sight.found, read)
    intent = _intent(read, tokens, fault, cut=cut, whole=whole)
    need = need_of(read)
    if need and intent is Intent.NONE:
        intent = Intent.HELP
    if intent is Intent.ACK:
        tokens = tuple(token for token in tokens if token.kind is TokenKind.LIFT)
    remark = _remark(marks.masked(plain, ids, None)[:READ_LIMIT], sight.found, secret) if intent in _TELLING else ""
    return Question(
        intent=intent,
        redacted=marks.masked(plain, ids, secret, loose) if ids or secret or loose else _storable(text),
        tokens=tokens,
        fault=fault if intent is Intent.MALFORMED else None,
        cut=cut,
        remark=remark,
        place=words.place_of(remark) if intent is Intent.REPORT else None,
        pin=marks.pin_digits(secret),
        need=need,
        lift=words.names_lift(read),
    )


def _remark(shown: str, found: Sequence[Found], secret: re.Match[str] | None) -> str:
    spans = [(f.start, f.end) for f in found if f.token] + ([secret.span()] if secret else [])
    return words.remark_of(shown, spans, MAX_REMARK)


def _storable(text: str) -> str:
    """Return the text as it came, but for what PostgreSQL cannot hold: NUL and halves of surrogate pairs."""
    return text if text.isprintable() else _SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def _look(read: str, ids: Sequence[tuple[int, int]], plates: Sequence[Found], secret: re.Match[str] | None) -> _Sight:
    """Take what is told by its shape, then the codes among the digits that remain."""
    sight = _Sight(words.without_keywords(words.without_our_words(read)))
    for start, end in ids:
        sight.take(Found(start, end, None, Verdict.WRONG_KIND))
    if secret:
        sight.text = marks.blank(sight.text, *secret.span())
    for found in (*marks.links(sight.text), *plates):
        sight.take(found)
    for chain in digits.chains(sight.text):
        reading = digits.read(chain)
        sight.found += reading.found
        sight.rest += reading.rest
    return sight


def _name_lifts(sight: _Sight, read: str, lift_digits: int, *, whole: bool) -> None:
    """Take lift numbers: beside DT or 电梯, in an acknowledgement, or when the whole text is one such number.

    They have no check digit, so groups are joined only when they are even: 3-1-1201 is somebody's door.
    """
    alone = whole and not sight.found and len(sight.rest) == 1 and bool(_ONLY_DIGITS.match(read))
    if not (alone or words.names_lift(read) or words.acknowledges(read)):
        return
    rest, sight.rest = sight.rest, []
    for chain in rest:
        if len(number := digits.joined(chain)) == lift_digits and digits.even(chain) and _stands(chain[0], sight.text):
            lifts = [Found(chain[0].start, chain[-1].end, Token(number, TokenKind.LIFT), solid=len(chain) == 1)]
        else:
            fitting = [] if alone else [a for a in chain if len(a.digits) == lift_digits and _stands(a, sight.text)]
            lifts = [Found(atom.start, atom.end, Token(atom.digits, TokenKind.LIFT)) for atom in fitting]
        if lifts:
            sight.found += lifts
        else:
            sight.rest.append(chain)


def _drop_edge(sight: _Sight, *, at_end: bool) -> bool:
    """Let go of what may go on beyond an open edge; return whether there was any.

    Digits written in one piece end at a separator. Those put together from groups may go on behind one.
    """

    glue = digits.LOOK_ALIKES + digits.CHINESE_DIGITS

    def touches(start: int, end: int, *, solid: bool) -> bool:
        beyond = sight.text[end:] if at_end else sight.text[:start]
        return not beyond.strip(glue if solid else glue + digits.SEPARATORS)

    found = [f for f in sight.found if not touches(f.start, f.end, solid=f.solid)]
    rest = [chain for chain in sight.rest if not touches(chain[0].start, chain[-1].end, solid=False)]
    dropped = len(found) < len(sight.found) or len(rest) < len(sight.rest)
    sight.found, sight.rest = found, rest
    return dropped


# --- digits that are no code of ours ---------------------------------------------------------------------------


def _judge_rest(sight: _Sight, read: str, *, whole: bool) -> None:
    """Decide of each remaining chain whether a code was meant, and which."""
    if any(f.token and f.token.kind is not TokenKind.FOREIGN for f in sight.found):
        # Beside a good code only its like can be a second one; other numbers are dates, amounts, telephones.
        for chain in sight.rest:
            sight.found += [_foreign(a.start, a.end, a.digits) for a in chain if len(a.digits) in {LENGTH, LONG_LENGTH}]
        return
    least = _least_digits(read, whole=whole)
    for chain in sight.rest:
        sight.found += _meant(chain, read, least) if least else _mentioned(chain, sight.text)


def _least_digits(read: str, *, whole: bool) -> int | None:
    """Return how many digits make it clear that a code was meant; None: digits alone do not."""
    if words.opens_latin(read):
        return 1
    if words.announces_number(read):
        return 4
    return _HALF_A_CODE if whole and _ONLY_DIGITS.match(read) else None


def _meant(chain: Sequence[Atom], read: str, least: int) -> list[Found]:
    """Read a chain where a code was asked for, or nothing but digits was sent."""
    start, end, number = chain[0].start, chain[-1].end, digits.joined(chain)
    if not all(atom.stands for atom in chain if read[atom.start : atom.end].isascii()):
        return [Found(start, end, None, Verdict.MALFORMED, solid=False)]
    if whole := [a for a in chain if len(a.digits) in {LENGTH, LONG_LENGTH}]:
        return [_foreign(a.start, a.end, a.digits) for a in whole]
    if is_id_number(number) or _MOBILE.match(number) or _PHONE_OR_DATE.fullmatch(read, start, end):
        return [Found(start, end, None, Verdict.WRONG_KIND)]
    if len(number) in _FOREIGN:
        return [_foreign(start, end, number)]
    if long := [a for a in chain if len(a.digits) in _FOREIGN]:
        return [_foreign(a.start, a.end, a.digits) for a in long]
    if not read[start:end].isascii():
        least = max(least, 4)  # 一, 两: words before they are digits
    return [Found(start, end, None, Verdict.MALFORMED, solid=False)] if len(number) >= least else []


def _mentioned(chain: Sequence[Atom], text: str) -> list[Found]:
    """Read a chain in the middle of words: only what can hardly be anything else is a code."""
    start, end, number = chain[0].start, chain[-1].end, digits.joined(chain)
    if is_id_number(number):
        return [Found(start, end, None, Verdict.WRONG_KIND)]
    if not (_stands(chain[0], text) and _stands(chain[-1], text)):
        return []  # a parcel's or an order's number
    if long := [a for a in chain if len(a.digits) in _FOREIGN]:
        return [_foreign(a.start, a.end, a.digits) for a in long]
    if len(number) in _NEARLY and not _PHONE_OR_DATE.search(text, start, end):
        return [_foreign(start, end, number)]
    return []


def _stands(atom: Atom, text: str) -> bool:
    return (
        atom.stands
        and not _is_letter(text[atom.start - 1 : atom.start])
        and not _is_letter(text[atom.end : atom.end + 1])
    )


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _foreign(start: int, end: int, number: str) -> Found:
    if is_id_number(number):  # personal: never a key that is looked up or stored
        return Found(start, end, None, Verdict.WRONG_KIND)
    if is_issued(number):  # passes the check only without what is glued to it
        return Found(start, end, None, Verdict.MALFORMED)
    return Found(start, end, Token(number, TokenKind.FOREIGN, otherwise=fault_of(number)))


# --- what it comes to ------------------------------------------------------------------------------------------


def _settle(found: Sequence[Found], read: str) -> tuple[tuple[Token, ...], Verdict | None]:
    """Return the tokens to answer and, when there is none, what is wrong."""
    in_order = sorted(found, key=lambda f: f.start)
    if words.signed(read):  # a machine's number behind letters is a parcel's or an order's, `SF1688…`
        in_order = [f for f in in_order if not _is_letter(read[max(f.start - 1, 0) : f.start])]
    by_key: dict[str, Token] = {}
    for token in (f.token for f in in_order if f.token):
        by_key.setdefault(token.key, token)
    tokens = list(by_key.values())
    fault = next((f.fault for f in in_order if f.fault), None)
    if words.signed(read):
        tokens, fault = [t for t in tokens if t.kind is TokenKind.ISSUED], None
    elif not words.asks_to_query(read) and (len(read) > LONGEST_QUESTION or words.machine_made(read)):
        tokens, fault = [t for t in tokens if t.kind is not TokenKind.FOREIGN], None
    return tuple(tokens[:MAX_TOKENS]), None if tokens else fault


def _intent(read: str, tokens: Sequence[Token], fault: Verdict | None, *, cut: bool, whole: bool) -> Intent:
    good = any(token.kind is not TokenKind.FOREIGN for token in tokens)
    if whole and words.acknowledges(read) and not any(token.kind is TokenKind.ISSUED for token in tokens):
        return Intent.ACK
    if words.reports(read) and (good or not words.signed(read)):
        return Intent.REPORT
    if tokens or cut:
        return Intent.QUERY
    if fault:
        return Intent.MALFORMED
    if whole and words.opts_out(read):
        return Intent.OPTOUT
    if whole and words.asks_for_detail(read):
        return Intent.DETAIL
    if words.signed(read) or len(read) > LONGEST_QUESTION:
        return Intent.NONE
    return Intent.HELP if words.query_without_code(read) or words.asks_for_help(read) else Intent.NONE

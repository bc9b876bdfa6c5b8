"""From any text to spoken Mandarin: our own rules first, then `wetext` for what is left, and a guard behind both.

General normalisers got 8 of 15 of our sentences wrong: codes read as billions, landlines as subtraction (DESIGN 5).
So what is recognisably ours is said by `text.spoken`; clauses of the voice templates pass through unchanged.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Final

from gateway.domain.errors import GatewayError
from gateway.text import spoken

# Part of every engine's ident: raise it when a rule here, a reading or a level changes what is heard.
VERSION: Final = "n2"


class Unspeakable(GatewayError):
    """The text cannot be said; the message says why."""


_PROVINCES: Final = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_DAY: Final = r"(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"

_PLATE: Final = rf"[{_PROVINCES}][A-Z][·•]?(?:\*+[0-9A-Z]{{2}}|[0-9A-Z]{{4,5}}[0-9A-Z挂学警])"

# What is ours, most telling first; each is tried where no digit stands before or behind.
_RULES: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    (_PLATE, lambda plate: spoken.plate(re.sub("[·•]", "", plate))),
    (rf"{_DAY} [0-2][0-9]:[0-5][0-9]", spoken.moment),
    (_DAY, spoken.date),
    (r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])(?!-?[0-9])", spoken.month),
    (r"(?:1[3-9][0-9]{9}|[48]00-?[0-9]{3,4}-?[0-9]{3,4}|0[1-9][0-9]{1,2}-[0-9]{7,8})", spoken.phone),
    (r"[A-Z]{1,4}[0-9]{3,12}(?:-[0-9]{1,6})*", spoken.code),
    (r"[0-9A-Z]{0,20}\*{2,}[0-9A-Z]{1,6}", spoken.code),
    (r"[0-9]{4}(?: [0-9]{4}){3,4}|[0-9]{5,24}", spoken.code),
    (r"[0-9]{1,9}(?:\.[0-9]{1,3})?(?:kg|KG|公斤|千克)", lambda kg: spoken.weight(re.sub("[^0-9.]", "", kg))),
    (r"[0-9]{1,9}(?:ml|mL|ML|毫升)", lambda ml: spoken.volume(re.sub("[^0-9]", "", ml))),
    (r"[0-9]{1,9}(?:\.[0-9]{1,3})?MPa", lambda mpa: f"{spoken.number(mpa.removesuffix('MPa'))}兆帕"),
)  # fmt: skip
_OURS: Final = tuple((re.compile(rf"(?<![0-9.]){rule}(?![0-9])"), say) for rule, say in _RULES)
_SENTENCE_SIGNS: Final = str.maketrans({",": "，", ";": "；", "!": "！", "?": "？", "(": "，", ")": "，", "〇": "零"})
_PAUSES: Final = re.compile(r"[，；：、]*([。！？])[，；：、。！？]*|[，；：、]{2,}")
_SAID: Final = frozenset("，。；：、！？")


def normalise(text: str) -> str:
    """Return what is to be said, without digits and signs. Raises `Unspeakable` when nothing is left, or a digit."""
    # Full-width digits and letters are the same to us; Chinese punctuation must stay as it is.
    said = "".join(unicodedata.normalize("NFKC", one) if one not in _SAID else one for one in text)
    for pattern, say in _OURS:
        said = pattern.sub(functools.partial(_one, say), said)
    said = _rest(said.translate(_SENTENCE_SIGNS))
    said = "".join(one if one.isalpha() or one in _SAID else "，" if not one.isspace() else " " for one in said)
    said = _PAUSES.sub(lambda found: found[1] or found[0][0], re.sub(r"(?<![A-Za-z]) | (?![A-Za-z])", "", said))
    said = said.lstrip("，；：、。！？ ").rstrip(" ")
    return guard(said)


def guard(said: str) -> str:
    """Let through what an engine can be trusted with. Raises `Unspeakable` for a digit, or nothing to say."""
    left = next(
        (one for one in said if unicodedata.category(one)[0] == "N"),
        None,
    )
    if left is not None:
        raise Unspeakable(f"{left!r} would be read at random in {said!r}; write it as it is spoken")
    if not any(one.isalpha() for one in said):
        raise Unspeakable(f"{said!r}: there is nothing to say")
    return said


def _one(say: Callable[[str], str], found: re.Match[str]) -> str:
    try:
        return say(found[0])
    except ValueError:  # looks like a date, and is none: the general rules may try
        return found[0]


def _rest(said: str) -> str:
    """Say the numbers that are left: by `wetext` where it is installed, and what it leaves as in a name."""
    if not any(unicodedata.category(one)[0] == "N" for one in said):
        return said
    general = _wetext()
    said = general(said) if general else said
    if not any(unicodedata.category(one)[0] == "N" for one in said):
        return said
    return "".join(
        spoken.name(run) if any(unicodedata.category(one)[0] == "N" for one in run) else run
        for run in re.split(r"([，。；：、！？\s])", said)
    )


@functools.cache
def _wetext() -> Callable[[str], str] | None:
    try:
        from wetext import Normalizer
    except ImportError:  # comes with the `[speech]` extra
        return None
    normalizer = Normalizer(lang="zh", operator="tn")
    return lambda text: str(normalizer.normalize(text))

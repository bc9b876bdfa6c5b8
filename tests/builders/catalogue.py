"""Which sentences of the console are not in a catalogue."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import gateway.console
from gateway.domain.classes import VerdictClass, short_name
from gateway.domain.verdict import Verdict

ROOT = Path(gateway.console.__file__).parent
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.do,jinja2.ext.i18n", "trimmed": "true"}}
_HOW = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
# Called so, a Chinese sentence is shown to people.
_KEYWORDS = {"_": None, "say": None, "gettext": None, "noted": None, "Refusal": (2,)}


def sentences() -> set[str]:
    """Return every Chinese sentence that pages show through the catalogue."""
    found = extract_from_dir(ROOT, _HOW, _OPTIONS, keywords=_KEYWORDS)
    named = {kind.word for kind in VerdictClass} | {short_name(verdict) for verdict in Verdict}
    return named | {message for _, _, message, _, _ in found if isinstance(message, str) and _CHINESE.search(message)}


def missing(locale: str) -> list[str]:
    """Return those that a catalogue does not say."""
    with (ROOT / "locale" / locale / "console.po").open("rb") as file:
        known = {message.id for message in read_po(file, locale) if message.string and not message.fuzzy}
    return sorted(sentences() - known)

"""Texts: from clauses to one message in segments."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.domain.errors import TemplateFault
from gateway.domain.reply import Clause, Plain, Reply
from gateway.render.fitting import fit, pieces
from gateway.render.language import Words
from gateway.text.segments import split

COMMON = "common"
# Ten segments: far above three verdicts in one message; a text beyond it is a fault, never something to cut.
MAX_TEXT = 670


class SmsRenderer:
    """Says clauses in the words of `<record_type>/<name>.j2`, else `common/<name>.j2`, names in lower case.

    Implements `gateway.ports.Renderer`. Every template is compiled at the start; of several folders a later one's
    file replaces an earlier one's of the same path.
    """

    def __init__(self, folders: Sequence[Path], signature: str, common: Mapping[str, Plain]) -> None:
        """Compile all templates; `common` are values every template may use (hotline, report_number, ...).

        Raises `TemplateFault` naming file, line and reason.
        """
        self._signature = signature
        self._common = {name: _plain(name, value) for name, value in common.items()}
        self._words: dict[tuple[str, str], Words] = {}
        for folder in folders:
            self._compile_all(folder)
        if not self._words:
            raise TemplateFault(f"no templates (*.j2) in {', '.join(map(str, folders)) or 'no folder'}")

    def reply(self, clauses: Sequence[Clause]) -> Reply:
        """Say all clauses in one message, a line each, of the fewest segments that hold what must be said."""
        fitted = fit(self._signature, [list(pieces(self._say(clause))) for clause in clauses])
        text, size = fitted.text, fitted.size
        if len(text) > MAX_TEXT:
            names = ", ".join(clause.name for clause in clauses)
            raise TemplateFault(f"{names}: the text has {len(text)} characters, more than {MAX_TEXT}; shorten a value")
        return Reply(text, size.encoding, (text,) if size.segments == 1 else split(text))

    def _say(self, clause: Clause) -> str:
        values: dict[str, Plain] = dict(self._common)
        for name, value in clause.values.items():
            values[name] = _plain(name, value)
        values["br"] = "\n"
        return self._words_for(clause).render(values)

    def _words_for(self, clause: Clause) -> Words:
        name = clause.name.lower()
        own = self._words.get((clause.record_type or COMMON, name))
        words = own or self._words.get((COMMON, name))
        if words is None:
            places = dict.fromkeys(f"{folder}/{name}.j2" for folder in (clause.record_type or COMMON, COMMON))
            raise TemplateFault(f"no template {' or '.join(places)}")
        return words

    def _compile_all(self, folder: Path) -> None:
        for path in sorted(folder.glob("*/*.j2")):
            if path.name.endswith(".voice.j2"):
                continue
            try:
                source = path.read_text(encoding="utf-8-sig")  # editors on Windows put a mark in front
            except (OSError, UnicodeDecodeError) as err:
                raise TemplateFault(f"{path}: cannot be read as UTF-8: {err}") from err
            if self._signature and self._signature in source:
                raise TemplateFault(f"{path}: contains the signature {self._signature}; it is put in front once")
            self._words[path.parent.name, path.stem] = Words(source, path)


def _plain(name: str, value: object) -> Plain:
    """Let plain values through, strings on one line and without invisible characters."""
    if isinstance(value, str):
        return value if value.isprintable() else _visible(value)
    if value is None or isinstance(value, (int, bool)):
        return value
    raise TemplateFault(f"value {name}: {type(value).__name__} is not plain; give str, int, bool or None")


def _visible(text: str) -> str:
    """Turn line breaks and odd blanks into blanks; drop controls, direction marks and what no carrier can send."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category[0] == "Z" or character in "\t\n\r\v\f\x85":
            kept.append(" ")
        elif category[0] != "C":
            kept.append(character)
    return "".join(kept)

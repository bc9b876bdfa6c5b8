"""Texts: from clauses to one message in segments."""

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path

from gateway.domain.errors import TemplateFault
from gateway.domain.proof import Published
from gateway.domain.reply import Clause, Plain, Reply
from gateway.render.fitting import fit, pieces, whole
from gateway.render.language import Words
from gateway.render.templates import Templates
from gateway.text.segments import split

# Ten segments: far above three verdicts in one message; a text beyond it is a fault, never something to cut.
MAX_TEXT = 670


class SmsRenderer:
    """Says clauses in the words of the `.j2` templates. Implements `gateway.ports.Renderer`."""

    def __init__(self, folders: Sequence[Path], signature: str, common: Mapping[str, Plain]) -> None:
        """Compile all templates, see `Templates`; raises `TemplateFault` naming file, line and reason."""
        self._signature = signature
        self._templates = Templates(folders, ".j2", common, self._compiled)

    def unsigned(self) -> "SmsRenderer":
        """Return one that says the same without the signature: on a page nobody must be told whose words these are."""
        unsigned = copy(self)
        unsigned._signature = ""  # noqa: SLF001 - of its own class
        return unsigned

    def adopt(self, published: Published) -> list[str]:
        """Speak in these words from now on, see `Templates.adopt`; so does every `unsigned` one."""
        return self._templates.adopt(published)

    @property
    def templates(self) -> Templates:
        """Return its templates."""
        return self._templates

    @property
    def signature(self) -> str:
        """Return what stands in front of each text."""
        return self._signature

    def reply(self, clauses: Sequence[Clause]) -> Reply:
        """Say all clauses in one message, a line each, of the fewest segments that hold what must be said."""
        worded = [self._templates.worded(clause) for clause in clauses]
        rendered = [text for text, _ in worded]
        fitted = whole(self._signature, rendered)
        if fitted.size.segments > 1:
            fitted = fit(self._signature, [list(pieces(clause)) for clause in rendered])
        text, size = fitted.text, fitted.size
        if len(text) > MAX_TEXT:
            names = ", ".join(clause.name for clause in clauses)
            raise TemplateFault(f"{names}: the text has {len(text)} characters, more than {MAX_TEXT}; shorten a value")
        segments = (text,) if size.segments == 1 else split(text)
        return Reply(text, size.encoding, segments, tuple(edition for _, edition in worded))

    def _compiled(self, source: str, path: Path) -> Words:
        if self._signature and self._signature in source:
            raise TemplateFault(f"{path}: contains the signature {self._signature}; it is put in front once")
        return Words(source, path)

"""Speech: from clauses to what is said aloud, piece by piece."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from jinja2 import nodes

from gateway.domain.errors import TemplateFault
from gateway.domain.proof import LONGEST_SPOKEN, Published, Saying
from gateway.domain.reply import Clause, Plain
from gateway.render.fitting import MANDATORY, Piece, pieces
from gateway.render.language import OPEN, Language, OptionalBlocks, Words, printable
from gateway.render.templates import Templates
from gateway.text import spoken

SUFFIX = ".voice.j2"

SAYS: Mapping[str, Callable[[str], str]] = {
    "code": spoken.code,
    "count": spoken.count,
    "date": spoken.date,
    "licence": spoken.code,
    "moment": spoken.moment,
    "money": spoken.money,
    "month": spoken.month,
    "name": spoken.name,
    "number": spoken.number,
    "phone": spoken.phone,
    "plate": spoken.plate,
    "tail": spoken.tail,
    "volume": spoken.volume,
    "weight": spoken.weight,
}


class VoiceRenderer:
    """Says clauses in the words of the `.voice.j2` templates, which stand beside those for texts.

    Each line of a template is a piece that is synthesised, and kept, by itself: lines without values are the same for
    all records.
    """

    def __init__(self, folders: Sequence[Path], common: Mapping[str, Plain]) -> None:
        """Compile all templates, see `Templates`; raises `TemplateFault` naming file, line and reason."""
        self._templates = Templates(folders, SUFFIX, common, lambda source, path: Words(source, path, SPOKEN))

    def adopt(self, published: Published) -> list[str]:
        """Speak in these words from now on, see `Templates.adopt`."""
        return self._templates.adopt(published)

    @property
    def templates(self) -> Templates:
        """Return its templates."""
        return self._templates

    @property
    def changes(self) -> int:
        """Return how often its words have changed since the start."""
        return self._templates.changes

    def spoken(self, clauses: Sequence[Clause]) -> tuple[str, ...]:
        """Return what is said, in order, ready to be joined; no digit is left in it.

        All mandatory parts are said; of the optional ones those of the lowest levels that keep the whole within
        `LONGEST_SPOKEN`. Raises `TemplateFault` when a mandatory value is missing or a template is at fault.
        """
        return said(self._templates.render(clause) for clause in clauses)


def said(rendered: Iterable[str]) -> tuple[str, ...]:
    """Return what is said of rendered clauses, see `VoiceRenderer.spoken`."""
    all_pieces = [piece for clause in rendered for piece in (*pieces(clause), _LINE_END)]
    kept = {MANDATORY}
    for level in sorted({piece.level for piece in all_pieces}):
        if sounds(_joined(all_pieces, kept | {level})) <= LONGEST_SPOKEN:
            kept.add(level)
    return _lines(all_pieces, kept)


def said_at_least(rendered: Iterable[str]) -> tuple[str, ...]:
    """Return what is said of rendered clauses without all that may go."""
    return _lines([piece for clause in rendered for piece in (*pieces(clause), _LINE_END)], {MANDATORY})


def _lines(all_pieces: Sequence[Piece], kept: set[int]) -> tuple[str, ...]:
    return tuple(line for line in map(str.strip, _joined(all_pieces, kept).split("\n")) if sounds(line))


_LINE_END = Piece(MANDATORY, "\n")


def _joined(said: Sequence[Piece], kept: set[int]) -> str:
    return "".join(piece.text for piece in said if piece.level in kept)


def sounds(text: str) -> int:
    """Return how many characters of it sound."""
    return sum(character.isalpha() for character in text)


class _Lines(OptionalBlocks):
    """Optional blocks in templates whose line breaks count."""

    line_end = "\n"


class _SpokenLanguage(Language):
    """The small language where every value is said by one of our rules, and no digit is left to a synthesiser."""

    def check(self, tree: nodes.Template, path: Path) -> None:
        super().check(tree, path)
        for output in tree.find_all(nodes.Output):
            for node in output.nodes:
                if isinstance(node, nodes.TemplateData):
                    _refuse_digits(node, path)
                elif not isinstance(node, nodes.Filter) or node.name not in SAYS:
                    raise TemplateFault(f"{path}:{node.lineno}: a value is said by a filter: {', '.join(SAYS)}")


def _refuse_digits(words: nodes.TemplateData, path: Path) -> None:
    at = next((at for at, character in enumerate(words.data) if character.isdecimal()), None)
    if at is not None and not words.data.startswith(OPEN):
        line = words.lineno + words.data.count("\n", 0, at)
        raise TemplateFault(f"{path}:{line}: {words.data[at]} would be read at random; write it as it is spoken")


def _filter(say: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: say(str(printable(value)))


def _marking(say: Callable[[str], str], mark: str) -> Callable[[object], str]:
    return lambda value: f"{mark}{say(str(printable(value)))}"


SPOKEN = _SpokenLanguage(_Lines, {name: _filter(say) for name, say in SAYS.items()})

# Before each value that tells one of these, where a draft is looked at; like the marks of optional parts, no value and
# no template can hold them.
MARKS: Mapping[str, Saying] = {"\x04": Saying.THING, "\x05": Saying.DATE, "\x06": Saying.PHONE}
_TELLS: Mapping[str, str] = {
    **dict.fromkeys(("code", "tail", "plate"), "\x04"),
    **dict.fromkeys(("date", "month", "moment"), "\x05"),
    "phone": "\x06",
}
MARKED = _SpokenLanguage(
    _Lines, {name: _marking(say, _TELLS[name]) if name in _TELLS else _filter(say) for name, say in SAYS.items()}
)

"""What the voice templates say whatever the values are: lines without values, and what stands around values in others.

Read from the parsed templates, so that clips of all of it can be made once and shipped.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, get_args

from jinja2 import TemplateSyntaxError, nodes

from gateway.domain.errors import TemplateFault
from gateway.domain.records.cylinder import REASON_WORDS
from gateway.domain.records.goods import MISSING, UNSAFE
from gateway.domain.records.station import Gas
from gateway.domain.reply import Plain
from gateway.render.language import CLOSE, OPEN
from gateway.render.templates import template_files
from gateway.render.voice import SAYS, SPOKEN, SUFFIX

_VALUE, _CHOICE = "\x03", "\x04"  # stand where a value is printed, and at the borders of what may be left out
_OPEN: Final = re.compile(f"[{_VALUE}{_CHOICE}]")
_CUT: Final = re.compile(f"[{_VALUE}{_CHOICE}]|(?<=[，；：。！？])")
_SIGNS: Final = "，、；：。！？ "
_GASES: Final = get_args(Gas)


class Lines:
    """The lines of all templates below some folders, and of `published` ones.

    `common` are the values that are the same for all answers.
    """

    def __init__(self, folders: Sequence[Path], common: Mapping[str, Plain], published: Sequence[str] = ()) -> None:
        """Read; raises `TemplateFault`."""
        self._common = common
        files = [line for folder in folders for line in self._of(folder)]
        kept = [line for source in published for line in self._parsed(source, "published")]
        self._lines = [line.strip(_CHOICE).strip() for line in (*files, *kept)]

    def fixed(self) -> list[str]:
        """Return each line without values of a record once, in the order of the files."""
        return _once(line for line in self._lines if _sounds(line) and not _OPEN.search(line))

    def fragments(self) -> list[str]:
        """Return each run of words that stands beside a value once, without signs at its ends."""
        runs = (run for line in self._lines if _OPEN.search(line) for run in _CUT.split(line))
        return _once(run.strip().strip(_SIGNS) for run in runs)

    def _of(self, folder: Path) -> Iterator[str]:
        for path in template_files(folder, SUFFIX):
            try:
                source = path.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError) as err:
                raise TemplateFault(f"{path}: {err}") from err
            yield from self._parsed(source, str(path))

    def _parsed(self, source: str, name: str) -> list[str]:
        try:
            tree = SPOKEN.environment.parse(source, filename=name)
        except TemplateSyntaxError as err:
            raise TemplateFault(f"{name}: {err}") from err
        return "".join(self._said(tree)).split("\n")

    def _said(self, node: nodes.Node) -> Iterator[str]:
        """Walk a template in the order of its text."""
        match node:
            case nodes.TemplateData():
                yield "" if node.data.startswith(OPEN) or node.data == CLOSE else node.data
            case nodes.Output() | nodes.Template():
                for child in node.iter_child_nodes():
                    yield from self._said(child)
            case nodes.If():
                yield _CHOICE
                for branch in (node.body, *(other.body for other in node.elif_), node.else_):
                    for child in branch:
                        yield from self._said(child)
                    yield _CHOICE
            case nodes.Filter(node=nodes.Name(name=name), name=says) if name in self._common:
                yield SAYS[says](str(self._common[name]))
            case nodes.Expr():
                yield _VALUE


def listed_words() -> list[str]:
    """Return what is said as a value and comes from a list of ours: reasons, gaps in a trace, kinds of gas."""
    words = (*REASON_WORDS.values(), *UNSAFE.values(), *MISSING.values(), "等", *_GASES)
    return _once(SAYS["name"](word) for word in words)


def _once(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _sounds(text: str) -> bool:
    return any(one.isalpha() for one in text)

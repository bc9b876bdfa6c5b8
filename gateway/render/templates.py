"""The template files of one kind: compiled at the start, chosen and filled in for a clause."""

import logging
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gateway.domain.errors import TemplateFault
from gateway.domain.proof import COMMON, FIRMS, Published
from gateway.domain.reply import Clause, Edition, Plain
from gateway.render.language import Words

log = logging.getLogger(__name__)

# What a firm may say in its own words, and the word that must be in them.
_FIRMS_MAY = {"genuine_first": "正品", "self_repeat": "正品", "trace_ok": "{{ product }}"}


class Templates:
    """The words of `<record_type>/<name><suffix>`, else of `common/<name><suffix>`, names in lower case.

    A firm's own words for its goods stand in `firms/<party>/<record_type>/<name><suffix>` (R11). Every file is
    compiled at the start; of several folders a later one's file replaces an earlier one's of the same path.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        suffix: str,
        common: Mapping[str, Plain],
        compiled: Callable[[str, Path], Words],
    ) -> None:
        """Compile; `common` are values every template may use (hotline, report_number, ...).

        Raises `TemplateFault` naming file, line and reason of every fault, one a line.
        """
        self._suffix = suffix
        self._common = {name: _plain(name, value) for name, value in common.items()}
        self._compiled = compiled
        self.shipped: dict[tuple[str, str], str] = {}  # (record type, name) -> what its file says
        self.published: dict[tuple[str, str], str] = {}  # what is said in place of files
        self.changes = 0  # how often that has changed
        self._words: dict[tuple[str | None, str, str], tuple[Words, Edition]] = {}
        faults: list[str] = []
        for root, path in [(folder, path) for folder in folders for path in template_files(folder, suffix)]:
            name = path.name.removesuffix(suffix)
            if "." in name:  # `help.voice` is of another kind
                continue
            firm = path.relative_to(root).parts[1] if path.is_relative_to(root / FIRMS) else None
            try:
                source = _source(path)
                if firm:
                    _check_firms(name, source, path)
                edition = Edition(f"{path.parent.relative_to(root).as_posix()}/{name}", 0)
                self._words[firm, path.parent.name, name] = compiled(source, path), edition
                if firm is None:
                    self.shipped[path.parent.name, name] = source
            except TemplateFault as err:
                faults.append(str(err))
        if faults:
            raise TemplateFault("\n".join(faults))
        if not self._words:
            raise TemplateFault(f"no templates (*{suffix}) in {', '.join(map(str, folders)) or 'no folder'}")

        self._files = self._words

    def adopt(self, published: Published) -> list[str]:
        """Speak in these words from now on, by record type and name; the files' where there are none.

        All of them are taken over at once. Words that do not compile are not: the ones before them stay, and the fault
        is returned.
        """
        words, said, faults = dict(self._files), {}, []
        for (record_type, name), (version, source) in published.items():
            key = None, record_type, name
            try:
                compiled = self._compiled(source, Path(f"{record_type}/{name}{self._suffix}"))
            except TemplateFault as err:
                faults.append(str(err))
                if key in self._words:
                    words[key] = self._words[key]
                if (record_type, name) in self.published:
                    said[record_type, name] = self.published[record_type, name]
            else:
                words[key] = compiled, Edition(f"{record_type}/{name}", version)
                said[record_type, name] = source
        self._words = words  # one assignment: whoever renders meanwhile has the old ones or the new
        self.changes += said != self.published
        self.published = said
        return faults

    def values(self, clause: Clause) -> dict[str, Plain]:
        """Return all that the words of a clause may use; raises `TemplateFault` for what is not plain."""
        values: dict[str, Plain] = dict(self._common)
        for name, value in clause.values.items():
            values[name] = _plain(name, value)
        values["br"] = "\n"
        return values

    def render(self, clause: Clause) -> str:
        """Fill in the words of a clause, optional parts between their marks; raises `TemplateFault`."""
        return self.worded(clause)[0]

    def worded(self, clause: Clause) -> tuple[str, Edition]:
        """Return the same with which words these are."""
        values = self.values(clause)
        own = clause.firm and self._words.get((clause.firm, clause.record_type or COMMON, clause.name.lower()))
        if own:
            try:
                return own[0].render(values), own[1]
            except TemplateFault as err:  # its goods are answered all the same
                log.warning("a firm's words cannot be used, ours are", extra={"firm": clause.firm, "reason": str(err)})
        words, edition = self._words_for(clause)
        return words.render(values), edition

    def _words_for(self, clause: Clause) -> tuple[Words, Edition]:
        name = clause.name.lower()
        own = self._words.get((None, clause.record_type or COMMON, name))
        words = own or self._words.get((None, COMMON, name))
        if words is None:
            folders = dict.fromkeys((clause.record_type or COMMON, COMMON))
            raise TemplateFault(f"no template {' or '.join(f'{folder}/{name}{self._suffix}' for folder in folders)}")
        return words


def template_files(folder: Path, suffix: str) -> list[Path]:
    """Return a folder's templates, the firms' own last."""
    return sorted(folder.glob(f"*/*{suffix}")) + sorted(folder.glob(f"{FIRMS}/*/*/*{suffix}"))


def _check_firms(name: str, source: str, path: Path) -> None:
    """Refuse a firm's words where only ours may speak, or where they leave out what the verdict says."""
    if name not in _FIRMS_MAY:
        allowed = ", ".join(_FIRMS_MAY)
        raise TemplateFault(f"{path}: a firm may word only {allowed}; warnings are the service's own")
    if (word := _FIRMS_MAY[name]) not in source:
        raise TemplateFault(f"{path}: must say {word}: that is the verdict")


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows put a mark in front
    except (OSError, UnicodeDecodeError) as err:
        raise TemplateFault(f"{path}: cannot be read as UTF-8: {err}") from err


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

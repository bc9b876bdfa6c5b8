"""A table as its page shows it, as rows for a file: so that whatever is seen can be taken along, and nothing else."""

import re
from html.parser import HTMLParser
from typing import Final

from gateway.console.exporting import Cell, Grid

_LEFT_OUT: Final = frozenset({"button", "form", "svg", "script", "summary", "audio", "meter"})
_VOID: Final = frozenset({"input", "br", "img", "col", "wbr", "link", "meta", "use", "path", "rect", "line", "circle"})
_NUMBER: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*\Z|[0-9]{1,15}\Z")


def grid_of(page: str, section: str) -> Grid | None:
    """Return the first table of the section that is labelled by the heading with this id; None: there is none."""
    reader = _Reader(section)
    reader.feed(page)
    reader.close()
    if not reader.rows:
        return None
    headings, *rows = reader.rows
    kept = [at for at, heading in enumerate(headings) if heading]  # a column of buttons has none
    plain = [[_value(row[at]) if at < len(row) else None for at in kept] for row in rows]
    return Grid(reader.name or section, [headings[at] for at in kept], plain)


def _value(text: str) -> Cell:
    if text in ("", "–"):
        return None
    return int(text.replace(",", "")) if (_NUMBER.match(text) and not text.startswith("0")) or text == "0" else text


class _Reader(HTMLParser):
    """Reads headings and cells; a time gives the whole of it, which stands in its title."""

    def __init__(self, section: str) -> None:
        super().__init__(convert_charrefs=True)
        self._section = section
        self.name = ""
        self.rows: list[list[str]] = []
        self._depth = 0  # of elements inside the section
        self._found = self._over = False
        self._left_out = 0
        self._naming = ""  # the tag of the heading that it is just in
        self._cell: list[str] | None = None
        self._time = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag that opens."""
        its = dict(attrs)
        if its.get("id") == self._section and not self.name:
            self._naming = tag
        if tag in _VOID:
            if self._cell is not None and tag == "br":
                self._cell.append(" ")
            return
        if self._depth == 0:
            labelled = its.get("aria-labelledby") == self._section
            if labelled and not self._found and tag in ("section", "table"):
                self._found, self._depth = True, 1
                self._open(tag, its)
            return
        self._depth += 1
        self._open(tag, its)

    def _open(self, tag: str, its: dict[str, str | None]) -> None:
        if self._left_out or tag in _LEFT_OUT:
            self._left_out += 1
        elif self._over:
            return
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self._cell = []
        elif tag == "time" and self._cell is not None and its.get("title"):
            self._cell.append(str(its["title"]))
            self._time = True

    def handle_endtag(self, tag: str) -> None:
        """Take a tag that closes."""
        if tag == self._naming:
            self._naming = ""
        if self._depth == 0 or tag in _VOID:
            return
        self._depth -= 1
        if self._left_out:
            self._left_out -= 1
        elif tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "time":
            self._time = False
        elif tag == "table":
            self._over = True

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._left_out or self._time:
            return
        if self._naming:
            self.name = f"{self.name}{data}".strip()
        elif self._cell is not None:
            self._cell.append(data)

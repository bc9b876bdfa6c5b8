"""Colours for what is written and for what is read: a template by its own marks, a text by its seventy squares."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.domain.proof import Kind, Proof
from gateway.domain.safety import required, words_in

_TOKEN: Final = re.compile(
    r"(?P<value>\{\{.*?\}\})|(?P<open>\{%-?\s*optional\s+(?P<level>[0-9]+)\s*-?%\})|(?P<close>\{%-?\s*endoptional\s*-?%\})"
    r"|(?P<tag>\{%.*?%\})|(?P<note>\{#.*?#\})|(?P<text>[^{]+|\{)",
    re.DOTALL,
)
_HEADER: Final = 3  # squares of 16 bits that a part of a longer text gives up: 6 octets of UDH


def painted(name: str, source: str) -> list[tuple[str, str]]:
    """Return a template's characters in runs of (text, classes), in order and complete."""
    words = [word for group in required(name) for word in group]
    must = re.compile("(" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")") if words else None
    tokens = list(_TOKEN.finditer(source))
    highest = max((int(token["level"]) for token in tokens if token["level"]), default=0)
    found: list[tuple[str, str]] = []
    look = ""
    for token in tokens:
        if token["open"]:
            look = "tk-o2" if int(token["level"]) == highest else "tk-o1"
            found.append((token[0], f"tk-tag {look}"))
        elif token["close"]:
            found.append((token[0], f"tk-tag {look}".rstrip()))
            look = ""
        elif token["value"]:
            found.append((token[0], f"tk-val {look}".rstrip()))
        elif token["text"] and must and not look:
            found += [(part, "tk-must" if must.fullmatch(part) else "") for part in must.split(token[0]) if part]
        else:
            found.append((token[0], ("tk-tag" if token["tag"] else "tk-note" if token["note"] else look)))
    return found


class Sheets:
    """A proof as it is shown: its tally and its squares."""

    def __init__(self, name: str, proof: Proof) -> None:
        self.text, self.encoding = proof.text, proof.encoding
        self.units, self.room, self.segments = proof.size.units, proof.room, proof.size.segments
        self.dropped = [run.text for run in proof.dropped]
        self.must = proof.size.must
        self.sheets = list(_sheets(proof, _looks(name, proof)))


def _looks(name: str, proof: Proof) -> list[str]:
    """Return the classes of each character of the text."""
    levels = {run.level for run in (*proof.runs, *proof.dropped) if run.level}
    highest = max(levels, default=0)
    looks: list[str] = []
    for run in proof.runs:
        classes = [{Kind.SIGNATURE: "s", Kind.VALUE: "d", Kind.TEXT: ""}[run.kind]]
        if run.level:
            classes.append("o2" if run.level == highest else "o1")
        looks += [" ".join(filter(None, classes))] * len(run.text)
    looks += [""] * (len(proof.text) - len(looks))
    sayable = "".join("\0" if "o" in look else character for character, look in zip(proof.text, looks, strict=True))
    for word in words_in(name, sayable):
        at = sayable.find(word)
        for place in range(at, at + len(word)):
            looks[place] = f"{looks[place]} m".strip()
    return looks


def _sheets(proof: Proof, looks: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    ucs2 = proof.encoding == "ucs2"
    several = len(proof.segments) > 1
    room = 70 if ucs2 else 160
    at = 0
    for segment in proof.segments:
        sheet: list[tuple[str, str]] = [("", "h")] * (_HEADER if several and ucs2 else 7 if several else 0)
        for character in segment:
            sheet.append((character if character != "\n" else "↵", looks[at]))
            if ucs2 and ord(character) > 0xFFFF:
                sheet.append(("", looks[at]))  # carriers count it twice
            at += 1
        sheet += [("", "e")] * (room - len(sheet))
        yield sheet

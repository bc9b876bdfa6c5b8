"""YAML as flows are written in it: plain mappings, lists and words, each with its line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from gateway.domain.errors import GatewayError

# A flow has some dozen steps. What is larger or deeper is none; to read this much takes half a second of all calls.
MOST_CHARACTERS: Final = 40_000
_DEEPEST: Final = 12


class FlowFault(GatewayError):
    """A flow cannot be used: every fault on a line of its own, with file, line and reason."""


@dataclass(frozen=True, slots=True)
class Word:
    """A scalar, as it is written."""

    line: int
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    line: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, its keys in order, each with its line."""

    line: int
    items: dict[str, "Node"]
    lines: dict[str, int]


Node = Word | Listing | Mapping


@dataclass(slots=True)
class Faults:
    """What is wrong with a file, in the order of its lines."""

    file: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Note a fault at a line, counted from 1."""
        if (line, reason) not in self.found:
            self.found.append((line, reason))

    def __iter__(self) -> Iterator[str]:
        """Return one message a fault."""
        return (f"{self.file}:{line}: {reason}" for line, reason in sorted(self.found))

    def raise_any(self) -> None:
        """Raise `FlowFault` if there are any."""
        if self.found:
            raise FlowFault("\n".join(self))


def parse(text: str, faults: Faults) -> Node | None:
    """Read a file's text; None when it cannot be read. Anchors are refused: a few lines of them fill a memory."""
    if len(text) > MOST_CHARACTERS:
        faults.add(1, f"longer than {MOST_CHARACTERS} characters: not a flow")
        return None
    try:
        if not _is_plain(text, faults):
            return None
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        faults.add(mark.line + 1 if mark else 1, f"not YAML: {getattr(err, 'problem', None) or err}")
        return None
    if root is None:
        faults.add(1, "the file is empty")
        return None
    return _node(root, faults)


def _is_plain(text: str, faults: Faults) -> bool:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            faults.add(line, f"anchors (& and *) are not used here: {event.anchor}")
            return False
        if depth > _DEEPEST:
            faults.add(line, f"more than {_DEEPEST} levels deep: not a flow")
            return False
    return True


def _node(node: yaml.Node, faults: Faults) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Word(line, str(node.value), quoted=node.style in ("'", '"'))
    if isinstance(node, yaml.SequenceNode):
        return Listing(line, tuple(_node(item, faults) for item in node.value))
    items: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        at = key.start_mark.line + 1
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        if name in items:
            faults.add(at, f"{name} stands here twice; the first is in line {lines[name]}")
            continue
        items[name], lines[name] = _node(value, faults), at
    return Mapping(line, items, lines)

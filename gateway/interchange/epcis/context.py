"""The `@context` of a document: the standard's own, known here by its address, and prefixes written out in place.

Nothing is ever fetched: an address other than the standard's is refused by name (DOMAIN T13).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from gateway.domain.errors import Refusal, Why

# What our own extension fields belong to; any prefix may stand for it, `fx` by custom.
NAMESPACE: Final = "urn:fangxin100:epcis:"
LOT_NUMBER: Final = "{urn:epcglobal:cbv:mda}lotNumber"

# The standard's context as GS1 publishes it, under the addresses it has had (EPCIS 2.0 §10).
STANDARD: Final = frozenset(
    f"{place}/{file}.jsonld"
    for place in (
        "https://ref.gs1.org/standards/epcis/2.0.0",
        "https://ref.gs1.org/standards/epcis/2.0.1",
        "https://ref.gs1.org/standards/epcis",
        "https://gs1.github.io/EPCIS",
    )
    for file in ("epcis-context", "epcis-context-simple")
)
# Prefixes that the standard's context declares.
_BUILT_IN: Final = {
    "cbvmda": "urn:epcglobal:cbv:mda",
    "cbv": "https://ref.gs1.org/cbv/",
    "epcis": "https://ref.gs1.org/epcis/",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_MOST: Final = 20


class Context:
    """The prefixes in force; `declared` are those that are not the standard's."""

    __slots__ = ("_namespaces", "declared")

    def __init__(self, declared: Mapping[str, str] = MappingProxyType({})) -> None:
        self.declared = declared
        self._namespaces = {**_BUILT_IN, **declared}

    def with_(self, written: Any) -> "Context":  # noqa: ANN401 - plain JSON
        """Return the context with what a document or an event declares. Raises `Refusal`."""
        entries = written if isinstance(written, list) else [written]
        declared = dict(self.declared)
        for entry in entries:
            match entry:
                case str() if entry in STANDARD:
                    pass
                case str():
                    raise _refused(
                        f"{entry[:120]} 是外部上下文，本系统不下载；只用标准上下文，扩展前缀请直接写在文件中"
                    )
                case dict() if len(entry) <= _MOST and all(
                    isinstance(value, str) and not name.startswith("@") for name, value in entry.items()
                ):
                    declared |= entry
                case _:
                    raise _refused("只能是标准上下文的地址，或“前缀: 命名空间”的对象")
        return Context(declared)

    def expand(self, name: str) -> str:
        """Return `prefix:name` as `{namespace}name`; a name without a declared prefix stays as it is."""
        prefix, colon, local = name.partition(":")
        return f"{{{self._namespaces[prefix]}}}{local}" if colon and prefix in self._namespaces else name

    def ours(self, name: str) -> str | None:
        """Return the name of one of our own extension fields; None for others'."""
        expanded = self.expand(name)
        return expanded.removeprefix(f"{{{NAMESPACE}}}") if expanded.startswith(f"{{{NAMESPACE}}}") else None


def _refused(text: str) -> Refusal:
    return Refusal(Why.INVALID, text, "@context")

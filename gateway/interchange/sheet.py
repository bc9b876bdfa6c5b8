"""What a file of one type looks like: its columns, under the names that people give them."""

from dataclasses import dataclass
from typing import Final

from gateway.interchange.kinds import WORDS, Kind

# The party whose thing it is, in every sheet of records; only who may act for all parties needs it.
OWNER: Final = "@owner"
# A path that starts with this is of the type's private part.
PRIVATE: Final = "private."


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading in our form, the field it fills, and what else people call it.

    `path` is the field's place in the record: `batch_no`, `inspection.next_on`; `pesticides[].name` adds an entry
    to a list, one a row; `private.phone` belongs to the part that only the regulator may read.
    """

    heading: str
    path: str
    kind: Kind = WORDS
    also: tuple[str, ...] = ()
    hint: str = ""  # where the kind's own says too little

    def told(self, reason: str) -> str:
        """Return why a cell is refused; a form that is wrong is told with the right one."""
        return f"{reason}，{self.hint or self.kind.hint}" if reason == "格式不符" else reason


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form of one type. Rows with the same key, or with none after one, are one thing with several list entries.

    `none_means` names the lists for which "无" in their first column is a statement and not a gap.
    """

    type: str
    title: str
    key: str  # heading of the column that names the thing
    columns: tuple[Column, ...]
    none_means: frozenset[str] = frozenset()

    @property
    def listed(self) -> bool:
        """True where one thing may take several rows."""
        return any("[]" in column.path for column in self.columns)

"""What can be read of a long text of which only some parts are here."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of parts without a gap.

    An open edge is one behind which a part is still missing: what touches it may go on there.
    """

    text: str
    first: int  # the first part's number, from 1
    last: int
    open_start: bool
    open_end: bool

    @property
    def complete(self) -> bool:
        """True when nothing is missing at either edge: the whole text."""
        return not (self.open_start or self.open_end)


def fragments(parts: Mapping[int, str], total: int) -> tuple[Fragment, ...]:
    """Join what is here of `total` parts, numbered from 1, into runs in their order.

    Raises `ValueError` for a part that a text of `total` parts does not have.
    """
    runs: list[list[int]] = []
    for number in sorted(parts):
        if not 1 <= number <= total:
            raise ValueError(f"part {number} of a text of {total} parts")
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return tuple(
        Fragment("".join([parts[number] for number in run]), run[0], run[-1], run[0] > 1, run[-1] < total)
        for run in runs
    )

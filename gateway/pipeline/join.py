"""When the parts of a long text are enough to be judged (DESIGN 2, Long texts). Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.inquiry import GAP
from gateway.domain.question import Intent, Question, TokenKind
from gateway.text.reassembly import fragments

# After so long what is here is judged as it stands.
JUDGE_AFTER = timedelta(seconds=10)
# As much as is read of any text (`READ_LIMIT`). A longer one is no question in a hurry, and reading it anew with each
# of 255 parts would cost seconds.
MOST_PARTS_EARLY = 10


@dataclass(frozen=True, slots=True)
class Ripe:
    """A text to be asked now; `final` when no more of it is waited for."""

    text: str
    final: bool


def joined(parts: Mapping[int, str], total: int) -> str:
    """Put the parts in order, with `GAP` wherever one or more are missing."""
    runs = fragments(parts, total)
    before = GAP if runs[0].open_start else ""
    after = GAP if runs[-1].open_end else ""
    return before + GAP.join(run.text for run in runs) + after


def ripe(
    parts: Mapping[int, str], total: int, read: Callable[[str], Question], *, asked: bool, waited: bool
) -> Ripe | None:
    """Return what to ask of the parts that are here, or None to wait.

    `asked`: a question was made of this text already. `waited`: `JUDGE_AFTER` is over. Early, before
    all parts are here, only if part 1 is, with a query intent and codes that no missing part can change: ours, since
    digits that look mistyped may only look so until their neighbours come.
    """
    if len(parts) == total or waited:
        return Ripe(joined(parts, total), final=True)
    if asked or 1 not in parts or total > MOST_PARTS_EARLY:
        return None
    text = joined(parts, total)
    question = read(text)
    sure = question.tokens and all(token.kind is not TokenKind.FOREIGN for token in question.tokens)
    early = question.intent is Intent.QUERY and sure and not question.cut
    return Ripe(text, final=False) if early else None

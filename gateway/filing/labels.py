"""Acts on labels: mint, issue, bind, void, take back (DOMAIN 2.1; R3, R4, R33–R35).

The regulator does all of it. A firm binds labels issued to it to its own batches, a station its seals to its own
cylinders, and both may call back what is theirs; nothing is ever bound a second time.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.domain.access import Actor, Role
from gateway.domain.code import TEST_CLASS, CodeBook, is_issued, klass, masked, version
from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import ENDED, Act, Run, following, reason_of
from gateway.domain.records.registry import of_class
from gateway.domain.trace import LabelState, RepeatPolicy
from gateway.filing import permits
from gateway.filing.books import Books
from gateway.filing.ledger import Change, Line, OneLabel, Order, Stretch

# More in one file no printing house takes, and nobody looks through (R35: custodians answer for each).
MOST_AT_ONCE: Final = 10_000_000
_UNWRITTEN: Final = "文件未能写成，未发放"


@dataclass(frozen=True, slots=True)
class Minted:
    """A run that was taken for an issue and is not issued yet."""

    issue: int
    run: Run


def mint(books: Books, actor: Actor, order: Order, draw: Callable[[int], int], now: datetime) -> Minted:
    """Take the next free run for an order. `draw(n)` gives a random number below n: where a class begins.

    Raises `Refusal` for whoever is not the regulator (R33), for an unknown party, and where there is no room.
    """
    actor.require_role(Role.REGULATOR)
    if books.parties.get(order.party) is None:
        raise Refusal(Why.UNKNOWN, f"没有登记过单位 {order.party}，请先录入", "party")
    if not 1 <= order.count <= MOST_AT_ONCE:
        raise Refusal(Why.INVALID, f"一次发放 1 到 {MOST_AT_ONCE} 枚，不能是 {order.count}", "count")
    if not 1 <= order.klass <= TEST_CLASS:
        raise Refusal(Why.INVALID, f"标签类别是 1 到 {TEST_CLASS}，不能是 {order.klass}", "class")
    books.labels.take_turns()
    run = _next_free(books, order, draw)
    kind = of_class(order.klass)
    policy = kind.policy if kind else RepeatPolicy.OPEN
    number = books.labels.mint(order, run, policy, actor.name, now)
    books.audit.note(
        now, actor.name, "labels minted", f"issue/{number}", klass=order.klass, version=order.version, count=order.count
    )
    return Minted(number, run)


def _next_free(books: Books, order: Order, draw: Callable[[int], int]) -> Run:
    """Return the run after the last one, begun anywhere: what was issued tells nobody where to guess (DOMAIN 3.4)."""
    room = CodeBook.capacity(order.version)
    newest = books.labels.newest(order.klass, order.version)
    first, wrapped = newest.last + 1 if newest else draw(room), False
    while True:
        if first + order.count > room:
            if wrapped:
                raise Refusal(Why.CONFLICT, f"类别 {order.klass} 版本 {order.version} 的号码已用完，请启用新版本密钥")
            first, wrapped = 0, True
        run = Run(order.klass, order.version, first, first + order.count - 1)
        taken = books.labels.last_in(run)
        if taken is None:
            return run
        first = taken.last + 1


def issue(books: Books, actor: Actor, minted: Minted, now: datetime) -> None:
    """Say that the labels of a run are out. Raises `Refusal` when they were issued or given up before."""
    actor.require_role(Role.REGULATOR)
    _move(books, minted, Act.ISSUE)
    books.audit.note(now, actor.name, "labels issued", f"issue/{minted.issue}", count=minted.run.size)


def give_up(books: Books, actor: Actor, minted: Minted, now: datetime) -> None:
    """Cancel a run whose codes never reached anybody."""
    actor.require_role(Role.REGULATOR)
    _move(books, minted, Act.CANCEL, _UNWRITTEN)
    books.audit.note(now, actor.name, "labels given up", f"issue/{minted.issue}", count=minted.run.size)


def _move(books: Books, minted: Minted, act: Act, reason: str | None = None) -> None:
    books.labels.take_turns()
    stretches = books.labels.stretches(minted.run)
    if [stretch.run for stretch in stretches] != [minted.run]:
        raise Refusal(Why.CONFLICT, f"第 {minted.issue} 批标签已不是原样，请查看台账")
    books.labels.change(minted.run, Change(following(stretches[0].state, act), reason=reason))


@dataclass(frozen=True, slots=True)
class Ending:
    """How labels end, and why."""

    act: Act
    reason: str

    def change(self, state: LabelState, what: str) -> Change:
        """Return what becomes of labels in a state. Raises `Refusal` where that is the end already."""
        return Change(following(state, self.act, what), reason=self.kept)

    @property
    def kept(self) -> str:
        """Return the reason as ledger and audit keep it. Raises `Refusal` for one that says nothing, or too much."""
        return reason_of(self.act, self.reason)


@dataclass(frozen=True, slots=True)
class Ended:
    """How many labels ended now, and how many had before."""

    now: int
    before: int


def void_run(books: Books, actor: Actor, ending: Ending, first: str, last: str, now: datetime) -> Ended:
    """End a run of labels, from code to code; those in it that ended before stay as they are.

    Raises `Refusal` for labels that were never issued, are another party's, or may not end so, and changes none.
    """
    books.labels.take_turns()
    run = run_of(books, first, last)
    ended = 0
    for stretch, own in still_open(books, run):
        what = part(books, stretch.run)
        actor.require((stretch.issued_to,), what)
        alive = [label for label in own if label.state not in ENDED]
        for label in alive:
            _end(books, label, ending, now)
        books.labels.change(stretch.run, ending.change(stretch.state, what))
        ended += stretch.run.size - len(own) + len(alive)
    books.audit.note(
        now, actor.name, f"labels {ending.act}", subject(first), to=masked(last), count=ended, reason=ending.kept
    )
    return Ended(ended, run.size - ended)


def void(books: Books, actor: Actor, ending: Ending, codes: Iterable[str], now: datetime) -> Ended:
    """End single labels, ours or foreign; what ended before stays as it is. Raises `Refusal`, and then changes none."""
    books.labels.take_turns()
    ended = before = 0
    for code in dict.fromkeys(codes):
        label = known(books, code)
        actor.require((label.issued_to,), f"标签 {masked(code)} ")
        if label.state in ENDED:
            before += 1
            continue
        _end(books, label, ending, now)
        books.audit.note(
            now, actor.name, f"label {ending.act}", subject(code), record=label.record_id, reason=ending.kept
        )
        ended += 1
    return Ended(ended, before)


def _end(books: Books, label: OneLabel, ending: Ending, now: datetime) -> None:
    change = ending.change(label.state, f"标签 {masked(label.code)} ")
    books.labels.change_one(label, change)
    permits.judge_label(books, label, change.state, now)


def ledger(books: Books, actor: Actor, party: str | None) -> list[Line]:
    """Return the ledger of a party, or of all. Raises `Refusal` for another's."""
    if not actor.everywhere:
        actor.require((party,), "该台账")
    return books.labels.lines(party)


def run_of(books: Books, first: str, last: str) -> Run:
    """Return the run from one code to another. Raises `Refusal` for codes that make none."""
    indexes = [books.codes.index_of(code) for code in (first, last)]
    for code, index in zip((first, last), indexes, strict=True):
        if index is None:
            raise Refusal(Why.INVALID, f"{_named(code)} 不是本系统的标签号，请核对", "code")
    begin, end = indexes
    if first[:2] != last[:2] or begin is None or end is None:
        raise Refusal(Why.INVALID, f"{masked(first)} 与 {masked(last)} 不是同一类别、同一版本的标签", "to")
    if begin > end:
        raise Refusal(Why.INVALID, f"{masked(first)} 在 {masked(last)} 之后，请按文件中的顺序写起止号", "to")
    return Run(klass(first), version(first), begin, end)


def _named(code: str) -> str:
    """Write a code that is to be looked at again: whole where it is none of ours, for then nothing is given away."""
    return masked(code) if is_issued(code) else code[:32]


def known(books: Books, code: str) -> OneLabel:
    """Return a label that was issued, or registered. Raises `Refusal` for any other."""
    label = books.labels.one(code)
    if label is None or label.state is LabelState.MINTED:
        raise Refusal(Why.UNKNOWN, f"没有发放过标签 {_named(code)}，请核对号码", "code")
    return label


def still_open(books: Books, run: Run) -> Iterator[tuple[Stretch, list[OneLabel]]]:
    """Yield the stretches of a run that have not ended, each with its labels that have a state of their own.

    Raises `Refusal` when a part of the run was never issued.
    """
    stretches = [stretch for stretch in books.labels.stretches(run) if stretch.state is not LabelState.MINTED]
    if missing := run.size - sum(stretch.run.size for stretch in stretches):
        raise Refusal(Why.UNKNOWN, f"起止号之间有 {missing} 枚没有发放过，请核对起止号", "to")
    yield from ((stretch, books.labels.exceptions(stretch.run)) for stretch in stretches if stretch.state not in ENDED)


def part(books: Books, run: Run) -> str:
    """Name a run, or one label, without its middle digits."""
    ends = [masked(books.codes.issue(run.klass, run.version, index)) for index in (run.first, run.last)]
    return f"标签 {ends[0]} " if run.size == 1 else f"标签 {ends[0]} 至 {ends[1]}（{run.size} 枚）"


def subject(code: str) -> str:
    """Return how the audit names a label."""
    return f"label/{masked(code)}"

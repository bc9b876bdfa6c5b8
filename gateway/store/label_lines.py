"""The ledger as people read it: of each issue, how many are bound, used, void, back or left (R35)."""

from collections import Counter, defaultdict
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, func, select

from gateway.domain.labels import DESTROYED, RETURNED, Run
from gateway.domain.trace import LabelState
from gateway.filing.ledger import Line
from gateway.store.tables import label_issues, label_ranges, labels
from gateway.store.vault import Vault

# An issue's number, party, class and version; without a number, what came from another system.
_Key: TypeAlias = tuple[int | None, str | None, int, int]

_END = {
    LabelState.ISSUED: "left",
    LabelState.ACTIVE: "bound",
    LabelState.CONSUMED: "used",
    RETURNED: "returned",
    DESTROYED: "destroyed",
}


def lines(connection: Connection, vault: Vault, party: str | None) -> list[Line]:
    """Return a line an issue, the oldest first; what was minted and never issued is left out."""
    issues = {row.id: row for row in connection.execute(select(label_issues))}
    counted = _counted(connection, party)
    found = []
    for (number, owner, klass, version), ends in sorted(counted.items(), key=_order):
        issue = issues.get(number)
        counts: Counter[str] = Counter()
        for end, size in ends.items():
            if end != LabelState.MINTED:
                counts[_END.get(end, "void")] += size
        if not counts:
            continue
        found.append(
            Line(
                issue=number,
                party=owner,
                custodian=vault.open(issue.custodian) if issue and issue.custodian else None,
                klass=klass,
                version=version,
                run=Run(klass, version, issue.first, issue.last) if issue else None,
                issued_at=issue.issued_at if issue else None,
                issued=counts.total(),
                **{name: counts[name] for name in ("bound", "used", "void", "returned", "destroyed", "left")},
            )
        )
    return found


def _counted(connection: Connection, party: str | None) -> dict[_Key, Counter[str]]:
    """Count labels by how they ended: by run, then moved for each that has a state of its own."""
    c = label_ranges.c
    of_party = [] if party is None else [c.issued_to == party]
    key = (c.issue_id, c.issued_to, c.klass, c.version)
    counted: dict[_Key, Counter[str]] = defaultdict(Counter)
    end = _end(c.state, c.reason)
    by_run = select(*key, end, func.sum(c.last - c.first + 1)).where(*of_party).group_by(*key, end)
    for *of, ended, size in connection.execute(by_run):
        counted[_key(of)][ended] += int(size)
    own_end = _end(labels.c.state, labels.c.reason)
    moved = (
        select(*key, end, own_end, func.count())
        .select_from(labels)
        .join(label_ranges, c.id == _its_run())
        .where(labels.c.position.is_not(None), labels.c.state.is_not(None), c.last >= labels.c.position, *of_party)
        .group_by(*key, end, own_end)
    )
    for *of, ended, own, size in connection.execute(moved):
        counted[_key(of)][ended] -= int(size)
        counted[_key(of)][own] += int(size)
    return counted


def _order(counted: tuple[_Key, Counter[str]]) -> tuple[int, str, int, int]:
    number, owner, klass, version = counted[0]
    return number or 0, owner or "", klass, version


def _key(of: list[Any]) -> _Key:
    number, owner, klass, version = of
    return number, owner, klass, version


def _end(state: ColumnElement[Any], reason: ColumnElement[Any]) -> ColumnElement[str]:
    """Return how a label ended: its state, or that it came back or was destroyed unused."""
    cancelled = state == LabelState.CANCELLED
    kinds = [(cancelled & reason.like(f"{begin}%"), begin) for begin in (RETURNED, DESTROYED)]
    return case(*kinds, else_=state)


def _its_run() -> ColumnElement[int]:
    """The run that starts last before a label's place, found with one look into the index."""
    runs = label_ranges.alias("runs")
    digit = [cast(func.substr(labels.c.code, at, 1), Integer) for at in (1, 2)]
    return (
        select(runs.c.id)
        .where(runs.c.klass == digit[0], runs.c.version == digit[1], runs.c.first <= labels.c.position)
        .order_by(runs.c.first.desc())
        .limit(1)
        .scalar_subquery()
    )

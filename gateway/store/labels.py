"""The ledger of labels in the database: runs that split where a part of them changes, and rows for single labels."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, String, and_, cast, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.code import CodeBook, klass, version
from gateway.domain.labels import Run
from gateway.domain.trace import LabelState, RepeatPolicy
from gateway.filing.ledger import Change, Line, OneLabel, Order, Stretch
from gateway.store.audit import take_turns
from gateway.store.label_lines import lines
from gateway.store.statements import slices
from gateway.store.tables import label_issues, label_ranges, labels
from gateway.store.vault import Vault

_COPIED = ("klass", "version", "state", "policy", "record_id", "issue_id", "issued_to", "issued_at", "bound_at",
           "reason", "countersigned")  # fmt: skip


class SqlLabels:
    """`filing.ledger.Labels` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault, codes: CodeBook) -> None:
        self._connection = connection
        self._vault = vault
        self._codes = codes
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite

    def take_turns(self) -> None:
        """Let no other act change labels until this transaction ends."""
        take_turns(self._connection)

    def newest(self, klass: int, version: int) -> Run | None:
        """Return the run minted last of a class and version."""
        c = label_issues.c
        row = self._connection.execute(
            select(label_issues).where(c.klass == klass, c.version == version).order_by(c.id.desc()).limit(1)
        ).one_or_none()
        return _run(row) if row else None

    def last_in(self, run: Run) -> Run | None:
        """Return the last run of the ledger that has labels in common with this one."""
        c = label_ranges.c
        row = self._connection.execute(
            select(label_ranges).where(_of_kind(run), c.first <= run.last).order_by(c.first.desc()).limit(1)
        ).one_or_none()
        return _run(row) if row and row.last >= run.first else None

    def mint(self, order: Order, run: Run, policy: RepeatPolicy, actor: str, now: datetime) -> int:
        """Write a new run, minted, and its issue; return the issue's number."""
        place = {"klass": run.klass, "version": run.version, "first": run.first, "last": run.last}
        issue = {
            "party": order.party,
            "custodian": self._vault.seal(order.custodian) if order.custodian else None,
            "countersigned": order.countersigned,
            "issued_by": actor,
            "issued_at": now,
        }
        added = self._connection.execute(insert(label_issues).values(**place, **issue).returning(label_issues.c.id))
        number = int(added.scalar_one())
        self._connection.execute(
            insert(label_ranges).values(
                **place,
                state=LabelState.MINTED,
                policy=policy,
                issue_id=number,
                issued_to=order.party,
                issued_at=now,
                countersigned=order.countersigned,
            )
        )
        return number

    def stretches(self, run: Run) -> list[Stretch]:
        """Return what the ledger has of a run, in order, cut to it."""
        found = ((row, _run(row).common(run)) for row in self._rows(run))
        return [Stretch(cut, LabelState(row.state), row.record_id, row.issued_to) for row, cut in found if cut]

    def _rows(self, run: Run) -> list[Row[Any]]:
        """Return the ledger's rows that may have labels in common with a run: from the one that begins before it."""
        c = label_ranges.c
        before = select(func.max(c.first)).where(_of_kind(run), c.first <= run.first).scalar_subquery()
        begin = func.coalesce(before, run.first)
        found = select(label_ranges).where(_of_kind(run), c.first.between(begin, run.last)).order_by(c.first)
        return list(self._connection.execute(found))

    def exceptions(self, run: Run) -> list[OneLabel]:
        """Return the labels in a run that have a state of their own."""
        found = self._connection.execute(
            select(labels)
            .where(labels.c.position.between(run.first, run.last), labels.c.state.is_not(None), _is_of(run))
            .order_by(labels.c.position)
        )
        return [_one(row, Run(run.klass, run.version, row.position, row.position)) for row in found]

    def change(self, run: Run, change: Change) -> None:
        """Change what the ledger has of a run; labels with a state of their own keep it."""
        for row in self._rows(run):
            whole = _run(row)
            if cut := whole.common(run):
                self._connection.execute(
                    update(label_ranges)
                    .where(label_ranges.c.id == row.id)
                    .values(first=cut.first, last=cut.last, **_changed(change))
                )
                copied = {name: getattr(row, name) for name in _COPIED}
                for piece in whole.without(cut):
                    self._connection.execute(insert(label_ranges).values(**copied, first=piece.first, last=piece.last))

    def one(self, code: str) -> OneLabel | None:
        """Return one label, ours or foreign; None: never minted, nor registered."""
        index = self._codes.index_of(code)
        place = Run(klass(code), version(code), index, index) if index is not None else None
        both = (code, self._vault.hashed(code))
        found = self._connection.execute(select(labels).where(labels.c.code.in_(both), labels.c.state.is_not(None)))
        row = found.one_or_none()
        stretch = next(iter(self.stretches(place)), None) if place else None
        if row is None:
            return OneLabel(code, stretch.state, stretch.record_id, stretch.issued_to, place) if stretch else None
        record_id, issued_to = (stretch.record_id, stretch.issued_to) if stretch else (None, None)
        ours = place if stretch or row.position is not None else None
        return OneLabel(code, LabelState(row.state), row.record_id or record_id, row.issued_to or issued_to, ours)

    def change_one(self, label: OneLabel, change: Change, *, equipment: bool = False) -> None:
        """Give one label a state of its own. `equipment`: it is bound to one thing, which has no other live label."""
        own = {"issued_to": label.issued_to, "position": label.place.first if label.place else None}
        values = _changed(change) | own | ({"equipment": True} if equipment else {})
        code = label.code if label.place else self._stored(label.code)
        adding = self._dialect.insert(labels).values(code=code, **values)
        self._connection.execute(adding.on_conflict_do_update(index_elements=[labels.c.code], set_=values))

    def _stored(self, code: str) -> str:
        """Return under which key a foreign code stands."""
        hashed = self._vault.hashed(code)
        found = select(labels.c.code).where(labels.c.code == hashed, labels.c.state.is_not(None))
        return hashed if self._connection.execute(found).scalar_one_or_none() else code

    def live(self, record_id: str) -> OneLabel | None:
        """Return the live label of a cylinder, a vehicle or a station."""
        row = self._connection.execute(
            select(labels).where(
                labels.c.record_id == record_id, labels.c.equipment, labels.c.state == LabelState.ACTIVE
            )
        ).one_or_none()
        return self.one(row.code) if row else None

    def bound(self, record_id: str) -> int:
        """Return how many live labels a record has."""
        c = label_ranges.c
        ours = and_(c.record_id == record_id, c.state == LabelState.ACTIVE)
        in_runs = select(func.coalesce(func.sum(c.last - c.first + 1), 0)).where(ours)
        head = cast(c.klass * 10 + c.version, String)
        exceptions = (
            select(func.count())
            .select_from(labels)
            .join(label_ranges, labels.c.position.between(c.first, c.last))
            .where(ours, labels.c.state.is_not(None), head == func.substr(labels.c.code, 1, 2))
        )
        alone = select(func.count()).where(labels.c.record_id == record_id, labels.c.state == LabelState.ACTIVE)
        run, own, single = (int(self._connection.execute(s).scalar_one()) for s in (in_runs, exceptions, alone))
        return run - own + single

    def register(
        self, keys: Sequence[str], record_id: str, party: str, policy: RepeatPolicy, now: datetime, *, hashed: bool
    ) -> Collection[str]:
        """Write foreign codes as live labels; return those that were there before, of which none was changed."""
        bound = {"state": LabelState.ACTIVE, "policy": policy, "record_id": record_id, "issued_to": party}
        times = {"issued_at": now, "bound_at": now}
        known: set[str] = set()
        for some in slices(keys):
            of_key = {key: (key, self._vault.hashed(key)) for key in some}
            there = self._connection.execute(
                select(labels.c.code).where(labels.c.code.in_([name for both in of_key.values() for name in both]))
            )
            names = set(there.scalars())
            known |= {key for key, both in of_key.items() if names & set(both)}
            rows = [{"code": both[hashed], **bound, **times} for both in of_key.values() if not names & set(both)]
            if rows:
                self._connection.execute(insert(labels), rows)
        return known

    def lines(self, party: str | None) -> list[Line]:
        """Return the ledger, of one party or of all, the oldest issue first."""
        return lines(self._connection, self._vault, party)


def _run(row: Row[Any]) -> Run:
    return Run(row.klass, row.version, row.first, row.last)


def _of_kind(run: Run) -> ColumnElement[bool]:
    return and_(label_ranges.c.klass == run.klass, label_ranges.c.version == run.version)


def _is_of(run: Run) -> ColumnElement[bool]:
    return func.substr(labels.c.code, 1, 2) == f"{run.klass}{run.version}"


def _one(row: Row[Any], place: Run) -> OneLabel:
    return OneLabel(row.code, LabelState(row.state), row.record_id, row.issued_to, place)


def _changed(change: Change) -> dict[str, Any]:
    fields = {
        "state": change.state,
        "record_id": change.record_id,
        "policy": change.policy,
        "bound_at": change.bound_at,
        "reason": change.reason,
    }
    return {name: value for name, value in fields.items() if value is not None}

"""`filing.wordings.Wordings` on one open transaction."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.records.registry import REGISTRY
from gateway.filing.wordings import LIVE, Asked, Row, Trial, Wording
from gateway.store.statements import first_id
from gateway.store.tables import (
    answers,
    inquiries,
    records,
    sources,
    wording_nodes,
    wording_state,
    wording_trials,
    wordings,
)

_NAMES = tuple(field.name for field in fields(Wording))
_DECODERS = {name: msgspec.json.Decoder(kind.model) for name, kind in REGISTRY.items()}
_SLICE = 500  # parameters a statement


class SqlWordings:
    """Words in the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counter(self) -> int:
        """Return how often what is live has changed."""
        return int(self._connection.execute(select(wording_state.c.counter)).scalar_one())

    def live(self) -> list[Wording]:
        """Return what is live in place of the files."""
        return self._found(select(wordings).where(wordings.c.state == LIVE))

    def drafts(self) -> list[Wording]:
        """Return all drafts."""
        return self._found(select(wordings).where(wordings.c.version.is_(None)))

    def draft(self, record_type: str, name: str) -> Wording | None:
        """Return the draft, held until the transaction ends."""
        wanted = _of(record_type, name).where(wordings.c.version.is_(None))
        found = self._found(wanted if self._read_only else wanted.with_for_update())
        return found[0] if found else None

    @property
    def _read_only(self) -> bool:
        options = self._connection.get_execution_options()
        return bool(options.get("postgresql_readonly"))

    def get(self, id_: UUID) -> Wording | None:
        """Return one."""
        found = self._found(select(wordings).where(wordings.c.id == id_))
        return found[0] if found else None

    def history(self, record_type: str, name: str) -> list[Wording]:
        """Return what was published, the newest first."""
        published = _of(record_type, name).where(wordings.c.version.is_not(None))
        return self._found(published.order_by(wordings.c.version.desc()))

    def put(self, wording: Wording) -> None:
        """Write one, new or changed."""
        row = {name: getattr(wording, name) for name in _NAMES} | {"editors": list(wording.editors)}
        changed = self._connection.execute(update(wordings).where(wordings.c.id == wording.id).values(row))
        if changed.rowcount == 0:
            self._connection.execute(insert(wordings).values(row))

    def remove(self, id_: UUID) -> None:
        """Forget a draft."""
        self._connection.execute(delete(wordings).where(wordings.c.id == id_, wordings.c.version.is_(None)))

    def changed(self, now: datetime) -> None:
        """Have all processes look at what is live."""
        counted = update(wording_state).values(counter=wording_state.c.counter + 1, changed_at=now)
        self._connection.execute(counted)

    def trial(self, record_type: str, name: str, kind: str) -> Trial | None:
        """Return the last trial, or replay, of a draft."""
        c = wording_trials.c
        wanted = select(wording_trials).where(c.record_type == record_type, c.name == name, c.kind == kind)
        row = self._connection.execute(wanted).mappings().one_or_none()
        return Trial(**row) if row else None

    def put_trial(self, trial: Trial) -> None:
        """Write how it stands."""
        row = {field.name: getattr(trial, field.name) for field in fields(Trial)}
        self._upsert(wording_trials, row, ("record_type", "name", "kind"))

    def sample(self, record_types: Collection[str], most: int) -> tuple[int, list[str]]:
        """Return how many records there are of these types, and the ids of at most so many, by chance."""
        of = records.c.type.in_(list(record_types))
        total = self._connection.execute(select(func.count()).select_from(records).where(of)).scalar_one()
        wanted = select(records.c.id).where(of)
        wanted = wanted.order_by(func.random()).limit(most) if total > most else wanted.order_by(records.c.id)
        return total, list(self._connection.scalars(wanted))

    def some(self, record_types: Collection[str], most: int) -> list[str]:
        """Return the ids of at most so many records of each type, without looking at all of them."""
        found: list[str] = []
        for name in record_types:  # in no order: the first that the index by type has
            found += self._connection.scalars(select(records.c.id).where(records.c.type == name).limit(most))
        return found

    def rows(self, ids: Collection[str]) -> list[Row]:
        """Return records by their ids."""
        found = {}
        asked = list(ids)
        for at in range(0, len(asked), _SLICE):
            wanted = (
                select(records.c.id, records.c.type, records.c.body, sources.c.heartbeat_at)
                .outerjoin(sources, sources.c.name == records.c.source)
                .where(records.c.id.in_(asked[at : at + _SLICE]))
            )
            for row in self._connection.execute(wanted):
                record = _DECODERS[row.type].decode(row.body)
                found[row.id] = Row(row.type, row.id.partition("/")[2], record, row.heartbeat_at)
        return [found[id_] for id_ in asked if id_ in found]

    def asked(self, most: int) -> list[Asked]:
        """Return the last answers, the newest first, trials left out."""
        wanted = (
            select(answers, inquiries.c.received_at, inquiries.c.sender_shown)
            .join(inquiries, inquiries.c.id == answers.c.inquiry_id)
            .where(~inquiries.c.test)
            .order_by(inquiries.c.received_at.desc())
            .limit(most)
        )
        found = list(self._connection.execute(wanted).mappings())
        ids = self._ids(found)
        rows = dict(zip(ids, self.rows(ids), strict=True))
        return [_asked(row, rows) for row in found]

    def told(self, begins: datetime, ends: datetime) -> set[tuple[str | None, str]]:
        """Return the record types and verdicts of the answers to what came in this time."""
        c = answers.c
        came = c.inquiry_id >= first_id(begins), c.inquiry_id < first_id(ends)
        found = self._connection.execute(select(c.record_type, c.verdict).where(*came).distinct())
        return {(row.record_type, row.verdict) for row in found}

    def _ids(self, found: list[RowMapping]) -> list[str]:
        wanted = sorted({row["record_id"] for row in found if row["record_id"]})
        there: set[str] = set()
        for at in range(0, len(wanted), _SLICE):
            known = select(records.c.id).where(records.c.id.in_(wanted[at : at + _SLICE]))
            there.update(self._connection.scalars(known))
        return [id_ for id_ in wanted if id_ in there]

    def adopted(self, holder: UUID, counter: int, faults: Collection[str], now: datetime) -> None:
        """Note which words a process speaks, and what it could not compile."""
        known = select(wording_nodes.c.counter).where(wording_nodes.c.holder == holder)
        before = self._connection.execute(known).scalar_one_or_none()
        row = {"holder": holder, "counter": counter, "seen_at": now, "faults": list(faults)}
        if before == counter:
            self._connection.execute(update(wording_nodes).where(wording_nodes.c.holder == holder).values(seen_at=now))
        else:
            self._upsert(wording_nodes, row | {"adopted_at": now}, ("holder",))

    def nodes(self, since: datetime) -> list[dict[str, Any]]:
        """Return the processes that live."""
        wanted = select(wording_nodes).where(wording_nodes.c.seen_at >= since)
        return [dict(row) for row in self._connection.execute(wanted).mappings()]

    def _found(self, wanted: "Select[Any]") -> list[Wording]:
        return [_wording(row) for row in self._connection.execute(wanted).mappings()]

    def _upsert(self, table: Any, row: Mapping[str, Any], keys: tuple[str, ...]) -> None:  # noqa: ANN401 - a table
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        adding = dialect.insert(table).values(row)
        changed = {name: adding.excluded[name] for name in row if name not in keys}
        self._connection.execute(adding.on_conflict_do_update(index_elements=list(keys), set_=changed))


def _of(record_type: str, name: str) -> "Select[Any]":
    return select(wordings).where(wordings.c.record_type == record_type, wordings.c.name == name)


def _wording(row: RowMapping) -> Wording:
    return Wording(**{name: row[name] for name in _NAMES if name != "editors"}, editors=tuple(row["editors"]))


def _asked(row: RowMapping, rows: Mapping[str, Row]) -> Asked:
    return Asked(
        inquiry=row["inquiry_id"],
        at=row["received_at"],
        shown=row["sender_shown"],
        record_type=row["record_type"],
        verdict=row["verdict"],
        rule=row["rule"],
        reasons=tuple(row["reasons"]),
        code=row["code"],
        query_count=row["query_count"],
        first_at=row["first_queried_at"],
        row=rows.get(row["record_id"] or ""),
    )

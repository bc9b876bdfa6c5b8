"""Rows about things that are there already: they say some fields, and what they do not say stays as it is.

A file of cylinders has no column for the last fill that its station reported, nor for a regulator's hold. To take it
as all there is to know would make a cylinder look sound that is not.
"""

from datetime import datetime
from itertools import repeat
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import Connection, select

from gateway.domain.corrections import licensed, listed, reserved
from gateway.domain.records.base import Facts
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Record
from gateway.filing.staging import Batch, Clash, Rule, StagedRow, StagedRows
from gateway.store.records import SqlRecords, decoded
from gateway.store.statements import among, padded, slices
from gateway.store.tables import record_secrets, records
from gateway.store.vault import Vault

Fields: TypeAlias = dict[str, Any]

# What makes another part of it: another fill is said whole, and takes nothing from the one before.
_TOLD_APART_BY: Final = {"last_fill": "at", "delivery": "staff_no"}
_KNOWN = (
    select(records.c.id, records.c.body, records.c.version, records.c.inspector, record_secrets.c.sealed)
    .outerjoin(record_secrets, record_secrets.c.record_id == records.c.id)
    .where(among(records.c.id))
)


class _Known(NamedTuple):
    body: bytes
    version: int
    inspected: bool  # an inspection body reports of it
    private: str | None


class _Unfit(Exception):
    """A row that does not go in; carries the rule it breaks, and why."""

    def __init__(self, rule: Rule, reason: str) -> None:
        super().__init__(reason)
        self.rule, self.reason = rule, reason


class Corrections:
    """Lays the rows of one file over what is known of their things, and looks at what their sender may not say."""

    def __init__(self, vault: Vault, batch: Batch) -> None:
        self._vault, self._batch = vault, batch
        # A licence is written by whoever grants it: those who see to everything.
        self._doubts_licences = not batch.actor.everywhere and batch.type == "lpg"
        self._stations: dict[str, Record | None] = {}

    def of(self, connection: Connection, staged: StagedRows) -> tuple[StagedRows, list[Clash]]:
        """Return the rows as they then are, and those that then break a rule."""
        known = self._known(connection, staged.record_id) if staged.said else {}
        if not known and not self._doubts_licences:
            return staged, []
        rows, names, links, clashes = [], [], [], []
        for row, said in zip(staged.rows(), staged.said or repeat(b""), strict=bool(staged.said)):
            before = known.get(row.record_id)
            try:
                over, facts = (
                    self._new(connection, row) if before is None else self._over(connection, row, before, said)
                )
            except _Unfit as unfit:
                clashes.append(Clash(row.number, row.record_id.partition("/")[2], unfit.rule, unfit.reason))
                continue
            rows.append(over)
            if facts is not None:
                names += [(row.number, row.record_id, alias) for alias in facts.aliases]
                links += [(row.number, row.record_id, role, party) for role, party in facts.parties.items()]
        # Of those that are new all is known already.
        let_in = {row.number for row in rows}
        names += [name for name in zip(*staged.all_names(), strict=True) if name[1] not in known and name[0] in let_in]
        links += [link for link in zip(*staged.parties, strict=True) if link[1] not in known and link[0] in let_in]
        return StagedRows.of(rows, names, links), clashes

    def _known(self, connection: Connection, ids: list[str]) -> dict[str, _Known]:
        found: dict[str, _Known] = {}
        for some in slices(ids):
            for row in connection.execute(_KNOWN, {"values": padded(some)}):
                private = self._vault.open(row.sealed) if row.sealed else None
                found[row.id] = _Known(row.body, row.version, row.inspector is not None, private)
        return found

    def _new(self, connection: Connection, row: StagedRow) -> tuple[StagedRow, None]:
        """Return the row of a thing that was not known. Raises `_Unfit`."""
        if self._doubts_licences:
            record = decoded(self._batch.type, row.body)
            row = row._replace(body=msgspec.json.encode(self._licensed(connection, None, record)))
        return row, None

    def _over(self, connection: Connection, row: StagedRow, before: _Known, said: bytes) -> tuple[StagedRow, Facts]:
        """Return the row laid over what was known, and what lists may say of that. Raises `_Unfit`."""
        kind, was = REGISTRY[self._batch.type], decoded(self._batch.type, before.body)
        fields, private = msgspec.json.decode(said)
        try:
            record: Record = msgspec.convert(_merge(msgspec.json.decode(before.body), fields), kind.model)
        except msgspec.ValidationError as err:
            raise _Unfit(Rule.UNFIT, str(err)) from None
        if not self._batch.actor.everywhere:
            if fault := reserved(kind, was, record, inspected=before.inspected):
                raise _Unfit(Rule.RESERVED, fault.reason)
            record = self._licensed(connection, was, record)
        record = listed(was, record)
        facts, sealed = kind.facts(record), row.private
        if private and before.private and kind.private is not None:
            whole = _merge(msgspec.json.decode(before.private), private)
            sealed = msgspec.json.encode(msgspec.convert(whole, kind.private))
        over = row._replace(
            body=msgspec.json.encode(record),
            private=sealed,
            status=facts.status,
            district=facts.district,
            category=facts.category,
            due_on=facts.due_on.isoformat() if facts.due_on else None,
            served_on=facts.served_on.isoformat() if facts.served_on else None,
            version=before.version,
        )
        return over, facts

    def _licensed(self, connection: Connection, before: Record | None, record: Record) -> Record:
        def station_of(party: str | None) -> Record | None:
            id_ = party or self._batch.actor.party or ""
            if id_ not in self._stations:
                kept = SqlRecords(connection, self._vault).get("station", id_)
                self._stations[id_] = kept.record if kept else None
            return self._stations[id_]

        marked, fault = licensed(before, record, station_of)
        if fault is not None:
            raise _Unfit(Rule.RESERVED, fault.reason)
        return marked


def _merge(known: Fields, said: Fields) -> Fields:
    """Lay what is said over what is known, part by part; a list is said whole, and so is another fill."""
    return known | {name: _laid_over(name, known.get(name), value) for name, value in said.items()}


def _laid_over(name: str, known: object, said: object) -> object:
    if not isinstance(known, dict) or not isinstance(said, dict) or _is_another(name, known, said):
        return said
    return _merge(known, said)


def _is_another(name: str, known: Fields, said: Fields) -> bool:
    by = _TOLD_APART_BY.get(name, "")
    if by not in said:
        return False
    if by == "at":  # 10:00+08:00 is 02:00Z
        return datetime.fromisoformat(said[by]) != datetime.fromisoformat(known[by])
    return bool(said[by] != known.get(by))

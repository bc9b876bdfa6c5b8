"""Rows about things that are there already: they say some fields, and what they do not say stays as it is.

A file of cylinders has no column for the last fill that its station reported, nor for a regulator's hold. To take it
as all there is to know would make a cylinder look sound that is not.
"""

from typing import Any, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import Connection, select

from gateway.domain.corrections import reserved
from gateway.domain.records.base import Facts
from gateway.domain.records.registry import REGISTRY
from gateway.filing.staging import Batch, Clash, Rule, StagedRow, StagedRows
from gateway.store.records import decoded
from gateway.store.statements import among, padded, slices
from gateway.store.tables import record_secrets, records
from gateway.store.vault import Vault

Fields: TypeAlias = dict[str, Any]

_KNOWN = (
    select(records.c.id, records.c.body, records.c.version, record_secrets.c.sealed)
    .outerjoin(record_secrets, record_secrets.c.record_id == records.c.id)
    .where(among(records.c.id))
)


class _Known(NamedTuple):
    body: bytes
    version: int
    private: str | None


def corrected(connection: Connection, vault: Vault, batch: Batch, staged: StagedRows) -> tuple[StagedRows, list[Clash]]:
    """Lay the rows over what is known of their things; return them, and those that then break a rule."""
    known = _known(connection, vault, staged.record_id)
    if not known:
        return staged, []
    rows, names, links, clashes = [], [], [], []
    for row, said in zip(staged.rows(), staged.said, strict=True):
        if row.record_id not in known:
            rows.append(row)
            continue
        try:
            over, facts, reason = _over(batch, row, known[row.record_id], said)
        except msgspec.ValidationError as err:
            clashes.append(Clash(row.number, row.record_id.partition("/")[2], Rule.UNFIT, str(err)))
            continue
        if reason is not None:
            clashes.append(Clash(row.number, row.record_id.partition("/")[2], Rule.RESERVED, reason))
            continue
        rows.append(over)
        names += [(row.number, row.record_id, alias) for alias in facts.aliases]
        links += [(row.number, row.record_id, role, party) for role, party in facts.parties.items()]
    # Of those that are new all is known already.
    names += [name for name in zip(*staged.names, strict=True) if name[1] not in known]
    links += [link for link in zip(*staged.parties, strict=True) if link[1] not in known]
    return StagedRows.of(rows, names, links), clashes


def _known(connection: Connection, vault: Vault, ids: list[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for some in slices(ids):
        for row in connection.execute(_KNOWN, {"values": padded(some)}):
            found[row.id] = _Known(row.body, row.version, vault.open(row.sealed) if row.sealed else None)
    return found


def _over(batch: Batch, row: StagedRow, before: _Known, said: bytes) -> tuple[StagedRow, Facts, str | None]:
    """Return the row as it then is, and why it is not its sender's to bring; None: it is."""
    kind = REGISTRY[batch.type]
    fields, private = msgspec.json.decode(said)
    merged = _merge(msgspec.json.decode(before.body), fields)
    record = msgspec.convert(merged, kind.model)
    facts = kind.facts(record)
    sealed = row.private
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
    fault = None if batch.actor.everywhere else reserved(kind, decoded(batch.type, before.body), record)
    return over, facts, fault.reason if fault else None


def _merge(known: Fields, said: Fields) -> Fields:
    """Lay what is said over what is known, part by part; a list is said whole."""
    return known | {
        name: _merge(known[name], value) if isinstance(value, dict) and isinstance(known.get(name), dict) else value
        for name, value in said.items()
    }

"""EPCIS events in the database: each as it was read, found by its id and by the things it names."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.epcis.event import Event, Part, Told
from gateway.filing.chronicle import Held, Job, Result, Wanted
from gateway.store.statements import slices
from gateway.store.tables import epcis_captures, epcis_epcs, epcis_events

_decode = msgspec.json.Decoder(Event).decode


class SqlChronicle:
    """`filing.chronicle.Chronicle` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite

    def get(self, id_: str) -> Held | None:
        """Return one, taken back or not."""
        row = self._connection.execute(select(epcis_events).where(epcis_events.c.event_id == id_)).one_or_none()
        return None if row is None else _held(row)

    def add(self, told: Told, capture: UUID, now: datetime) -> None:
        """Keep one; a declaration of error stands for the event that it takes back."""
        event = told.event
        self._connection.execute(
            insert(epcis_events).values(
                event_id=event.id,
                capture_id=capture,
                type=event.kind,
                biz_step=event.step,
                event_time=event.at,
                record_time=now,
                party=told.party,
                trusted=told.trusted,
                body=msgspec.json.encode(event),
                voided_at=now if event.taken_back else None,
            )
        )
        names = {name: part for part in Part for name in event.names.get(part, ())}
        rows = [{"epc": name, "event_id": event.id, "role": part} for name, part in names.items()]
        if rows:
            self._connection.execute(insert(epcis_epcs), rows)

    def void(self, id_: str, now: datetime) -> None:
        """Note that an event was declared to be in error."""
        self._connection.execute(update(epcis_events).where(epcis_events.c.event_id == id_).values(voided_at=now))

    def of(self, names: Collection[str], *, voided: bool = False) -> list[Told]:
        """Return the events that name any of these, those that were taken back only where `voided`."""
        found: dict[str, Told] = {}
        for some in slices(sorted(names)):
            ids = select(epcis_epcs.c.event_id).where(epcis_epcs.c.epc.in_(some))
            wanted = select(epcis_events).where(epcis_events.c.event_id.in_(ids))
            if not voided:
                wanted = wanted.where(epcis_events.c.voided_at.is_(None))
            for row in self._connection.execute(wanted):
                if row.event_id not in found:
                    found[row.event_id] = _held(row).told
        return list(found.values())

    def find(self, wanted: Wanted) -> list[Told]:
        """Return the newest first; none that was taken back."""
        c = epcis_events.c
        found: Select[Any] = select(epcis_events).where(c.voided_at.is_(None))
        if wanted.epc is not None:
            found = found.where(c.event_id.in_(select(epcis_epcs.c.event_id).where(epcis_epcs.c.epc == wanted.epc)))
        if wanted.step is not None:
            found = found.where(c.biz_step == wanted.step)
        if wanted.since is not None:
            found = found.where(c.event_time >= wanted.since)
        if wanted.party is not None:
            found = found.where(c.party == wanted.party)
        rows = self._connection.execute(found.order_by(c.event_time.desc(), c.event_id).limit(wanted.most))
        return [_held(row).told for row in rows]

    def keep(self, job: Job) -> None:
        """Write how a capture stands."""
        values = {
            "party": job.party,
            "at": job.created_at,
            "finished_at": job.finished_at,
            "results": msgspec.to_builtins(job.results),
        }
        adding = self._dialect.insert(epcis_captures).values(id=job.id, **values)
        self._connection.execute(adding.on_conflict_do_update(index_elements=["id"], set_=values))

    def job(self, id_: UUID) -> Job | None:
        """Return one."""
        row = self._connection.execute(select(epcis_captures).where(epcis_captures.c.id == id_)).one_or_none()
        if row is None:
            return None
        results = msgspec.convert(row.results, tuple[Result, ...])
        return Job(id=row.id, party=row.party, created_at=row.at).with_(results, row.finished_at)


def _held(row: Row[Any]) -> Held:
    return Held(Told(_decode(row.body), row.party, row.trusted), row.voided_at is not None)

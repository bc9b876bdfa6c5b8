"""`filing.uploads.Uploads` on one open transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, insert, or_, select, update

from gateway.filing.uploads import CHECKED, CHECKING, FAILED, LOADING, OPEN, Proposal, Upload
from gateway.store.statements import fitting
from gateway.store.tables import proposals, uploads

# Who works on a file says so while he does; after so long a silence another may take it up.
SILENT: Final = timedelta(minutes=2)
_u, _p = uploads.c, proposals.c
_SHOWN: Final = (
    _u.id, _u.type, _u.name, _u.actor, _u.party, _u.at, _u.state, _u.share, _u.seen_at, _u.result,
    _u.content.is_not(None).label("kept"),
)  # fmt: skip


class SqlUploads:
    """Files and proposals in the books."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, upload: Upload, content: bytes) -> None:
        """Keep a file."""
        self._connection.execute(
            insert(uploads).values(
                id=upload.id, type=upload.type, name=fitting(upload.name, 255), actor=upload.actor,
                party=upload.party, at=upload.at, state=upload.state, share=upload.share, seen_at=upload.seen_at,
                result=upload.result, remarks=upload.remarks, content=content,
            )
        )  # fmt: skip

    def get(self, id_: UUID) -> Upload | None:
        """Return one."""
        wanted: Select[Any] = select(*_SHOWN, _u.remarks).where(_u.id == id_)
        row = self._connection.execute(wanted).one_or_none()
        return _upload(row, row.remarks) if row else None

    def content(self, id_: UUID) -> bytes | None:
        """Return the file itself, as long as it is kept."""
        kept: bytes | None = self._connection.execute(select(_u.content).where(_u.id == id_)).scalar_one_or_none()
        return kept

    def listed(self, party: str | None, most: int) -> list[Upload]:
        """Return the newest first, without their remarks; of a party, its own."""
        wanted: Select[Any] = select(*_SHOWN).order_by(_u.at.desc(), _u.id.desc()).limit(most)
        rows = self._connection.execute(wanted if party is None else wanted.where(_u.party == party))
        return [_upload(row, None) for row in rows]

    def begin(self, id_: UUID, state: str, now: datetime) -> bool:
        """Note that somebody works on a file; False: it is being worked on, or was taken in."""
        left = and_(_u.state.in_([CHECKING, LOADING]), _u.seen_at < now - SILENT)
        free = or_(_u.state.in_([CHECKED, FAILED]), left)
        its = update(uploads).where(_u.id == id_, _u.content.is_not(None), free)
        return bool(self._connection.execute(its.values(state=state, share=0, seen_at=now)).rowcount)

    def end(
        self, id_: UUID, state: str, result: Mapping[str, Any], remarks: bytes, now: datetime, *, keep: bool
    ) -> None:
        """Write what came of it; `keep`: the file is needed again."""
        values: dict[str, Any] = {
            "state": state, "result": dict(result), "remarks": remarks, "seen_at": now, "share": 100,
        }  # fmt: skip
        if not keep:
            values["content"] = None
        self._connection.execute(update(uploads).where(_u.id == id_).values(**values))

    def propose(self, proposal: Proposal) -> None:
        """Keep one."""
        self._connection.execute(
            insert(proposals).values(
                id=proposal.id, kind=proposal.kind, wish=dict(proposal.wish), actor=proposal.actor, at=proposal.at,
                state=OPEN,
            )
        )  # fmt: skip

    def proposal(self, id_: UUID, *, lock: bool = False) -> Proposal | None:
        """Return one; `lock` holds it until the transaction ends."""
        wanted = select(proposals).where(_p.id == id_)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        return _proposal(row) if row else None

    def proposals(self, most: int) -> list[Proposal]:
        """Return the newest first."""
        rows = self._connection.execute(select(proposals).order_by(_p.at.desc(), _p.id.desc()).limit(most))
        return [_proposal(row) for row in rows]

    def decide(self, id_: UUID, state: str, actor: str, note: str, now: datetime) -> None:
        """Write how one was decided."""
        its = update(proposals).where(_p.id == id_, _p.state == OPEN)
        self._connection.execute(its.values(state=state, decided_by=actor, decided_at=now, note=fitting(note, 200)))


def _upload(row: Row[Any], remarks: bytes | None) -> Upload:
    return Upload(
        row.id, row.type, row.name, row.actor, row.party, row.at, row.state, row.share, row.seen_at, row.result,
        remarks, row.kept,
    )  # fmt: skip


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(row.id, row.kind, row.wish, row.actor, row.at, row.state, row.decided_by, row.decided_at, row.note)

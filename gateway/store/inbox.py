"""Questions in the database, from their arrival to the state they end in."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, bindparam, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from gateway.domain.address import Address
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.message import Part, Undecodable
from gateway.domain.question import understand
from gateway.ports import Answered, Ended, Join
from gateway.store import undelivered
from gateway.store.prepared import Among, Prepared, Query
from gateway.store.statements import fitting
from gateway.store.tables import answers, dead_letters, inquiries, joins, notices, optouts, parts, seen
from gateway.store.vault import Vault

# A peer's reference comes round again; parts under one older than this belong to another text (DESIGN 2).
KEY_LIFE = timedelta(minutes=15)

_ID_DIGITS = 17  # of an ID number, besides its check character


def _see(keys: str) -> Query:
    statement: TextClause = text(
        f"INSERT INTO seen (key, at) SELECT value, :at FROM {keys} WHERE true ON CONFLICT DO NOTHING RETURNING key"  # noqa: S608 - constants
    )
    return Query(statement.bindparams(bindparam("at", type_=seen.c.at.type)).columns(seen.c.key))


_SEE_POSTGRES, _SEE_SQLITE = _see("unnest(CAST(:keys AS varchar[])) AS new (value)"), _see("json_each(:keys)")
_ADD, _ADD_ENDED = Prepared(insert(inquiries)), Prepared(insert(inquiries))
_ANSWER = Prepared(insert(answers))
_STILL_NEW = Among(
    select(inquiries.c.id).where(inquiries.c.state == InquiryState.NEW).with_for_update(), inquiries.c.id
)
_END = Prepared(update(inquiries).where(inquiries.c.id == bindparam("inquiry")).values(sealed_text=None))


class SqlInbox:
    """`ports.Inbox` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault, holder: UUID) -> None:
        self._connection = connection
        self._vault = vault
        self._holder = holder

    def unseen(self, keys: Sequence[str], now: datetime) -> set[str]:
        """Note all keys; return those that were never noted before."""
        wanted = sorted(set(keys))
        if self._connection.dialect.name == "postgresql":
            rows = _SEE_POSTGRES.rows(self._connection, {"keys": wanted, "at": now})
        else:
            rows = _SEE_SQLITE.rows(self._connection, {"keys": json.dumps(wanted), "at": now})
        return {row["key"] for row in rows}

    def add(self, inquiries: Sequence[Inquiry]) -> None:
        """Store new questions, claimed by this process."""
        rows = []
        for inquiry in inquiries:
            row = self._row(inquiry)
            sealed = None if row["text"] == inquiry.text else self._vault.seal(inquiry.text)
            rows.append(row | {"state": InquiryState.NEW, "claimed_by": self._holder, "sealed_text": sealed})
        _ADD.run(self._connection, rows)

    def add_ended(self, questions: Sequence[tuple[Inquiry, Ended]], now: datetime) -> None:
        """Store new questions with what became of them."""
        rows = [self._row(inquiry) | _end_row(end, now) for inquiry, end in questions]
        _ADD_ENDED.run(self._connection, rows)

    def _row(self, inquiry: Inquiry) -> dict[str, object]:
        return {
            "id": inquiry.id,
            "channel": inquiry.channel,
            "account": inquiry.account,
            "sender": self._vault.seal(inquiry.sender.number),
            "sender_shown": fitting(str(inquiry.sender), 32),
            "querier": inquiry.querier,
            "destination": fitting(inquiry.destination.number, 32),
            "text": _shown(inquiry.text),
            "received_at": inquiry.received_at,
            "continues": inquiry.continues,
            "test": inquiry.test,
        }

    def inquiry(self, row: Row[tuple[object, ...]]) -> Inquiry:
        """Read a question back from its row."""
        got = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name
        return Inquiry(
            id=got[inquiries.c.id],
            channel=got[inquiries.c.channel],
            account=got[inquiries.c.account],
            sender=Address(self._vault.open(got[inquiries.c.sender])),
            destination=Address(got[inquiries.c.destination]),
            querier=got[inquiries.c.querier],
            text=self._vault.open(sealed) if (sealed := got[inquiries.c.sealed_text]) else got[inquiries.c.text],
            received_at=got[inquiries.c.received_at],
            continues=got[inquiries.c.continues],
            test=got[inquiries.c.test],
        )

    def add_part(self, key: str, part: Part, judge_at: datetime) -> Join:
        """Store one part of a long text; return all that is here of it.

        A reference comes round again: a second text under it pushes the first one aside.
        """
        concat = part.concat
        assert concat is not None  # noqa: S101 - callers sort parts from whole texts
        row = self._start_join(key, part, concat.total, judge_at) or self._held_join(key)
        here = self._parts(row.id)
        another = (
            row.first_at < part.received_at - KEY_LIFE
            or len(here) == row.total
            or here.get(concat.number, part.text) != part.text
        )
        if another:
            self._connection.execute(update(joins).where(joins.c.id == row.id).values(key=row.id.hex))
            row, here = self._start_join(key, part, concat.total, judge_at) or self._held_join(key), {}
        if concat.number not in here:
            sealed = self._vault.seal(part.text)
            self._connection.execute(insert(parts).values(join_id=row.id, number=concat.number, text=sealed))
        return self._join(row, here | {concat.number: part.text})

    def _start_join(self, key: str, part: Part, total: int, judge_at: datetime) -> Row[Any] | None:
        """Start a long text; None when it was started before, by whichever process."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        return self._connection.execute(
            dialect.insert(joins)
            .values(
                id=uuid7(),
                key=key,
                channel=part.channel,
                account=part.account,
                sender=self._vault.seal(part.sender.number),
                destination=fitting(part.destination.number, 32),
                total=total,
                first_at=part.received_at,
                judge_at=judge_at,
            )
            .on_conflict_do_nothing(index_elements=[joins.c.key])
            .returning(*joins.c)
        ).one_or_none()

    def _held_join(self, key: str) -> Row[Any]:
        """Read a long text and keep others from it until we are through: they must see our part."""
        return self._connection.execute(select(joins).where(joins.c.key == key).with_for_update()).one()

    def _parts(self, join: UUID) -> dict[int, str]:
        rows = self._connection.execute(select(parts.c.number, parts.c.text).where(parts.c.join_id == join))
        return {number: self._vault.open(sealed) for number, sealed in rows}

    def _join(self, row: Row[tuple[object, ...]], here: dict[int, str]) -> Join:
        return Join(
            id=row.id,
            channel=row.channel,
            account=row.account,
            sender=Address(self._vault.open(row.sender)),
            destination=Address(row.destination),
            total=row.total,
            first_at=row.first_at,
            parts=here,
            inquiry=row.inquiry_id,
            judged=row.judge_at is None,
        )

    def asked(self, join: UUID, first: UUID, *, final: bool) -> None:
        """Note the first question made of a join, and whether it still waits for parts."""
        values = {"inquiry_id": first} | ({"judge_at": None} if final else {})
        self._connection.execute(update(joins).where(joins.c.id == join).values(values))

    def joins_due(self, now: datetime) -> list[Join]:
        """Return the joins whose parts have been waited for long enough."""
        rows = self._connection.execute(
            select(joins).where(joins.c.judge_at <= now).with_for_update(skip_locked=True)
        ).all()
        return [self._join(row, self._parts(row.id)) for row in rows]

    def next_judgement(self) -> datetime | None:
        """Return when the next long text is to be judged as it stands, whoever took it in."""
        waiting = select(joins.c.judge_at).where(joins.c.judge_at.is_not(None)).order_by(joins.c.judge_at).limit(1)
        return self._connection.execute(waiting).scalar()

    def bury(self, items: Sequence[Undecodable]) -> None:
        """Keep what nobody can read for a person to look at."""
        rows = [
            {
                "id": uuid7(),
                "channel": item.channel,
                "account": item.account,
                "raw": self._vault.seal(item.raw),
                "reason": fitting(item.reason, 400),
                "at": item.received_at,
            }
            for item in items
        ]
        if rows:
            self._connection.execute(insert(dead_letters), rows)

    def still_new(self, inquiries: Collection[UUID]) -> set[UUID]:
        """Return which of these are unanswered yet, and hold them until the transaction ends."""
        return {row["id"] for row in _STILL_NEW.rows(self._connection, inquiries)}

    def codes_answered(self, first: UUID) -> set[str]:
        """Return the codes already answered for the long text whose first question this is."""
        rows = self._connection.execute(
            select(answers.c.code)
            .join(inquiries, inquiries.c.id == answers.c.inquiry_id)
            .where(or_(inquiries.c.id == first, inquiries.c.continues == first), answers.c.code.is_not(None))
        )
        return set(rows.scalars())

    def end(self, ended: Sequence[Ended], now: datetime) -> None:
        """Write what became of questions."""
        _END.run(self._connection, [{"inquiry": end.inquiry} | _end_row(end, now) for end in ended])

    def answered(self, answers: Sequence[Answered]) -> None:
        """Keep what was answered."""
        if answers:
            _ANSWER.run(
                self._connection,
                [
                    {
                        "inquiry_id": answer.inquiry,
                        "position": answer.position,
                        "code": answer.code,
                        "record_type": answer.record_type,
                        "record_id": answer.record_id,
                        "verdict": answer.decision.verdict,
                        "rule": answer.decision.rule[:64],
                        "reasons": list(answer.decision.reasons),
                        "query_count": answer.standing.count,
                        "first_queried_at": answer.standing.first_at,
                        "words": answer.edition and answer.edition.words,
                        "words_version": answer.edition and answer.edition.version,
                    }
                    for answer in answers
                ],
            )

    def owe(self, inquiries: Collection[UUID], now: datetime) -> None:
        """Note that what was answered to these has not reached its askers: asked again, they hear the same."""
        undelivered.owe(self._connection, inquiries, now)

    def heard(self, inquiries: Collection[UUID], now: datetime) -> None:
        """Note that callers heard what was answered."""
        undelivered.reached(self._connection, inquiries, now)

    def opt_out(self, querier: bytes, now: datetime) -> None:
        """Note that this person wants nothing that was not asked for."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        self._connection.execute(dialect.insert(optouts).values(querier=querier, at=now).on_conflict_do_nothing())

    def first_today(self, querier: bytes, kind: str, today: date) -> bool:
        """Return True once a day for a querier and a kind of notice."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        noted = self._connection.execute(
            dialect.insert(notices).values(querier=querier, kind=kind, day=today).on_conflict_do_nothing()
        )
        return noted.rowcount == 1


def _end_row(end: Ended, now: datetime) -> dict[str, object]:
    return {
        "state": end.state,
        "intent": end.intent,
        "reason": end.reason and fitting(end.reason, 200),
        "settled_at": None if end.state is InquiryState.REPLYING else now,
    }


def _shown(text: str) -> str:
    """Return what operators may read and a database holds: PIN and ID numbers masked; mostly the text itself."""
    may_hold_one = "#" in text or "＃" in text or sum(map(str.isdigit, text)) >= _ID_DIGITS
    return understand(text).redacted if may_hold_one or not text.isprintable() else text

"""Questions found and told, on both databases alike."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, select

from gateway.domain.address import Address
from gateway.domain.reply import Edition
from gateway.domain.verdict import Verdict
from gateway.filing.board import Exchange
from gateway.filing.questions import Found, Given, Life, Piece, Sent, Sought
from gateway.store.board import exchange, pairs
from gateway.store.finding import Finding, Key
from gateway.store.tables import answers, inquiries, messages, segments, tickets
from gateway.store.vault import Vault

_i, _a, _m, _s = inquiries.c, answers.c, messages.c, segments.c


class SqlQuestions:
    """`filing.search.Questions` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def find(self, sought: Sought) -> Found:
        """Return the newest first."""
        found = Finding(self._connection, sought).keys()
        keys = found.keys[: sought.most]
        rows = {
            row.id: row for row in self._connection.execute(select(inquiries).where(_i.id.in_({k.id for k in keys})))
        }
        shown = {one.id: one for one in self._shown(list(rows.values()))}
        exchanges = [_of_key(shown[key.id], key) for key in keys if key.id in shown]
        return Found(exchanges, len(found.keys) > len(keys), found.count, found.about, found.floor)

    def of_number(self, address: Address, most: int) -> list[Exchange]:
        """Return what this very number asked, the newest first."""
        # By its masked form, which has an index; of those few that share it, by the person.
        same = and_(_i.sender_shown == str(address), _i.querier == self._vault.querier(address))
        wanted = select(inquiries).where(same).order_by(_i.id.desc()).limit(most)
        return self._shown(list(self._connection.execute(wanted)))

    def of_code(self, code: str, most: int) -> list[Exchange]:
        """Return the questions about a code, the newest first, each with its verdict on this code."""
        wanted = (
            select(inquiries, _a.verdict.label("given"))
            .join_from(answers, inquiries, _i.id == _a.inquiry_id)
            .where(_a.code == code)
            .order_by(_a.inquiry_id.desc())
            .limit(most)
        )
        return [exchange(row, row.given, None) for row in self._connection.execute(wanted)]

    def life(self, id_: UUID, *, lock: bool = False) -> Life | None:
        """Return one question; `lock` holds it until the transaction ends."""
        wanted = select(inquiries).where(_i.id == id_)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            return None
        given = [_given(one) for one in self._connection.execute(_of(id_))]
        sent = self._connection.execute(select(messages).where(_m.inquiry_id == id_).order_by(_m.id))
        replies = [self._sent(one) for one in sent]
        numbers = self._connection.execute(select(tickets.c.number).where(tickets.c.inquiry_id == id_)).scalars()
        verdict = given[0].verdict if given else None
        return Life(
            asked=exchange(row, verdict, replies[0].text if replies else None),
            destination=row.destination,
            intent=row.intent,
            reason=row.reason,
            settled_at=row.settled_at,
            whole=row.sender is not None,
            answers=given,
            replies=replies,
            tickets=list(numbers),
        )

    def sender(self, id_: UUID) -> Address | None:
        """Return who asked, in full; None: withheld, or not kept any more."""
        sealed = self._connection.execute(select(_i.sender).where(_i.id == id_)).scalar_one_or_none()
        return Address(self._vault.open(sealed)) if sealed else None

    def _sent(self, row: Row[Any]) -> Sent:
        its = select(segments).where(_s.message_id == row.id).order_by(_s.position)
        pieces = [
            Piece(
                s.position, s.text, s.state, s.attempts, s.submits, s.account, s.sending_at, s.delivered_at, s.due_at,
                s.reason, s.peer_ref,
            )
            for s in self._connection.execute(its)
        ]  # fmt: skip
        return Sent(
            row.id, row.channel, row.account, row.text, row.state, row.created_at, row.settled_at, row.moved, pieces
        )

    def _shown(self, rows: list[Row[Any]]) -> list[Exchange]:
        ids = [row.id for row in rows]
        first = select(_a.inquiry_id, _a.verdict).where(_a.inquiry_id.in_(ids), _a.position == 1)
        texts = select(_m.inquiry_id, _m.text).where(_m.inquiry_id.in_(ids)).order_by(_m.id.desc())
        verdicts, replies = pairs(self._connection, first), pairs(self._connection, texts)
        return [exchange(row, verdicts.get(row.id), replies.get(row.id)) for row in rows]


def _of_key(asked: Exchange, key: Key) -> Exchange:
    """Return a question with the verdict that was looked for, where one was."""
    return replace(asked, verdict=Verdict(key.given), place=key.place) if key.given else asked


def _of(id_: UUID) -> Select[Any]:
    return select(answers).where(_a.inquiry_id == id_).order_by(_a.position)


def _given(row: Row[Any]) -> Given:
    edition = None if row.words is None else Edition(row.words, row.words_version)
    return Given(
        row.code, row.record_id, Verdict(row.verdict), row.rule, row.reasons, row.query_count, row.first_queried_at,
        edition,
    )  # fmt: skip

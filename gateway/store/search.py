"""Questions found and told, on both databases alike."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause, and_, select, text

from gateway.domain.address import Address
from gateway.domain.inquiry import InquiryState
from gateway.domain.reply import Edition
from gateway.domain.verdict import Verdict
from gateway.filing.board import Exchange
from gateway.filing.search import Given, Life, Piece, Sent, Sought
from gateway.store.board import exchange, pairs
from gateway.store.statements import first_id
from gateway.store.tables import answers, inquiries, messages, segments, tickets
from gateway.store.tables.questions import UNANSWERED
from gateway.store.vault import Vault

_i, _a, _m, _s = inquiries.c, answers.c, messages.c, segments.c
# A question's id is made when it comes in; a long text's first part came up to so much earlier.
_SLACK: Final = timedelta(hours=1)
_RARE: Final = frozenset(InquiryState) - {InquiryState.NEW, InquiryState.REPLYING, InquiryState.ANSWERED}


class SqlQuestions:
    """`filing.search.Questions` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def find(self, sought: Sought) -> list[Exchange]:
        """Return the newest first."""
        narrow = [condition for condition in _conditions(sought) if condition is not None]
        if sought.code is not None or sought.verdicts:
            of = [_a.code == sought.code] if sought.code is not None else []
            of += [_a.verdict.in_(list(sought.verdicts))] if sought.verdicts else []
            # From the answers, which stand in the order of their questions; only those asked for are joined.
            wanted = (
                select(inquiries)
                .join_from(answers, inquiries, _i.id == _a.inquiry_id)
                .where(*of, *_within(_a.inquiry_id, sought), *narrow)
                .order_by(_a.inquiry_id.desc())
            )
            rows = list(self._connection.execute(wanted.limit(3 * sought.most)))
            return self._shown(list({row.id: row for row in rows}.values())[: sought.most])
        wanted = select(inquiries).where(*narrow, *_within(_i.id, sought)).order_by(_i.id.desc())
        return self._shown(list(self._connection.execute(wanted.limit(sought.most))))

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

    def life(self, id_: UUID) -> Life | None:
        """Return one question."""
        row = self._connection.execute(select(inquiries).where(_i.id == id_)).one_or_none()
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


def _conditions(sought: Sought) -> list[ColumnElement[bool] | TextClause | None]:
    return [
        _i.sender_shown == sought.shown if sought.shown is not None else None,
        _i.channel == sought.channel if sought.channel is not None else None,
        _i.account == sought.account if sought.account is not None else None,
        *_in_state(sought.states),
        _i.received_at >= sought.begins if sought.begins else None,
        _i.received_at < sought.ends if sought.ends else None,
    ]


def _in_state(states: Collection[str]) -> list[ColumnElement[bool] | TextClause]:
    """Return which questions are in these states, told so that what is rare is found by an index of its own."""
    if not states:
        return []
    found: list[ColumnElement[bool] | TextClause] = [_i.state.in_(list(states))]
    if _RARE.issuperset(states):
        found.append(text(f"inquiries.{UNANSWERED}"))
    elif set(states) == {InquiryState.REPLYING}:
        found.append(_i.id.in_(select(_m.inquiry_id).where(text("messages.state = 'open'"))))
    return found


def _within(id_: ColumnElement[Any], sought: Sought) -> list[ColumnElement[bool]]:
    """Return between which ids questions of this time stand, so that no others are looked at."""
    found = [id_ < sought.before] if sought.before else []
    if sought.begins:
        found.append(id_ >= first_id(sought.begins - _SLACK))
    if sought.ends:
        found.append(id_ < first_id(sought.ends + _SLACK))
    return found


def _of(id_: UUID) -> Select[Any]:
    return select(answers).where(_a.inquiry_id == id_).order_by(_a.position)


def _given(row: Row[Any]) -> Given:
    edition = None if row.words is None else Edition(row.words, row.words_version)
    return Given(
        row.code, row.record_id, Verdict(row.verdict), row.rule, row.reasons, row.query_count, row.first_queried_at,
        edition,
    )  # fmt: skip

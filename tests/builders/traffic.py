"""Months of a city as the gateway would have kept them: questions with every verdict, answers, segments, tickets.

Written with the store's own statements, so that columns and types are the schema's. A seed makes it alike each time.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, insert
from stdnum.iso7064 import mod_11_10

from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.verdict import Verdict
from gateway.interchange.sample import City
from gateway.store.engine import Database
from gateway.store.prepared import Fields, Prepared
from gateway.store.tables import (
    answers,
    dead_letters,
    inquiries,
    labels,
    messages,
    segments,
    ticket_steps,
    tickets,
)
from gateway.store.vault import Vault

DAYS: Final = 92
# That nobody was ever answered, in a city whose stations do not ask by SMS: what is looked for in vain.
NEVER: Final = Verdict.FILL_DENIED
_PEOPLE: Final = 20_000
_CODES: Final = 60_000
_BATCH: Final = 5_000
# How busy the hours of a day are, midnight first.
_HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 20, 18, 15, 15, 16, 17, 18, 20, 20, 16, 10, 5, 2)
_CHANNELS: Final = {"modem": 55, "cmpp": 15, "web": 15, "voice": 10, "api": 5}
_TEXTING: Final = frozenset({"modem", "cmpp"})
_STATES: Final = {
    "answered": 9700, "unavailable": 60, "limited": 90, "suppressed": 90, "refused": 40, "expired": 20,
}  # fmt: skip
# What most are told; all others share the rest.
_OFTEN: Final = {
    Verdict.GENUINE_FIRST: 520, Verdict.SELF_REPEAT: 60, Verdict.TRACE_OK: 140, Verdict.CYL_OK: 90,
    Verdict.ELEV_OK: 60, Verdict.UNKNOWN: 40, Verdict.MALFORMED: 40, Verdict.REPEAT_WARN: 20,
}  # fmt: skip
_OF_TYPE: Final = {"CYL": "lpg", "SEA": "lpg", "ELE": "lift", "STA": "station", "TRA": "melon"}
_NOWHERE: Final = frozenset({Verdict.UNKNOWN, Verdict.MALFORMED, Verdict.WRONG_KIND, Verdict.UNAVAILABLE})
_WORDS: Final = "【放心100】您查询的产品为{}，编码尾号{}，首次查询，请放心使用。如有疑问请拨打本地举报电话。"
_TABLES: Final = (inquiries, answers, messages, segments)


@dataclass(slots=True)
class Traffic:
    """What is written, question by question, from the oldest to the newest."""

    city: City
    codes: CodeBook
    vault: Vault
    until: datetime
    count: int
    _chance: random.Random = field(default_factory=lambda: random.Random(100))
    _people: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    _asked: list[str] = field(default_factory=list)
    _records: dict[str, list[str]] = field(default_factory=dict)
    _complaints: list[tuple[UUID, str, datetime]] = field(default_factory=list)

    async def write(self, database: Database) -> None:
        """Write it all."""
        self._prepare()
        await database.transact(lambda connection: _insert(labels).run(connection, self._labels()))
        into = [_insert(table) for table in _TABLES]
        for batch in self._batches():
            await database.transact(partial(_fill, into, batch))
        await database.transact(lambda connection: _insert(tickets).run(connection, list(self._tickets())))
        await database.transact(lambda connection: _insert(ticket_steps).run(connection, list(self._steps())))
        await database.transact(lambda connection: _insert(dead_letters).run(connection, list(self._unreadable())))

    def _prepare(self) -> None:
        for number in range(_PEOPLE):
            address = Address(f"86138{number * 4567 % 100_000_000:08}")
            self._people.append((str(address), self.vault.seal(address.number), self.vault.querier(address)))
        runs = [run for run in self.city.ranges if run.record_key]
        for number in range(_CODES):
            run = runs[number % len(runs)]
            self._asked.append(self.codes.issue(run.klass, run.version, run.first + number % (run.last - run.first)))
        self._asked = list(dict.fromkeys(self._asked))
        for one in self.city.records:
            self._records.setdefault(one.record_type, []).append(f"{one.record_type}/{one.key}")

    def _labels(self) -> list[Fields]:
        first = self.until - timedelta(days=DAYS)
        return [
            {"code": c, "query_count": 2, "first_at": first, "first_querier": self._people[0][2]} for c in self._asked
        ]

    def _moments(self) -> Iterator[datetime]:
        """Yield when questions come, as a day of people has them; the last ones come just now."""
        begun = (self.until - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
        hours = int((self.until - begun).total_seconds() // 3600)
        weights = [_HOURS[(begun + timedelta(hours=hour + 8)).hour] for hour in range(hours)]
        of_weight, left = self.count / sum(weights), 0.0
        for hour, weight in enumerate(weights):
            left += weight * of_weight
            many = int(left)
            left -= many
            at = begun + timedelta(hours=hour)
            offsets = sorted(self._chance.randrange(3_600_000) for _ in range(many))
            yield from (at + timedelta(milliseconds=offset) for offset in offsets)

    def _batches(self) -> Iterator[list[list[dict[str, Any]]]]:
        rows: list[list[dict[str, Any]]] = [[], [], [], []]
        for number, at in enumerate(self._moments()):
            for to, made in zip(rows, self._question(number, at), strict=True):
                to += made
            if len(rows[0]) == _BATCH:
                yield rows
                rows = [[], [], [], []]
        yield rows

    def _question(self, number: int, at: datetime) -> tuple[list[dict[str, Any]], ...]:
        chance = self._chance
        shown, sealed, querier = chance.choice(self._people)
        [channel] = chance.choices(list(_CHANNELS), list(_CHANNELS.values()))
        [state] = chance.choices(list(_STATES), list(_STATES.values()))
        id_, code = _uuid(at, number), chance.choice(self._asked)
        took = timedelta(milliseconds=min(55_000, 8 + int(chance.expovariate(1 / 900))))
        asked = {
            "id": id_, "channel": channel, "account": f"{channel}-{number % 3 + 1}", "sender": sealed,
            "sender_shown": shown, "querier": querier, "destination": "106573012365", "text": f"CX{code}",
            "received_at": at, "state": state, "intent": "query", "reason": None, "settled_at": at + took,
            "test": number % 500 == 0,
        }  # fmt: skip
        if number % 300 == 0:
            self._complaints.append((id_, code, at))
        if state in ("limited", "suppressed") or number % 50 == 0:
            return [asked], [], [], []
        given = [self._answer(id_, position, at) for position in range(1, 3 if number % 40 == 0 else 2)]
        given[0]["code"] = code if given[0]["verdict"] != Verdict.UNKNOWN else f"1777{number % 977:012}"
        if channel not in _TEXTING or state == "unavailable":
            return [asked], given, [], []
        message, parts = _reply(asked, at, took, _WORDS.format("河套老窖", code[-4:]), 2 if number % 9 == 0 else 1)
        return [asked], given, [message], parts

    def _answer(self, inquiry: UUID, position: int, at: datetime) -> dict[str, Any]:
        verdict = self._verdict()
        kind = _OF_TYPE.get(verdict[:3], "liquor")
        record = None if verdict in _NOWHERE else self._chance.choice(self._records.get(kind, self._records["liquor"]))
        return {
            "inquiry_id": inquiry, "position": position, "code": self._chance.choice(self._asked),
            "record_type": record and record.partition("/")[0], "record_id": record, "verdict": verdict,
            "rule": "standing.first", "reasons": [], "query_count": 1, "first_queried_at": at,
        }  # fmt: skip

    def _verdict(self) -> Verdict:
        drawn = self._chance.randrange(1000)
        for verdict, share in _OFTEN.items():
            drawn -= share
            if drawn < 0:
                return verdict
        return self._chance.choice([one for one in Verdict if one not in _OFTEN and one is not NEVER])

    def _tickets(self) -> Iterator[dict[str, Any]]:
        for number, (id_, code, at) in enumerate(self._complaints, 1):
            shown, sealed, _ = self._chance.choice(self._people)
            done, serial = number % 10 != 0, f"{number:08d}"
            yield {
                "id": number, "number": serial + mod_11_10.calc_check_digit(serial), "inquiry_id": id_,
                "reporter": sealed, "reporter_shown": shown, "codes": [code], "text": "标签像是重贴的，在东街市场",
                "place": "东街市场", "state": "closed" if done else "open", "created_at": at,
                "due_at": at + timedelta(days=9), "closed_at": at + timedelta(days=3) if done else None,
                "resolution": "已核实" if done else None,
            }  # fmt: skip

    def _steps(self) -> Iterator[dict[str, Any]]:
        for number, (_, _, at) in enumerate(self._complaints, 1):
            if number % 10:
                yield {
                    "ticket_id": number, "position": 1, "at": at + timedelta(days=3), "actor": "user:苏和",
                    "state": "closed", "note": "已联系厂家",
                }  # fmt: skip

    def _unreadable(self) -> Iterator[dict[str, Any]]:
        for number in range(self.count // 5_000):
            at = self.until - timedelta(hours=number % (24 * DAYS))
            yield {
                "id": _uuid(at, number), "channel": "modem", "account": "modem-1", "raw": self.vault.seal("07"),
                "reason": "the PDU is too short", "at": at,
            }  # fmt: skip


def _fill(into: Sequence[Prepared], batch: Sequence[Sequence[Fields]], connection: Connection) -> None:
    for statement, rows in zip(into, batch, strict=True):
        statement.run(connection, rows)


def _insert(table: Table) -> Prepared:
    return Prepared(insert(table))


def _uuid(at: datetime, number: int, of: int = 0) -> UUID:
    """Make an id as the gateway does: in the order of time (RFC 9562 §5.7)."""
    milliseconds = int(at.astimezone(UTC).timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | (number & 0xFFF) << 64 | 2 << 62 | of << 40 | number)


def _reply(
    asked: dict[str, Any], at: datetime, took: timedelta, words: str, pieces: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    number, failed = asked["id"].int & 0xFFFFFFFFFF, asked["state"] in ("refused", "expired")
    written = at + timedelta(milliseconds=6)
    key, account = asked["querier"], asked["account"]
    message = {
        "id": _uuid(written, number, 1), "inquiry_id": asked["id"], "channel": asked["channel"], "account": account,
        "recipient": asked["sender"], "recipient_shown": asked["sender_shown"], "recipient_key": key,
        "source": asked["destination"], "text": words, "encoding": "ucs2", "reference": number & 0xFF, "bulk": False,
        "created_at": written, "expires_at": written + timedelta(days=1),
        "state": asked["state"] if failed else "sent", "moved": False, "settled_at": at + took,
    }  # fmt: skip
    its = [
        {
            "id": _uuid(written, number, 1 + place), "message_id": message["id"], "position": place, "text": words,
            "state": asked["state"] if failed else "accepted", "attempts": 1, "submits": 1,
            "sending_at": written + timedelta(milliseconds=2), "account": account, "recipient_key": key,
            "peer_ref": None if failed else str(number),
            "delivered_at": None if failed or number % 10 == 0 else at + took + timedelta(seconds=4),
            "reason": "+CMS ERROR: 500" if failed else None,
        }
        for place in range(1, pieces + 1)
    ]  # fmt: skip
    return message, its

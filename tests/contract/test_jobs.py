"""What the gateway does unasked, on both databases: alerts that escalate, reminders told once, events passed on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select
from uuid_utils.compat import uuid7

from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.domain.trace import Filed, Party, PartyKind
from gateway.filing.books import Books, Phone
from gateway.filing.kept import Event
from gateway.filing.reports import Period, ProblemKind, Scope
from gateway.jobs.alerts import Alarm
from gateway.jobs.denials import DailyJudging
from gateway.jobs.hooks import MOST_ATTEMPTS, Deliveries, Hook, signature
from gateway.jobs.post import Letters
from gateway.jobs.reminders import Reminding
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, hook_deliveries, imports, messages
from tests.builders.city import shipped_renderer
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.store import rows
from tests.builders.traces import a_cylinder, a_lift, a_melon

WORKER, GUARD, OFFICER, CHIEF = (Address(f"861380000002{n}") for n in range(4))
STATION, GROWER = Address("8613800000030"), Address("8613800000031")
MINUTE = timedelta(minutes=1)
LETTERS = Letters(shipped_renderer(), Address("106573012365"), uuid7)
ALARM = Alarm(LETTERS, (3 * MINUTE, 30 * MINUTE), (CHIEF,))


@pytest.fixture
async def city(archive: SqlArchive) -> SqlArchive:
    def fill(books: SqlBooks) -> None:
        for id_, kind, district in (
            ("m-1", PartyKind.MAINTENANCE, "150302"),
            ("u-1", PartyKind.USE_UNIT, "150302"),
            ("office", PartyKind.REGULATOR, "150300"),
            ("s-1", PartyKind.STATION, "150302"),
            ("coop-1", PartyKind.COOP, "150822"),
        ):
            books.parties.put(Party(id_, id_, kind, district), NOW)
        for address, party, role in (
            (WORKER, "m-1", Role.MAINTENANCE),
            (GUARD, "u-1", Role.USE_UNIT),
            (OFFICER, "office", Role.REGULATOR),
            (STATION, "s-1", Role.STATION),
            (GROWER, "coop-1", Role.COOPERATIVE),
        ):
            books.phones.add(Phone(address, party, role), None, NOW, alerts=True)
        lift = a_lift(use_unit_id="u-1", maintenance_unit_id="m-1")
        books.records.put(Filed("lift", "012345", lift, owner="u-1"), "test", NOW)

    await archive.act(fill)
    return archive


async def texts(ledger: SqlLedger) -> list[tuple[str, str]]:
    """Return who was sent what, and forget it."""
    found = await rows(ledger, select(messages).order_by(messages.c.id))
    await ledger.database.transact(lambda connection: connection.execute(messages.delete()))
    return [(VAULT.open(row["recipient"]), str(row["text"])) for row in found]


async def trapped(city: SqlArchive, kind: str = "trapped", at: datetime = NOW) -> UUID:
    def work(books: Books) -> UUID:
        event = Event(uuid7(), kind, "lift/012345", "u-1", at, at)
        books.events.add(event)
        return books.alerts.raise_(event)

    return await city.act(work)


async def sound(city: SqlArchive, now: datetime) -> int:
    return await city.act(lambda books: ALARM.sound(books, now))


# -- alerts ------------------------------------------------------------------------------------------------------------


async def test_unit_keeper_and_regulator_are_told_at_once(ledger: SqlLedger, city: SqlArchive) -> None:
    await trapped(city)
    assert await sound(city, NOW) == 4
    sent = await texts(ledger)
    assert {number for number, _ in sent} == {phone.number for phone in (WORKER, GUARD, OFFICER, CHIEF)}
    assert all("012345" in text and "有人被困" in text and "SD012345" in text for _, text in sent)
    assert await sound(city, NOW + MINUTE) == 0


async def test_nobody_acknowledges_so_all_are_told_after_3_and_30_minutes_and_then_no_more(
    ledger: SqlLedger, city: SqlArchive
) -> None:
    await trapped(city)
    told = {}
    for minute in range(61):
        if await sound(city, NOW + minute * MINUTE):
            told[minute] = (await texts(ledger))[0][1]
    assert list(told) == [0, 3, 30]
    assert "3分钟无人确认" in told[3]
    assert "30分钟无人确认" in told[30]


async def test_an_acknowledgement_by_one_of_its_phones_ends_it(ledger: SqlLedger, city: SqlArchive) -> None:
    await trapped(city)
    await sound(city, NOW)
    known = await ledger.run(
        lambda unit: unit.alerts.acknowledge(VAULT.querier(WORKER), ["012345"], "十分钟到", NOW + MINUTE)
    )
    assert known == ["012345"]
    assert await sound(city, NOW + 3 * MINUTE) == 0


@pytest.mark.parametrize("who", [STATION, Address("8613900000099")])
async def test_a_stranger_ends_nothing(ledger: SqlLedger, city: SqlArchive, who: Address) -> None:
    await trapped(city)
    await sound(city, NOW)
    assert await ledger.run(lambda unit: unit.alerts.acknowledge(VAULT.querier(who), ["012345"], "", NOW)) == []
    assert await sound(city, NOW + 3 * MINUTE) == 4


async def test_a_regulator_may_acknowledge_without_saying_which(ledger: SqlLedger, city: SqlArchive) -> None:
    await trapped(city)
    await sound(city, NOW)
    assert await ledger.run(lambda unit: unit.alerts.acknowledge(VAULT.querier(OFFICER), [], "", NOW)) == ["012345"]


async def test_whoever_names_no_lift_does_not_silence_one_that_calls_just_now(
    ledger: SqlLedger, city: SqlArchive
) -> None:
    await trapped(city)  # nobody was told yet
    assert await ledger.run(lambda unit: unit.alerts.acknowledge(VAULT.querier(WORKER), [], "", NOW)) == []
    assert await sound(city, NOW) == 4
    assert await ledger.run(lambda unit: unit.alerts.acknowledge(VAULT.querier(WORKER), [], "", NOW)) == ["012345"]


async def test_another_citys_regulator_silences_no_lift_that_he_does_not_name(
    ledger: SqlLedger, city: SqlArchive
) -> None:
    other = Address("8613800000031")

    def add(books: SqlBooks) -> None:
        books.parties.put(Party("office-2", "office-2", PartyKind.REGULATOR, "150800"), NOW)
        books.phones.add(Phone(other, "office-2", Role.REGULATOR), None, NOW, alerts=True)

    await city.act(add)
    await trapped(city)
    await sound(city, NOW)
    assert await ledger.run(lambda unit: unit.alerts.acknowledge(VAULT.querier(other), [], "", NOW)) == []
    assert await ledger.run(lambda unit: unit.alerts.acknowledge(VAULT.querier(other), ["012345"], "", NOW)) == [
        "012345"
    ]


async def test_who_opted_out_of_reminders_is_told_that_somebody_is_trapped(ledger: SqlLedger, city: SqlArchive) -> None:
    await ledger.run(lambda unit: unit.inbox.opt_out(VAULT.querier(WORKER), NOW))
    await trapped(city)
    assert await sound(city, NOW) == 4


async def test_a_lift_that_runs_again_alarms_nobody(city: SqlArchive) -> None:
    await trapped(city)
    assert await city.act(lambda books: books.alerts.restored("lift/012345", NOW)) == 1
    assert await sound(city, NOW + 3 * MINUTE) == 0


async def test_a_sensor_that_repeats_itself_makes_one_alert(city: SqlArchive) -> None:
    first = await trapped(city)
    assert await trapped(city, at=NOW + MINUTE) == first
    assert await trapped(city, kind="fault", at=NOW + MINUTE) != first


@pytest.mark.parametrize("kind", ["trapped", "fault"])
async def test_a_lift_nobody_ever_restored_is_told_of_again_when_it_calls_later(city: SqlArchive, kind: str) -> None:
    first = await trapped(city, kind)
    for minute in (0, 3, 30):
        assert await sound(city, NOW + minute * MINUTE) == 4
    week = NOW + timedelta(days=7)
    assert await trapped(city, kind, at=week) != first
    assert await sound(city, week) == 4


async def test_who_acknowledged_is_left_in_peace_while_he_is_on_his_way(ledger: SqlLedger, city: SqlArchive) -> None:
    first = await trapped(city)
    await sound(city, NOW)
    await ledger.run(lambda unit: unit.alerts.acknowledge(VAULT.querier(WORKER), [], "", NOW + MINUTE))
    assert await trapped(city, at=NOW + 2 * MINUTE) == first
    assert await sound(city, NOW + 2 * MINUTE) == 0
    later = NOW + 32 * MINUTE  # somebody is still inside
    assert await trapped(city, at=later) != first
    assert await sound(city, later) == 4


async def test_as_long_as_nobody_is_registered_it_waits_for_somebody_to_be(
    ledger: SqlLedger, city: SqlArchive, caplog: pytest.LogCaptureFixture
) -> None:
    def forget(books: SqlBooks) -> None:
        for address, party in ((WORKER, "m-1"), (GUARD, "u-1"), (OFFICER, "office")):
            books.phones.remove(address, party)

    await city.act(forget)
    alone = Alarm(LETTERS, ALARM.escalate_after)
    await trapped(city)
    for minute in range(60):
        assert await city.act(lambda books, now=NOW + minute * MINUTE: alone.sound(books, now)) == 0  # type: ignore[misc]
    assert [record.levelname for record in caplog.records if "nobody to tell" in record.message] == ["ERROR"]
    problems = await city.look(lambda books: books.reports.problems(Scope(), Period(NOW.date(), NOW.date()), NOW))
    assert [one.detail for one in problems if one.kind is ProblemKind.ALERT_UNANSWERED] == [
        "困人，尚未通知到人，请登记其电话"
    ]
    await city.act(lambda books: books.phones.add(Phone(WORKER, "m-1", Role.MAINTENANCE), None, NOW, alerts=True))
    told = [
        minute
        for minute in range(60, 120)
        if await city.act(lambda books, now=NOW + minute * MINUTE: alone.sound(books, now))  # type: ignore[misc]
    ]
    assert told == [60, 63, 90]


async def test_the_regulator_of_the_lifts_own_district_is_told(ledger: SqlLedger, city: SqlArchive) -> None:
    def move(books: SqlBooks) -> None:
        lift = a_lift(use_unit_id="u-1", maintenance_unit_id="m-1", district="150802")
        books.records.put(Filed("lift", "012345", lift, owner="u-1"), "test", NOW)
        books.parties.put(Party("bayannur", "office", PartyKind.REGULATOR, "150800"), NOW)
        books.phones.add(Phone(GROWER, "bayannur", Role.REGULATOR), None, NOW, alerts=True)

    await city.act(move)
    await trapped(city)
    await sound(city, NOW)
    told = {number for number, _ in await texts(ledger)}
    assert GROWER.number in told
    assert OFFICER.number not in told


async def test_two_processes_tell_it_once(
    ledger: SqlLedger, city: SqlArchive, another: Callable[[], SqlLedger]
) -> None:
    other = SqlArchive(another().database, VAULT, CODES)
    await trapped(city)
    assert sum(await asyncio.gather(sound(city, NOW), sound(other, NOW))) == 4
    assert len(await texts(ledger)) == 4


async def test_who_was_told_stands_in_the_audit_without_numbers(ledger: SqlLedger, city: SqlArchive) -> None:
    await trapped(city)
    await sound(city, NOW)
    (entry,) = await rows(ledger, select(audit).where(audit.c.action == "lift alert"))
    assert "138****0020" in str(entry["detail"])
    assert WORKER.number not in str(entry)


# -- reminders ---------------------------------------------------------------------------------------------------------

EVENING = NOW + timedelta(hours=8)  # 20:00 in Asia/Shanghai
NIGHT = NOW + timedelta(hours=15)


async def bottles(city: SqlArchive, *due: str) -> None:
    def work(books: SqlBooks) -> None:
        for number, month in enumerate(due):
            no = f"WH0000{number:04}"
            record = a_cylinder(cylinder_no=no, inspection={"next_on": month}, owner_station="s-1")
            books.records.put(Filed("lpg", no, record, owner="s-1"), "test", NOW)

    await city.act(work)


async def remind(city: SqlArchive, now: datetime = NOW) -> int:
    return await Reminding(city, LETTERS).remind(now)


async def test_one_text_a_station_says_how_many_and_the_earliest_day(ledger: SqlLedger, city: SqlArchive) -> None:
    await bottles(city, "2026-05", "2026-05-20", "2026-09")
    assert await remind(city) == 1
    ((number, text),) = await texts(ledger)
    assert number == STATION.number
    assert text == "【放心100】您单位2只钢瓶21日内到检（最早05-20），请及时送检。明细回复SJ。退订回TD"


async def test_a_due_day_is_told_once_and_a_new_one_again(city: SqlArchive) -> None:
    await bottles(city, "2026-05")
    assert [await remind(city), await remind(city), await remind(city, NOW + timedelta(days=3))] == [1, 0, 0]
    await bottles(city, "2026-06")
    assert await remind(city, datetime(2026, 6, 1, 4, tzinfo=NOW.tzinfo)) == 1


async def test_no_reminder_leaves_at_night_and_the_next_morning_it_does(city: SqlArchive) -> None:
    await bottles(city, "2026-05")
    assert [await remind(city, EVENING), await remind(city, NIGHT)] == [0, 0]
    assert await remind(city, NOW + timedelta(hours=20)) == 1  # eight o'clock


async def test_who_opted_out_is_not_reminded_and_nothing_is_noted_as_told(ledger: SqlLedger, city: SqlArchive) -> None:
    await bottles(city, "2026-05")
    await ledger.run(lambda unit: unit.inbox.opt_out(VAULT.querier(STATION), NOW))
    assert await remind(city) == 0
    await city.act(lambda books: books.phones.add(Phone(GUARD, "s-1", Role.STATION), None, NOW, alerts=True))
    assert await remind(city) == 1


async def test_a_unit_without_a_phone_is_told_of_in_the_log_once(
    city: SqlArchive, caplog: pytest.LogCaptureFixture
) -> None:
    await bottles(city, "2026-05")
    await city.act(lambda books: books.phones.remove(STATION, "s-1"))
    reminding = Reminding(city, LETTERS)
    assert [await reminding.remind(NOW + n * 5 * MINUTE) for n in range(3)] == [0, 0, 0]
    assert len([record for record in caplog.records if "nobody to remind" in record.message]) == 1
    await city.act(lambda books: books.phones.add(Phone(STATION, "s-1", Role.STATION), None, NOW, alerts=True))
    assert await reminding.remind(NOW + 20 * MINUTE) == 1


async def test_scrapped_and_overdue_ones_are_not_announced(city: SqlArchive) -> None:
    await bottles(city, "2026-04")
    scrapped = a_cylinder(cylinder_no="WH99999999", state="scrapped", inspection={"next_on": "2026-05"})
    await city.act(lambda books: books.records.put(Filed("lpg", "WH99999999", scrapped, owner="s-1"), "test", NOW))
    assert await remind(city) == 0


async def test_sj_lists_what_the_last_reminder_was_about(ledger: SqlLedger, city: SqlArchive) -> None:
    await bottles(city, "2026-05", "2026-05-20")
    await remind(city)
    told = await ledger.run(lambda unit: unit.reminders.last_told(VAULT.querier(STATION)))
    assert told == [("lpg", "WH00000001", date(2026, 5, 20)), ("lpg", "WH00000000", date(2026, 5, 31))]
    assert await ledger.run(lambda unit: unit.reminders.last_told(VAULT.querier(WORKER))) == []


async def test_a_grower_who_picked_too_early_is_warned_once(ledger: SqlLedger, city: SqlArchive) -> None:
    use = {"name": "吡虫啉", "applied_on": "2026-04-28", "safety_interval_days": 7}
    early = a_melon(pesticides=[use], picked_on=date(2026, 5, 2))
    await city.act(lambda books: books.records.put(Filed("melon", "HLS-09", early, owner="coop-1"), "test", NOW))
    sent = [await Reminding(city, LETTERS).warn(NOW) for _ in range(2)]
    assert sent == [1, 0]
    ((number, text),) = await texts(ledger)
    assert number == GROWER.number
    assert "05-02在农药安全间隔期内，05-05起方可采收" in text


# -- the deny list --------------------------------------------------------------------------------------------------


async def denied(city: SqlArchive) -> dict[str, bool]:
    return await city.act(lambda books: {one.record_id: one.denied for one in books.denials.since(0, 100)})


async def test_a_due_day_that_passes_denies_without_an_event_and_once_a_day(city: SqlArchive) -> None:
    await bottles(city, "2026-05", "2027-05")
    judging = DailyJudging(city)
    assert await judging.round(NOW) == 1
    before = await denied(city)
    assert [await judging.round(NOW + MINUTE), await judging.round(EVENING)] == [0, 0]
    june = datetime(2026, 5, 31, 16, tzinfo=NOW.tzinfo)  # midnight in Asia/Shanghai
    assert await judging.round(june) == 1
    assert {id_ for id_, now in (await denied(city)).items() if now} - {
        id_ for id_, then in before.items() if then
    } == {"lpg/WH00000000"}


async def test_what_a_file_says_is_judged_within_the_next_round(ledger: SqlLedger, city: SqlArchive) -> None:
    judging = DailyJudging(city)
    await judging.round(NOW)
    await bottles(city, "2026-04")
    file = {"id": uuid7(), "type": "lpg", "sha256": "a" * 64, "name": "x.csv", "actor": "x", "rows": 1, "rejected": 0}
    await ledger.database.transact(lambda connection: connection.execute(imports.insert().values(**file, at=NOW)))
    assert [await judging.round(NOW + MINUTE), await judging.round(NOW + 2 * MINUTE)] == [1, 0]
    assert await denied(city) == {"lpg/WH00000000": True}


# -- webhooks ----------------------------------------------------------------------------------------------------------

SECRET = b"0123456789abcdef0123456789abcdef"


class Platform:
    """A city platform that answers as it is told."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.url = ""
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with aiohttp.ClientSession() as http:
        peer, app = Platform(http), web.Application()
        app.router.add_post("/events", peer.take)
        async with TestServer(app) as server:
            peer.url = str(server.make_url("/events"))
            yield peer


def deliveries(city: SqlArchive, platform: Platform, *kinds: str) -> Callable[[datetime], Awaitable[int]]:
    made = Deliveries(city, Hook("city", platform.url, kinds, SECRET), NOW - MINUTE)
    return lambda now: made.round(platform.http, now)


async def test_an_event_arrives_once_signed_and_says_what_happened(city: SqlArchive, platform: Platform) -> None:
    round_ = deliveries(city, platform)
    await trapped(city)
    assert [await round_(NOW), await round_(NOW + MINUTE)] == [1, 0]
    ((headers, body),) = platform.got
    assert headers["X-Fangxin-Signature"] == signature(SECRET, body, NOW)
    said = msgspec.json.decode(body)
    assert (said["kind"], said["subject"]) == ("trapped", "lift/012345")


async def test_only_the_kinds_it_asked_for(city: SqlArchive, platform: Platform) -> None:
    round_ = deliveries(city, platform, "fill")
    await trapped(city)
    assert await round_(NOW) == 0


async def test_what_came_before_a_kill_is_passed_on_after_it(city: SqlArchive, platform: Platform) -> None:
    await trapped(city)
    assert await deliveries(city, platform)(NOW) == 1
    await trapped(city, "fault", at=NOW + MINUTE)  # and the service is killed before the next round
    later = NOW + timedelta(hours=3)
    anew = Deliveries(city, Hook("city", platform.url, (), SECRET), later)
    assert await anew.round(platform.http, later) == 1


async def test_a_new_platform_is_told_of_nothing_old(city: SqlArchive, platform: Platform) -> None:
    await trapped(city)
    made = Deliveries(city, Hook("city", platform.url, (), SECRET), NOW + MINUTE)
    assert await made.round(platform.http, NOW + MINUTE) == 0


async def test_a_flood_loses_nothing_and_keeps_its_order(
    ledger: SqlLedger, city: SqlArchive, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.jobs.hooks._MOST_GATHERED", 3)
    for second in range(8):
        await trapped(city, at=NOW + timedelta(seconds=second))
    round_ = deliveries(city, platform)
    for hour in range(1, 4):  # long after the events
        await round_(NOW + timedelta(hours=hour))
    subjects = [msgspec.json.decode(body)["at"] for _, body in platform.got]
    assert len(subjects) == 8
    assert subjects == sorted(subjects)


@pytest.mark.parametrize("status", [500, 302, 404])
async def test_a_platform_that_does_not_take_it_is_asked_again_later_and_later(
    city: SqlArchive, platform: Platform, status: int
) -> None:
    round_, platform.status = deliveries(city, platform), status
    await trapped(city)
    tries = [second for second in range(0, 100, 5) if len(platform.got) < await _tried(round_, platform, second)]
    assert tries == [0, 10, 30, 70]
    platform.status = 204
    assert await round_(NOW + timedelta(hours=1)) == 1


async def _tried(round_: Callable[[datetime], Awaitable[int]], platform: Platform, second: int) -> int:
    before = len(platform.got)
    await round_(NOW + timedelta(seconds=second))
    after, platform.got = len(platform.got), platform.got[:before]
    return after


async def test_one_that_never_takes_it_is_given_up_after_two_days(
    ledger: SqlLedger, city: SqlArchive, platform: Platform
) -> None:
    round_, platform.status = deliveries(city, platform), 500
    await trapped(city)
    for attempt in range(MOST_ATTEMPTS + 3):
        await round_(NOW + timedelta(hours=attempt))
    (row,) = await rows(ledger, select(hook_deliveries))
    assert (row["state"], row["attempts"], row["last_error"]) == ("given_up", MOST_ATTEMPTS, "HTTP 500")

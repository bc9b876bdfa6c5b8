"""What a registered phone reads that others do not: PINs, acknowledgements, the list behind a reminder."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.domain.trace import Filed, Party, PartyKind
from gateway.filing.books import Phone
from gateway.filing.kept import Event
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.phones import SqlBadges
from gateway.store.tables import answers, inquiries
from tests.builders.city import shipped_renderer
from tests.builders.messages import NOW, a_part
from tests.builders.pipeline import Bench
from tests.builders.store import rows
from tests.builders.traces import a_lift, a_station, a_vehicle, a_vehicle_cylinder

STATION, OFFICE, WORKER = "8613800000007", "8613800000008", "8613800000009"
STRANGER = "8613900000001"
PIN = "482913"
GOOD, BAD = "蒙C12312", "蒙C54321"

Ask = Callable[..., Awaitable[str]]


@pytest.fixture
async def ask(ledger: SqlLedger, archive: SqlArchive) -> Ask:
    overdue = a_vehicle_cylinder(cylinder_no="CN20200002", inspection={"next_on": "2026-03"}, tag="damaged")

    def fill(books: SqlBooks) -> None:
        books.records.heard("station-pingan", NOW)
        for filed in (
            Filed("station", "station-pingan", a_station()),
            Filed("vehicle", GOOD, a_vehicle(), "station-pingan"),
            Filed("vehicle", BAD, a_vehicle(plate=BAD, cylinders=[overdue]), "station-pingan"),
            Filed("lift", "012345", a_lift(maintenance_unit_id="m-1")),
        ):
            books.records.put(filed, "test", NOW)
        books.parties.put(Party("m-1", "安泰电梯", PartyKind.MAINTENANCE, "150302"), NOW)
        add = books.phones.add
        add(Phone(Address(STATION), "station-pingan", Role.STATION), PIN, NOW, alerts=True)
        add(Phone(Address(OFFICE), "police", Role.OFFICE), PIN, NOW, alerts=False)
        add(Phone(Address(WORKER), "m-1", Role.MAINTENANCE), None, NOW, alerts=True)

    await archive.act(fill)
    bench = await Bench(ledger, renderer=shipped_renderer(), badges=SqlBadges(ledger.database)).start()

    async def asking(text: str, sender: str = STATION) -> str:
        before = len(bench.line.texts)
        await bench.bring(a_part(text, sender=Address(sender)))
        return "".join(bench.line.texts[before:])

    return asking


async def test_a_station_hears_every_reason_and_the_whole_plate(ledger: SqlLedger, ask: Ask) -> None:
    said = await ask(f"CQ {BAD} #{PIN}")
    assert said == f"【放心100】{BAD}：禁止充装。原因：检验过期、与使用登记不符、无有效电子标签。"
    (answer,) = await rows(ledger, select(answers))
    assert answer["reasons"] == ["OVERDUE", "CERT_MISMATCH", "NO_TAG"]


async def test_everybody_else_hears_the_first_reason_and_a_masked_plate(ask: Ask) -> None:
    for text, sender in ((f"CQ {BAD}", STATION), (f"CQ {BAD} #{PIN}", STRANGER), (f"CQ {BAD}", STRANGER)):
        said = await ask(text, sender)
        assert said.startswith("【放心100】蒙C***21：禁止充装。原因：检验过期(2026-03)。")
        assert "登记不符" not in said


async def test_a_station_may_fill_what_is_in_order_until_its_data_are_a_day_old(ask: Ask) -> None:
    assert await ask(f"CQ{GOOD}#{PIN}") == f"【放心100】{GOOD}：可充装，有效至05-11 12:00。"


async def test_what_is_not_on_record_is_denied_to_a_station(ask: Ask) -> None:
    assert await ask(f"CQ 蒙C99999 #{PIN}") == "【放心100】蒙C99999：禁止充装。原因：未查到登记。"


async def test_a_station_whose_licence_is_over_may_fill_nothing(archive: SqlArchive, ask: Ask) -> None:
    closed = a_station(state="suspended", suspended_for="整改")
    await archive.act(lambda books: books.records.put(Filed("station", "station-pingan", closed), "test", NOW))
    assert "充装站无相应许可" in await ask(f"CQ {GOOD} #{PIN}")


async def test_the_vehicle_office_hears_of_certificate_and_tag_alone(ask: Ask) -> None:
    assert await ask(f"CQ {GOOD} #{PIN}", OFFICE) == (
        f"【放心100】{GOOD}：使用登记有效（证号****0045），电子标签正常。"
    )
    said = await ask(f"CQ {BAD} #{PIN}", OFFICE)
    assert said == f"【放心100】{BAD}：与使用登记不符、无有效电子标签，按规定不予登记备案及年审。"


async def test_a_wrong_pin_gets_no_answer_at_all_and_is_stored_nowhere(ledger: SqlLedger, ask: Ask) -> None:
    assert "密码不正确" in await ask(f"CQ {BAD} #111222")
    for _ in range(4):
        said = await ask(f"CQ {BAD} #111222")
    assert "锁定" in said
    assert "锁定" in await ask(f"CQ {BAD} #{PIN}")
    written = str(await rows(ledger, select(inquiries.c.text, inquiries.c.sealed_text)))
    assert "111222" not in written
    assert PIN not in written


async def test_whoever_was_alarmed_acknowledges_by_sd(archive: SqlArchive, ask: Ask) -> None:
    def trapped(books: SqlBooks) -> None:
        event = Event(uuid7(), "trapped", "lift/012345", None, NOW, NOW)
        books.events.add(event)
        books.alerts.raise_(event)

    await archive.act(trapped)
    assert await ask("SD012345", STRANGER) == ""
    assert "已确认收到电梯012345的告警" in await ask("收到 012345", WORKER)
    assert await archive.act(lambda books: books.alerts.due(NOW + timedelta(hours=1))) == []
    assert await ask("SD012345", WORKER) == ""


async def test_sj_without_a_reminder_is_not_answered(ask: Ask) -> None:
    assert await ask("SJ") == ""

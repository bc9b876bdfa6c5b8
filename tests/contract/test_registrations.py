"""What deliveries and registrations must do to the books: who brought it, who has it, what is out of use."""

from base64 import b64encode
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.lift import Lift
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.vehicle import Vehicle
from gateway.domain.trace import LabelState
from gateway.filing.deliveries import DeliveryEvent, deliver
from gateway.filing.events import Taken
from gateway.filing.fills import fill
from gateway.filing.registrations import RegistrationEvent, register
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, events, record_secrets, records
from tests.builders.messages import NOW, VAULT
from tests.builders.store import rows
from tests.builders.town import (
    ANTAI,
    BINHE,
    CYLINDER,
    FIRM,
    INSPECTOR,
    LIFT,
    LIMIN,
    OTHER_UNIT,
    PINGAN,
    PLATE,
    REGULATOR,
    a_fill_event,
    alter,
    kept,
    seal,
)
from tests.builders.traces import changed

ID_CARD, PHONE, ADDRESS = "11010519491231002X", "13800000001", "滨河小区3号楼201"
PHOTO = b"\xff\xd8\xff" + bytes(9)


def a_delivery(**fields: object) -> DeliveryEvent:
    made = DeliveryEvent(
        at=NOW - timedelta(minutes=20),
        cylinder_no=CYLINDER,
        courier="张三丰",
        staff_no="023",
        courier_photo=PHOTO,
        courier_id_card=ID_CARD,
        courier_phone=PHONE,
        customer_address=ADDRESS,
    )
    return changed(made, **fields)


def a_registration(action: str, **fields: object) -> RegistrationEvent:
    needed: dict[str, dict[str, object]] = {
        "install": {"installer": "安装公司", "installed_on": date(2026, 4, 1)},
        "transfer": {"to": "station-limin"},
        "cancel": {"reason": "已压扁"},
    }
    made = RegistrationEvent(at=NOW, cylinder_no=CYLINDER, action="cancel", reason="已压扁")
    return changed(made, **{"action": action, **needed[action], **fields})


async def delivered(town: SqlArchive, sent: DeliveryEvent, actor: Actor = PINGAN) -> Taken:
    return await town.act(lambda books: deliver(books, actor, sent, NOW))


async def registered(town: SqlArchive, sent: RegistrationEvent, actor: Actor = REGULATOR) -> Taken:
    return await town.act(lambda books: register(books, actor, sent, NOW))


async def cylinder(town: SqlArchive) -> Cylinder:
    found = (await town.act(kept)).record
    assert isinstance(found, Cylinder)
    return found


async def vehicle(town: SqlArchive) -> Vehicle:
    found = (await town.act(lambda books: kept(books, "vehicle", PLATE))).record
    assert isinstance(found, Vehicle)
    return found


async def lift(town: SqlArchive) -> Lift:
    found = (await town.act(lambda books: kept(books, "lift", LIFT))).record
    assert isinstance(found, Lift)
    return found


async def test_the_record_has_name_and_staff_number_and_nothing_else_of_the_courier(
    town: SqlArchive, ledger: SqlLedger
) -> None:
    await delivered(town, a_delivery())
    delivery = (await cylinder(town)).delivery
    assert delivery is not None
    assert (delivery.name, delivery.staff_no, delivery.selling_unit) == ("张三丰", "023", "station-pingan公司")
    stored = [bytes(row["body"]) for row in await rows(ledger, select(records.c.body))]
    stored += [str(row).encode() for row in await rows(ledger, select(events.c.body))]
    stored += [str(row).encode() for row in await rows(ledger, select(audit.c.detail))]
    for hidden in (ID_CARD, PHONE, ADDRESS, b64encode(PHOTO).decode()):
        assert not any(hidden.encode() in part for part in stored)


async def test_the_rest_is_sealed_for_the_regulator(town: SqlArchive, ledger: SqlLedger) -> None:
    await delivered(town, a_delivery())
    (secret,) = await rows(ledger, select(record_secrets))
    (event,) = await rows(ledger, select(events))
    assert ID_CARD in VAULT.open(secret["sealed"])
    assert b64encode(PHOTO).decode() in VAULT.open(secret["sealed"])
    assert PHONE in VAULT.open(event["sealed"])


@pytest.mark.parametrize(
    ("field", "value"), [("courier_id_card", "110105194912310021"), ("courier_photo", b64encode(b"GIF89a").decode())]
)
async def test_what_is_wrong_with_the_courier_is_refused_and_not_repeated(
    town: SqlArchive, ledger: SqlLedger, field: str, value: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await delivered(town, a_delivery(**{field: value}))
    assert (refused.value.why, refused.value.field) == (Why.INVALID, field)
    assert value not in str(refused.value)
    assert await rows(ledger, select(events)) == []


async def test_an_older_delivery_changes_nothing(town: SqlArchive) -> None:
    await delivered(town, a_delivery())
    taken = await delivered(town, a_delivery(at=NOW - timedelta(days=1), courier="李四", staff_no="007"))
    delivery = (await cylinder(town)).delivery
    assert not taken.applied
    assert delivery is not None
    assert delivery.staff_no == "023"


@pytest.mark.parametrize("actor", [LIMIN, FIRM], ids=["another station", "a firm"])
async def test_nobody_else_delivers_a_stations_cylinder(town: SqlArchive, ledger: SqlLedger, actor: Actor) -> None:
    with pytest.raises(Refusal) as refused:
        await delivered(town, a_delivery(), actor)
    assert refused.value.why is Why.FORBIDDEN
    assert await rows(ledger, select(events)) == []


async def test_whom_the_station_names_as_seller_reports_the_next_one(town: SqlArchive) -> None:
    await delivered(town, a_delivery(selling_unit="factory-hetao"))
    assert (await delivered(town, a_delivery(at=NOW), FIRM)).applied


async def test_a_cylinder_goes_to_another_station_by_the_regulators_word_alone(town: SqlArchive) -> None:
    for actor in (PINGAN, LIMIN):
        with pytest.raises(Refusal) as refused:
            await registered(town, a_registration("transfer"), actor)
        assert refused.value.why is Why.FORBIDDEN
    await registered(town, a_registration("transfer"))
    thing = await town.act(kept)
    assert (thing.owner, thing.source, thing.parties["owner"]) == ("station-limin",) * 3
    assert (await cylinder(town)).owner == "station-limin公司"


async def test_a_cylinder_goes_to_no_one_but_a_station(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await registered(town, a_registration("transfer", to="factory-hetao"))
    assert refused.value.field == "to"


async def test_what_its_owner_cancels_is_scrapped_with_its_seal(town: SqlArchive) -> None:
    await town.act(lambda books: fill(books, PINGAN, a_fill_event(), NOW))
    await registered(town, a_registration("cancel"), PINGAN)
    label = await town.act(lambda books: books.labels.one(seal(0)))
    assert (await cylinder(town)).state == "scrapped"
    assert label is not None
    assert label.state is LabelState.SCRAPPED


async def test_nobody_cancels_what_is_anothers(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await registered(town, a_registration("cancel"), LIMIN)
    assert refused.value.why is Why.FORBIDDEN
    assert (await cylinder(town)).state == "in_use"


async def test_a_cancelled_certificate_forbids_to_fill(town: SqlArchive) -> None:
    await registered(town, a_registration("cancel", cylinder_no=None, plate=PLATE))
    assert "NO_CERT" in (await vehicle(town)).unfillable(NOW.date())


async def test_a_vehicle_without_a_certificate_has_none_to_cancel(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "vehicle", PLATE, certificate=None))
    with pytest.raises(Refusal) as refused:
        await registered(town, a_registration("cancel", cylinder_no=None, plate=PLATE))
    assert refused.value.why is Why.CONFLICT


async def test_who_installed_a_lift_and_when_is_entered_once(town: SqlArchive) -> None:
    sent = a_registration("install", cylinder_no=None, lift=LIFT)
    await registered(town, sent, ANTAI)
    found = await lift(town)
    assert (found.installation_unit, found.installed_on) == ("安装公司", date(2026, 4, 1))
    with pytest.raises(Refusal) as refused:
        await registered(town, a_registration("install", cylinder_no=None, lift=LIFT, installer="另一家"), ANTAI)
    assert refused.value.why is Why.CONFLICT


async def test_a_retrofit_is_the_inspectors_to_enter(town: SqlArchive) -> None:
    licence = {"installer_licence": "TS3815001", "installer_licence_valid_to": date(2028, 1, 1)}
    sent = a_registration("install", cylinder_no=None, plate=PLATE, **licence)
    with pytest.raises(Refusal) as refused:
        await registered(town, sent, PINGAN)
    assert refused.value.why is Why.FORBIDDEN
    await registered(town, sent, INSPECTOR)
    retrofit = (await vehicle(town)).retrofit
    assert retrofit is not None
    assert (retrofit.unit, retrofit.fitted_on) == ("安装公司", date(2026, 4, 1))


async def test_the_use_unit_chooses_who_maintains_its_lift(town: SqlArchive) -> None:
    sent = a_registration("transfer", cylinder_no=None, lift=LIFT, to="maintenance-other", share="maintenance")
    with pytest.raises(Refusal) as refused:
        await registered(town, sent, OTHER_UNIT)
    assert refused.value.why is Why.FORBIDDEN
    await registered(town, sent, BINHE)
    thing = await town.act(lambda books: kept(books, "lift", LIFT))
    assert (thing.parties["maintenance"], thing.source) == ("maintenance-other", "maintenance-other")


async def test_a_cylinder_has_no_share_but_the_whole(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await registered(town, a_registration("transfer", share="maintenance"))
    assert refused.value.field == "share"


def test_an_event_names_one_thing() -> None:
    for names in ({"cylinder_no": None}, {"plate": PLATE}):
        with pytest.raises(ValueError, match="只给出一项"):
            a_registration("cancel", **names)


@pytest.mark.parametrize(("action", "field"), [("install", "installer"), ("transfer", "to"), ("cancel", "reason")])
def test_an_action_says_what_it_needs(action: str, field: str) -> None:
    with pytest.raises(ValueError, match=f"{field}: 未填"):
        a_registration(action, **{field: None})


@pytest.mark.parametrize(
    ("name", "actor"), [({"lift": LIFT}, ANTAI), ({"plate": PLATE}, INSPECTOR)], ids=["lift", "vehicle"]
)
async def test_nothing_was_installed_on_a_day_to_come(town: SqlArchive, name: dict[str, str], actor: Actor) -> None:
    to_come = date(2026, 5, 11)
    said = {"installer_licence": "TS3", "installer_licence_valid_to": date(2030, 1, 1), "installed_on": to_come}
    sent = changed(a_registration("install"), **{"cylinder_no": None, "lift": None, **said, **name})
    with pytest.raises(Refusal, match="晚于今天") as refused:
        await registered(town, sent, actor)
    assert (refused.value.why, refused.value.field) == (Why.INVALID, "installed_on")


async def test_a_fill_of_anothers_cylinder_gives_no_right_to_it(town: SqlArchive) -> None:
    theirs = a_fill_event(seal=None, at=NOW)
    assert "FILL_DENIED" in (await town.act(lambda books: fill(books, LIMIN, theirs, NOW))).flags
    with pytest.raises(Refusal, match="不属于本单位") as refused:
        await town.act(lambda books: deliver(books, LIMIN, a_delivery(), NOW))
    assert refused.value.why is Why.FORBIDDEN

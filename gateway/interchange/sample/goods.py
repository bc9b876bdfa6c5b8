"""Thirty batches of goods of every type, and their labels; each is in order, but for a few."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final, TypeAlias

from gateway.domain.records.flour import Flour
from gateway.domain.records.goods import Batch, Recall, TestReport
from gateway.domain.records.liquor import Liquor
from gateway.domain.records.melon import Commitment, Fertiliser, Melon, Pesticide, Plot
from gateway.domain.records.registry import REGISTRY
from gateway.domain.records.tomato import TomatoPaste
from gateway.domain.trace import Filed, Label, LabelRange, LabelState, Party, PartyKind
from gateway.interchange.sample.city import City
from gateway.interchange.sample.firms import Firms
from gateway.interchange.sample.ground import Ground
from gateway.interchange.sample.sheep import lot

_FIRST_LABEL: Final = 451_000_000_000
_APART: Final = 10_000  # of the runs of two batches
_VERSION: Final = 1

# Makes one batch: its number in the city, the number of its type, its party.
_Make: TypeAlias = Callable[[Ground, int, Party], Batch]


def goods(ground: Ground, firms: Firms) -> City:
    """Return the batches, each with a run of bound labels, and a run for each maker that waits to be bound."""
    distillery, mill = firms.of(PartyKind.FACTORY)
    coops, [abattoir] = firms.of(PartyKind.COOP), firms.of(PartyKind.ABATTOIR)
    shelf: list[tuple[str, _Make, Party]] = [
        *[("liquor", _liquor, distillery)] * 10,
        *[("flour", _flour, mill)] * 7,
        *[("tomato", _tomato, mill)] * 3,
        *[("melon", _melon, coops[number % len(coops)]) for number in range(6)],
        *[("meat", partial(_meat, firms), abattoir)] * 5,
    ]
    records: list[Filed] = []
    runs: list[LabelRange] = []
    for number, (kind, make, party) in enumerate(shelf):
        batch = make(ground, number, party)
        first = _FIRST_LABEL + number * _APART
        records.append(Filed(kind, batch.batch_no, batch, owner=party.id))
        runs += _runs(ground, kind, batch, party, first)
    return City(records=tuple(records), ranges=tuple(runs))


def _runs(ground: Ground, kind: str, batch: Batch, party: Party, first: int) -> Iterator[LabelRange]:
    type_ = REGISTRY[kind]
    [klass] = type_.classes
    assert batch.made_on is not None  # noqa: S101 - all are made
    days = (batch.made_on - ground.day(0)).days
    issued_at, size = ground.at(days - 30), ground.chance.randint(140, 260)
    bound = Label(LabelState.ACTIVE, type_.policy, issued_at, ground.at(days))
    yield LabelRange(klass, _VERSION, first, first + size - 1, bound, kind, batch.batch_no, party.id)
    spare = Label(LabelState.ISSUED, type_.policy, issued_at)
    yield LabelRange(klass, _VERSION, first + size, first + size + 19, spare, kind, None, party.id)


def _liquor(ground: Ground, number: int, maker: Party) -> Liquor:
    name, percent, millilitres = ground.chance.choice(ground.words.liquors)
    made = ground.day(-ground.chance.randint(20, 700))
    return Liquor(
        product=name,
        batch_no=f"S{made:%y%m%d}-{number}",
        maker=maker.name,
        hotline=maker.duty_phone,
        spec_ml=millilitres,
        alcohol_vol=percent,
        produced_on=made,
        licence=maker.licence_no,
        standard_no="GB/T 10781.1",
        distributor=ground.chance.choice(("乌海经销部", "临河经销部")),
        region="乌海市",
        carton_code=f"X{number:05}",
        quantity=600,
    )


def _recall(ground: Ground, number: int, reason: str, phone: str | None) -> Recall | None:
    """Call one batch in fifteen back."""
    if number % 15 != 14:
        return None
    return Recall(reason=reason, scope="本批全部", phone=phone or "12315", announced_on=ground.day(-2))


def _flour(ground: Ground, number: int, maker: Party) -> Flour:
    name, grade, kilograms = ground.chance.choice(ground.words.flours)
    old = number == 11  # one batch too long on the shelf
    made = ground.day(-200 if old else -ground.chance.randint(10, 120))
    return Flour(
        product=name,
        batch_no=f"F{made:%y%m%d}-{number}",
        maker=maker.name,
        hotline=maker.duty_phone,
        net_kg=kilograms,
        grade=grade,
        produced_on=made,
        shelf_life_days=180,
        licence=maker.licence_no,
        standard_no="GB/T 1355",
        wheat_origin=ground.chance.choice(("五原县", "临河区", "杭锦后旗")),
        additives="无添加",
        test_report=TestReport(
            report_no=f"ZJ-{number:04}", body=f"{maker.name}化验室", tested_on=made + timedelta(days=1), result="pass"
        ),
        recall=_recall(ground, number, "灰分超标", maker.duty_phone),
        quantity=600,
    )


def _tomato(ground: Ground, number: int, maker: Party) -> TomatoPaste:
    name, kilograms = ground.chance.choice(ground.words.pastes)
    made = ground.day(-ground.chance.randint(30, 500))
    return TomatoPaste(
        product=name,
        batch_no=f"T{made:%y%m%d}-{number}",
        maker=maker.name,
        hotline=maker.duty_phone,
        net_kg=kilograms,
        produced_on=made,
        shelf_life_days=730,
        licence=maker.licence_no,
        brix=round(ground.chance.uniform(28, 30), 1),
        raw_tomato_base="五原县隆兴昌镇",
        sterilisation_lot=f"M{number:04}",
        quantity=600,
    )


def _melon(ground: Ground, number: int, coop: Party) -> Melon:
    chance = ground.chance
    name, district = chance.choice(ground.words.fruits)
    pesticide, interval, registration = chance.choice(ground.words.pesticides)
    picked = -chance.randint(3, 20)
    early = number == 22  # sprayed too late
    sprayed = picked - (1 if early else interval + chance.randint(1, 20))
    return Melon(
        product=name,
        batch_no=f"G{ground.day(picked):%y%m%d}-{number}",
        hotline=coop.duty_phone,
        origin=f"{ground.words.districts[district]}{chance.choice(('东风', '红旗', '永胜', '新华'))}村",
        plot=Plot(latitude=round(chance.uniform(40.3, 41.1), 4), longitude=round(chance.uniform(106.8, 108.1), 4)),
        cooperative=coop.name,
        grower=ground.person(),
        planted_on=ground.day(picked - 95),
        picked_on=ground.day(picked),
        pesticides=(
            Pesticide(
                name=pesticide,
                applied_on=ground.day(sprayed),
                safety_interval_days=interval,
                registration_no=registration,
                operator=ground.person(),
            ),
        ),
        fertilisers=(Fertiliser(name="羊粪有机肥", applied_on=ground.day(picked - 100)),),
        test_report=TestReport(
            report_no=f"NC-{number:04}", body="巴彦淖尔市农检站", tested_on=ground.day(picked - 1), result="pass"
        ),
        commitment=Commitment(number=f"CN-{number:04}", issued_on=ground.day(picked), basis="自检合格"),
        quantity_kg=chance.randint(2, 30) * 500,
    )


def _meat(firms: Firms, ground: Ground, number: int, abattoir: Party) -> Batch:
    farm = ground.chance.choice(firms.of(PartyKind.FARM))
    shop = ground.chance.choice(firms.of(PartyKind.RETAILER))
    return lot(ground, number, farm, abattoir, shop)

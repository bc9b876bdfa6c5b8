"""A lot of mutton and its chain, from the ear tags to the shop."""

from datetime import timedelta
from typing import Final

from gateway.domain.records.meat import Meat
from gateway.domain.records.meat_chain import (
    Animal,
    DrugUse,
    Feed,
    Leg,
    Processing,
    Quarantine,
    Retail,
    Slaughter,
    Stamp,
    Vaccination,
)
from gateway.domain.trace import Party
from gateway.interchange.sample.ground import Ground

_WITHDRAWAL: Final = 35  # days, of the one drug used
_UNTRACED: Final = 30  # the lot whose transport nobody wrote down


def lot(ground: Ground, number: int, farm: Party, abattoir: Party, shop: Party) -> Meat:
    """Return a lot of some animals; of one lot a link of the chain is missing."""
    chance = ground.chance
    product, breed = chance.choice(ground.words.meats)
    killed = -chance.randint(6, 40)
    born = killed - chance.randint(180, 320)
    animals = tuple(
        Animal(
            ear_tag=f"3{farm.district}{number * 100 + place:08}",
            epc=f"{0x30A5_0000_0000_0000_0000_0000 + number * 100 + place:024X}",
            breed=breed,
            sex=chance.choice(("male", "female", "castrated")),
            born_on=ground.day(born + place % 5),
        )
        for place in range(chance.randint(1, 12))
    )
    left = ground.at(killed + 2, 4, 6)
    leg = Leg(
        carrier="河套冷链",
        origin="五原县",
        destination="乌海市",
        departed_at=left,
        arrived_at=left + timedelta(hours=chance.randint(2, 6)),
        lowest_celsius=-19.0,
        highest_celsius=round(chance.uniform(-17, -14), 1),
    )
    return Meat(
        product=product,
        batch_no=f"Y{ground.day(killed):%y%m%d}-{number}",
        hotline=abattoir.duty_phone,
        farm=farm.name,
        farm_id=farm.id,
        breeder=ground.person(),
        animals=animals,
        feeds=(Feed(name="苜蓿草", maker="河套草业", from_on=ground.day(born + 20), to_on=ground.day(killed - 1)),),
        vaccines=(Vaccination(disease="口蹄疫", vaccine="O型灭活疫苗", given_on=ground.day(born + 60)),),
        vet_drugs=(
            DrugUse(
                name="伊维菌素",
                given_on=ground.day(killed - _WITHDRAWAL - chance.randint(2, 60)),
                withdrawal_days=_WITHDRAWAL,
            ),
        ),
        animal_quarantine=Quarantine(number=f"150821{number:06}", issued_on=ground.day(killed - 1)),
        slaughter=Slaughter(
            abattoir=abattoir.name,
            abattoir_id=abattoir.id,
            slaughtered_on=ground.day(killed),
            carcass_nos=tuple(f"C{number * 100 + place:06}" for place in range(len(animals))),
        ),
        stamp=Stamp(number=f"RP{number:05}", stamped_on=ground.day(killed)),
        quarantine=Quarantine(number=f"1508210{number:06}", issued_on=ground.day(killed)),
        processing=Processing(
            plant=abattoir.name,
            plant_id=abattoir.id,
            cut=chance.choice(ground.words.cuts),
            packed_on=ground.day(killed + 1),
            net_kg=chance.choice((0.5, 1, 2.5)),
            storage_celsius=-18,
        ),
        logistics=() if number == _UNTRACED else (leg,),
        retail=Retail(shop=shop.name, shop_id=shop.id, arrived_on=ground.day(killed + 3)),
        shelf_life_days=180,
    )

"""Three hundred lifts, served every fortnight, and what they reported."""

from datetime import datetime, timedelta
from typing import Any, Final

from gateway.domain.records.lift import Lift, State
from gateway.domain.trace import Filed, Party, PartyKind
from gateway.filing.kept import Event
from gateway.interchange.sample.city import City
from gateway.interchange.sample.firms import Firms
from gateway.interchange.sample.ground import Ground

LIFTS: Final = 300
_FIRST: Final = 20_000  # local numbers; the written ones lie below
_STEP: Final = 11
_INTERVAL: Final = 15
_SHARES: Final = (55, 41, 4)  # of the maintenance units, in percent; the last one's feed is silent
# How the lifts are, of three hundred.
_STATES: Final = {
    "ok": 268,
    "maintenance_overdue": 11,
    "inspection_overdue": 6,
    "fault": 3,
    "trapped": 1,
    "stopped": 4,
    "scrapped": 3,
    "monitor_silent": 4,
}
_IN_STATE: Final[dict[str, State]] = {
    "fault": "fault",
    "trapped": "trapped",
    "stopped": "stopped",
    "scrapped": "scrapped",
}


def lifts(ground: Ground, firms: Firms) -> City:
    """Return the lifts with their services of the last weeks."""
    uses, keepers = firms.of(PartyKind.USE_UNIT), firms.of(PartyKind.MAINTENANCE)
    inspector = firms.of(PartyKind.INSPECTOR)[0]
    records: list[Filed] = []
    events: list[Event] = []
    for number in range(LIFTS):
        [state] = ground.chance.choices(list(_STATES), list(_STATES.values()))
        [keeper] = ground.chance.choices(keepers, _SHARES)
        use = uses[number * len(uses) // LIFTS]
        lift = _lift(ground, state, number, use, keeper, inspector)
        records.append(Filed("lift", lift.local_no, lift, keeper.id, use.id))
        events += _history(ground, lift, keeper)
    return City(records=tuple(records), events=tuple(events))


def _lift(ground: Ground, state: str, number: int, use: Party, keeper: Party, inspector: Party) -> Lift:
    chance = ground.chance
    served = chance.randint(16, 40) if state == "maintenance_overdue" else chance.randint(1, _INTERVAL - 1)
    due = -chance.randint(1, 3) if state == "inspection_overdue" else chance.randint(0, 11)
    kind, ends = chance.choice(ground.words.sites)
    home = kind == "住宅"
    place = f"{number % 18 // 2 + 1}号楼{number % 2 + 1}单元" if home else f"{number % 4 + 1}号梯"
    own_state = _IN_STATE.get(state, "normal")
    begun = {"fault": 1, "trapped": 1, "stopped": 12, "scrapped": 90}
    seen = ground.at(-4) if state == "monitor_silent" else None
    return Lift(
        local_no=f"{_FIRST + number * _STEP:06}",
        registration_code=f"3110{use.district}{2008 + number % 14}{number % 12 + 1:02}{number:04}",
        address=f"{use.name.removesuffix('物业')}{ends}{place}",
        district=use.district,
        site_category=kind,
        use_unit=use.name,
        use_unit_id=use.id,
        maintenance_unit=keeper.name,
        maintenance_unit_id=keeper.id,
        maintenance_licence_valid_to=keeper.licence_valid_to,
        inspection_body=inspector.name,
        emergency_phone=use.duty_phone or "12315",
        last_maintenance_on=ground.day(-served),
        maintainer=ground.person(),
        next_inspection=ground.month(due),
        state=own_state,
        since=ground.at(-begun[own_state]) if own_state in begun else None,
        monitor_id=f"M{number:05}" if seen else None,
        monitor_seen_at=seen,
    )


def _history(ground: Ground, lift: Lift, keeper: Party) -> list[Event]:
    """Return its last two services, what it reports now, and, of some, a fault that is over."""
    record_id = f"lift/{lift.local_no}"

    def event(kind: str, at: datetime, **sealed: Any) -> Event:  # noqa: ANN401 - names
        return ground.event(kind, record_id, keeper.id, at, {"code": lift.local_no, "kind": kind}, sealed or None)

    assert lift.last_maintenance_on is not None  # noqa: S101 - each was served
    served = (lift.last_maintenance_on - ground.day(0)).days
    happened = [
        event("maintenance", ground.at(served - _INTERVAL + 1), maintainer=lift.maintainer),
        event("maintenance", ground.at(served), maintainer=lift.maintainer),
    ]
    if lift.since is not None and lift.state in {"fault", "trapped", "stopped"}:
        happened.append(event(lift.state, lift.since))
    elif ground.chance.random() < 0.05:
        begun = ground.at(-ground.chance.randint(5, 40))
        over = begun + timedelta(minutes=ground.chance.randint(12, 200))
        happened += [event("fault", begun), event("restored", over)]
    return happened

"""What of a record only those who supervise it change (T13): whoever is supervised does not undo what they found."""

from collections.abc import Callable
from typing import Final

import msgspec

from gateway.domain.calendar import last_day, today
from gateway.domain.records.base import Fault
from gateway.domain.records.cylinder import Reason
from gateway.domain.records.goods import ends_recall
from gateway.domain.records.lift import Lift
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.registry import AnyType
from gateway.domain.records.station import Station
from gateway.domain.trace import Record

# The days that nobody moves backwards but the regulator (T13), where they stand in the record.
DUE: Final = {"lpg": "inspection.next_on", "vehicle": "cylinders.inspection.next_on", "lift": "next_inspection"}
_STOPPED = frozenset({"scrapped", "stopped", "suspended"})
# What events say of a lift, and a list of lifts does not.
_REPORTED = ("since", "state_source", "monitor_id", "monitor_seen_at")


def carried(before: Record, after: Record) -> Record:
    """Return a correction with what events said of the thing and the correction does not say at all.

    A lift that is entered again stays as long in its state as it was, and its monitor as silent; a fill that should
    not have been stays one.
    """
    if isinstance(before, Cylinder) and isinstance(after, Cylinder):
        return _with_denial(before, after)
    if not isinstance(before, Lift) or not isinstance(after, Lift) or before.state != after.state:
        return after
    unsaid = {name: getattr(before, name) for name in _REPORTED if getattr(after, name) is None}
    return msgspec.structs.replace(after, **unsaid)


def _with_denial(before: Cylinder, after: Cylinder) -> Cylinder:
    was, will = before.last_fill, after.last_fill
    if was is None or will is None or was.at != will.at or was.denied == will.denied:
        return after
    return msgspec.structs.replace(after, last_fill=msgspec.structs.replace(will, denied=was.denied))


def listed(before: Record, after: Record) -> Record:
    """Return a correction by a list, even the regulator's, in which "in use" frees nobody who is trapped.

    It is the register's word for a lift; that its doors opened only an event says.
    """
    if not isinstance(before, Lift) or not isinstance(after, Lift):
        return after
    if before.state not in {"trapped", "fault"} or after.state != "normal":
        return after
    reported = {name: getattr(before, name) for name in ("state", "since", "state_source")}
    return msgspec.structs.replace(after, **reported)


def licensed(
    before: Record | None, after: Record, station_of: Callable[[str | None], Record | None]
) -> tuple[Record, Fault | None]:
    """Return a cylinder whose fill says so where its station was not licensed for it, as a reported fill does.

    And the fault of a licence that lasts longer than the one on record: nobody writes his own (R39). `station_of` is
    given the party that the fill names; what is no cylinder, or has no new fill, is returned as it is.
    """
    fill = after.last_fill if isinstance(after, Cylinder) else None
    if fill is None or getattr(before, "last_fill", None) == fill:
        return after, None
    station = station_of(fill.station_id)
    if not isinstance(station, Station):
        return after, None
    if fill.licence_valid_to > station.licence_valid_to:
        reason = f"{fill.licence_valid_to} 晚于已登记的 {station.licence_valid_to}，充装许可由监管部门登记"
        return after, Fault("last_fill.licence_valid_to", fill.licence_valid_to.isoformat(), reason)
    if station.may_fill("LPG", today(fill.at)) or Reason.STATION_UNLICENSED in fill.denied:
        return after, None
    denied = msgspec.structs.replace(fill, denied=(*fill.denied, Reason.STATION_UNLICENSED))
    return msgspec.structs.replace(after, last_fill=denied), None


def reserved(kind: AnyType, before: Record, after: Record, *, inspected: bool = False) -> Fault | None:
    """Return what of a correction is not its owner's to make; None: it is all his.

    `inspected`: an inspection body reports of it, so that whoever is inspected does not write when the next is due.
    """
    if ends_recall(before, after):
        return Fault("recall", "", "该批次已召回，撤销召回须由监管部门办理")
    was, will = kind.facts(before).status, kind.facts(after).status
    if was in _STOPPED and will != was:
        return Fault("state", will, "已停用或报废，恢复使用须由监管部门办理")
    if getattr(before, "hold", None) != getattr(after, "hold", None):
        return Fault("hold", "", "停充只能由监管部门设置和解除")
    due, told = kind.facts(before).due_on, kind.facts(after).due_on
    if inspected and kind.name in DUE and told != due:
        return Fault(DUE[kind.name], str(told), f"与检验机构报送的 {due} 不符；检验日期由检验机构或监管部门报送")
    if isinstance(before, Cylinder) and isinstance(after, Cylinder):
        return _of_cylinder(before, after)
    if isinstance(before, Lift) and isinstance(after, Lift):
        return _of_lift(before, after)
    return None


def _of_cylinder(before: Cylinder, after: Cylinder) -> Fault | None:
    """A station neither passes what an inspection failed nor makes a life longer, nor hands its cylinder over (R34)."""
    if before.inspection.result == "fail" and after.inspection.result != "fail":
        return Fault("inspection.result", after.inspection.result, "上次检验不合格，复检结果须由检验机构报送")
    if before.owner_station is not None and after.owner_station != before.owner_station:
        return Fault("owner_station", after.owner_station or "", "变更登记气站须由监管部门办理")
    if last_day(after.scrap_on) > last_day(before.scrap_on):
        return Fault(
            "scrap_on", after.scrap_on, f"晚于已登记的 {before.scrap_on}，延长使用年限须由检验机构或监管部门办理"
        )
    return None


def _of_lift(before: Lift, after: Lift) -> Fault | None:
    """What a lift reported ends by a report: a list sent again says nothing of whoever is trapped in it.

    Nor is another named as who stopped it, or as who did when, since only he may let it run again.
    """
    if before.state == "normal":
        return None
    if after.state != before.state:
        return Fault("state", after.state, "电梯有故障或困人未解除，恢复须报送电梯事件")
    told = {name for name in ("since", "state_source") if getattr(after, name) != getattr(before, name)}
    return Fault(min(told), str(getattr(after, min(told))), "只随电梯事件变化，不能改写") if told else None

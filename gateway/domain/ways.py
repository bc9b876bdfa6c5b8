"""The way of a thing, station by station, as anybody may see it: what the page behind a label draws as a line.

Only what DOMAIN 2.2 to 2.9 call public stands here. Links that a firm keeps to itself, feed, drugs and transports,
are named as being on record and not described.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from gateway.domain import masks
from gateway.domain.calendar import last_day, local
from gateway.domain.records.cylinder import REASON_WORDS, Inspection
from gateway.domain.records.lift import Lift
from gateway.domain.records.liquor import Liquor
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.meat import Meat
from gateway.domain.records.meat_chain import Quarantine
from gateway.domain.records.melon import Melon
from gateway.domain.records.packaged import Foodstuff, Packaged
from gateway.domain.records.station import Station
from gateway.domain.records.vehicle import Vehicle

State: TypeAlias = Literal["done", "due", "missing", "bad"]  # `due`: a day that is still to come


@dataclass(frozen=True, slots=True)
class Step:
    """One station: `title` and `text` in Chinese, persons masked; `on` a day or a month as it is printed."""

    name: str  # for programs: "farm", "slaughter", "fill", ...
    title: str
    text: str = ""  # who, where, what
    on: str | None = None
    state: State = "done"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _either(name: str, title: str, found: Step | None) -> Step:
    return found or Step(name, title, "没有记录", state="missing")


def _meat(meat: Meat, _: date) -> Iterator[Step]:
    yield from _raised(meat)
    yield _quarantine("animal_quarantine", "产地检疫", meat.animal_quarantine)
    slaughter, packing, retail = meat.slaughter, meat.processing, meat.retail
    killed = Step("slaughter", "屠宰", slaughter.abattoir, _day(slaughter.slaughtered_on)) if slaughter else None
    yield _either("slaughter", "屠宰", killed)
    if meat.stamp:
        yield Step("stamp", "肉品品质检验", "合格", _day(meat.stamp.stamped_on))
    yield _quarantine("quarantine", "产品检疫", meat.quarantine)
    cut = packing and "，".join(filter(None, (packing.plant, packing.cut)))
    packed = Step("processing", "分割包装", cut or "", _day(packing.packed_on)) if packing else None
    yield _either("processing", "分割包装", packed)
    yield _either("logistics", "运输", Step("logistics", "运输", "有记录") if meat.logistics else None)
    sold = Step("retail", "销售", retail.shop, _day(retail.arrived_on)) if retail else None
    yield _either("retail", "销售", sold)


def _raised(meat: Meat) -> Iterator[Step]:
    first = meat.animals[0] if meat.animals else None
    tagged = f"耳标{first.ear_tag}" if first and len(meat.animals) == 1 else f"耳标{len(meat.animals)}个"
    who = "，".join(filter(None, (meat.farm, first.breed if first else None, tagged if first else None)))
    yield _either(
        "farm", "养殖", Step("farm", "养殖", who, _day(first.born_on if first else None)) if meat.farm else None
    )
    yield _either("feed", "饲料", Step("feed", "饲料", "有记录") if meat.feeds is not None else None)
    yield _either("vaccine", "免疫", Step("vaccine", "免疫", "免疫合格") if meat.vaccines else None)
    if meat.inside_withdrawal:
        yield Step("vet_drug", "用药", "在休药期内屠宰", state="bad")
    elif meat.vet_drugs is None:
        yield Step("vet_drug", "用药", "没有记录", state="missing")
    else:
        yield Step("vet_drug", "用药", "休药期合格" if meat.vet_drugs else "未用兽药")


def _quarantine(name: str, title: str, paper: Quarantine | None) -> Step:
    if paper is None:
        return _either(name, title, None)
    if paper.result == "fail":
        return Step(name, title, "检疫不合格", _day(paper.issued_on), "bad")
    return Step(name, title, f"检疫证{masks.certificate(paper.number)}合格", _day(paper.issued_on))


def _melon(melon: Melon, _: date) -> Iterator[Step]:
    yield Step("farm", "产地", "，".join((melon.origin, melon.cooperative)), _day(melon.planted_on))
    uses = melon.pesticides
    if uses is None:
        yield Step("pesticide", "用药", "没有记录", state="missing")
    elif not uses:
        yield Step("pesticide", "用药", "未使用农药")
    else:
        last = max(use.applied_on for use in uses)
        early = melon.free_on is not None and melon.picked_on < melon.free_on
        text = "末次用药，在安全间隔期内采收" if early else "末次用药，间隔合格"
        yield Step("pesticide", "用药", text, _day(last), "bad" if early else "done")
    yield Step("harvest", "采收", melon.grade or "", _day(melon.picked_on))
    report, promise = melon.test_report, melon.commitment
    if report is None:
        yield Step("test", "农残检测", "没有记录", state="missing")
    else:
        good = report.result == "pass"
        text = f"{report.body}：{'合格' if good else '不合格'}"
        yield Step("test", "农残检测", text, _day(report.tested_on), "done" if good else "bad")
    pledged = Step("commitment", "承诺达标合格证", promise.number, _day(promise.issued_on)) if promise else None
    yield _either("commitment", "承诺达标合格证", pledged)


def _packaged(goods: Packaged, day: date) -> Iterator[Step]:
    licence = f"，许可证{goods.licence}" if goods.licence else ""
    yield Step("production", "生产", f"{goods.maker}，批号{goods.batch_no}{licence}", _day(goods.produced_on))
    if isinstance(goods, Liquor) and goods.inspection_report_no:
        yield Step("test", "出厂检验", f"报告{goods.inspection_report_no}")
    report = goods.test_report if isinstance(goods, Foodstuff) else None
    if report is not None:
        good = report.result == "pass"
        text = f"{report.body}：{'合格' if good else '不合格'}"
        yield Step("test", "检验", text, _day(report.tested_on), "done" if good else "bad")
    best_before = goods.best_before
    if best_before is not None:
        yield Step("best_before", "保质期至", "", _day(best_before), "bad" if best_before < day else "due")


def _cylinder(cylinder: Cylinder, day: date) -> Iterator[Step]:
    yield Step("made", "制造", f"{cylinder.maker}，{cylinder.model}", cylinder.manufactured_on)
    yield from _inspected(cylinder.inspection)
    fill, delivery = cylinder.last_fill, cylinder.delivery
    if fill is None:
        yield Step("fill", "充装", "没有记录", state="missing")
    else:
        filled_on = local(fill.at).date()
        expired = filled_on > fill.licence_valid_to
        wrong = "许可已过期" if expired else REASON_WORDS[fill.denied[0]] if fill.denied else ""
        text = "，".join(filter(None, (fill.station, f"{fill.weight_kg:g}kg", wrong)))
        yield Step("fill", "充装", text, _day(filled_on), "bad" if wrong else "done")
        if not fill.checks_passed:
            yield Step("check", "充装检查", "不合格", state="bad")
    if delivery is not None:
        courier = f"送气员{masks.worker(delivery.name)}（工号{delivery.staff_no}）"
        yield Step("delivery", "配送", "，".join(filter(None, (delivery.selling_unit, courier))))
    over = last_day(cylinder.scrap_on) < day or cylinder.state == "scrapped"
    yield _next_inspection(cylinder.inspection, day)
    yield Step("scrap", "报废期限", "已到报废期" if over else "", cylinder.scrap_on, "bad" if over else "due")


def _inspected(inspection: Inspection) -> Iterator[Step]:
    failed = inspection.result == "fail"
    if inspection.last_on is not None:
        text = "，".join(filter(None, (inspection.body, "不合格" if failed else "合格")))
        yield Step("inspection", "检验", text, inspection.last_on, "bad" if failed else "done")


def _next_inspection(inspection: Inspection, day: date) -> Step:
    overdue = last_day(inspection.next_on) < day
    text = "已超期" if overdue else ""
    return Step("next_inspection", "下次检验", text, inspection.next_on, "bad" if overdue else "due")


def _vehicle(vehicle: Vehicle, day: date) -> Iterator[Step]:
    due, certificate, retrofit = vehicle.next_due, vehicle.certificate, vehicle.retrofit
    yield Step("made", "制造", f"{due.maker}，{due.type}", due.manufactured_on)
    if retrofit is not None:
        yield Step("retrofit", "改装", retrofit.unit, _day(retrofit.fitted_on))
    if certificate is None:
        yield Step("certificate", "使用登记", "没有登记", state="missing")
    else:
        valid = certificate.state == "valid"
        text = f"{certificate.issued_by}，证号{masks.certificate(certificate.number)}" + ("" if valid else "，已注销")
        yield Step("certificate", "使用登记", text, _day(certificate.issued_on), "done" if valid else "bad")
    yield from _inspected(due.inspection)
    yield _next_inspection(due.inspection, day)


def _station(station: Station, day: date) -> Iterator[Step]:
    text = f"{'、'.join(station.gases)}，许可证{station.licence_no}"
    licensed = station.licensed(day)
    yield Step("licence", "充装许可", text, _day(station.licence_valid_from), "done" if licensed else "bad")
    ends = station.licence_valid_to
    over = ends < day
    yield Step("licence_end", "许可有效至", "已过期" if over else "", _day(ends), "bad" if over else "due")
    late = len(station.unverified(day))
    if late:
        yield Step("verification", "计量检定", f"{late}台充装设备超期未检定", state="bad")


def _lift(lift: Lift, day: date) -> Iterator[Step]:
    if lift.manufacturer or lift.installation_unit:
        who = (lift.manufacturer, lift.installation_unit and f"{lift.installation_unit}安装")
        yield Step("installation", "制造安装", "，".join(filter(None, who)), _day(lift.installed_on))
    served = lift.last_maintenance_on
    if served is None:
        yield Step("maintenance", "维护保养", f"{lift.maintenance_unit}，没有记录", state="missing")
    else:
        late = (day - served).days > lift.interval_days
        text = lift.maintenance_unit + ("，已超期" if late else "")
        yield Step("maintenance", "维护保养", text, _day(served), "bad" if late else "done")
    overdue = last_day(lift.next_inspection) < day
    text = "，".join(filter(None, (lift.inspection_body, "已超期" if overdue else None)))
    yield Step("next_inspection", "检验有效至", text, lift.next_inspection, "bad" if overdue else "due")


_WAYS: Mapping[str, Callable[[Any, date], Iterator[Step]]] = {
    "liquor": _packaged,
    "flour": _packaged,
    "tomato": _packaged,
    "melon": _melon,
    "meat": _meat,
    "lpg": _cylinder,
    "vehicle": _vehicle,
    "station": _station,
    "lift": _lift,
}


def way(record_type: str, record: object, day: date) -> tuple[Step, ...]:
    """Return the stations of a record of this type, the first one first, as they stand on a day."""
    return tuple(_WAYS[record_type](record, day))

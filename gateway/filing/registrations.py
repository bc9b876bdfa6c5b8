"""Registrations of equipment (R13, R34): entered, installed, handed over, taken out of use."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from gateway.domain.access import Actor, Role
from gateway.domain.calendar import today
from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import Act
from gateway.domain.records.base import Name as Text
from gateway.domain.records.base import Number, PartyId
from gateway.domain.records.lift import Lift
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.vehicle import Certificate, Retrofit, Vehicle
from gateway.domain.trace import Filed, Party, PartyKind, Record
from gateway.filing import labels, permits
from gateway.filing.books import Books
from gateway.filing.events import Sent, Taken, again, altered, event, happened, party_of, refiled, reporter, settle
from gateway.filing.kept import Kept
from gateway.filing.things import Written, find, only_name

ROLES: Final = frozenset({Role.STATION, Role.MAINTENANCE, Role.USE_UNIT, Role.INSPECTOR, Role.REGULATOR})
Share = Literal["owner", "maintenance", "use_unit"]


class RegistrationEvent(Sent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a thing that is on record; a new one is filed under `/records/{type}`."""

    code: Written | None = None
    cylinder_no: Written | None = None
    plate: Written | None = None
    lift: Written | None = None
    action: Literal["install", "transfer", "cancel"]
    reason: Text | None = None  # of a cancellation
    to: PartyId | None = None  # transfer: whom to
    share: Share = "owner"  # transfer: what is handed over; a lift's maintenance or use
    installer: Text | None = None  # install: the unit, by its name
    installer_licence: Number | None = None  # install, vehicles
    installer_licence_valid_to: date | None = None  # install, vehicles
    installed_on: date | None = None

    def __post_init__(self) -> None:
        """Ask for one name of the thing, and for what the action needs."""
        only_name(code=self.code, cylinder_no=self.cylinder_no, plate=self.plate, lift=self.lift)
        needed: Mapping[str, tuple[str, ...]] = {
            "install": ("installer", "installed_on"),
            "transfer": ("to",),
            "cancel": ("reason",),
        }
        for field in needed[self.action]:
            if getattr(self, field) is None:
                raise ValueError(f"{field}: 未填 必填")


def register(books: Books, actor: Actor, sent: RegistrationEvent, now: datetime) -> Taken:
    """Take in what changes a registration.

    A cylinder or vehicle is handed over by the regulator alone (R34), a lift's maintenance by whoever uses the lift.
    What its owner cancels is out of use for good, and its label with it. Raises `Refusal`.
    """
    actor.require_role(*ROLES)
    party = reporter(actor, sent)
    name = only_name(code=sent.code, cylinder_no=sent.cylinder_no, plate=sent.plate, lift=sent.lift)
    thing = find(name, books, "lpg", "vehicle", "lift")
    new = event("registration", thing, party, sent, now)
    if taken := again(books, new):
        return taken
    sent = happened(sent, new)
    match sent.action:
        case "install":
            _require_done(sent, now)
            filed = refiled(thing, _installed(actor, thing, sent))
        case "transfer":
            filed = _transferred(books, actor, thing, sent)
        case "cancel":
            actor.require((thing.owner, thing.parties.get("owner")), "该设备")
            filed = refiled(thing, _cancelled(thing.record, sent))
            _end_label(books, actor, thing, sent, now)
    books.records.put(filed, actor.name, now)
    permits.judge(books, thing.id, filed.record, now)
    return settle(books, actor, new, now, applied=True)


def _require_done(sent: RegistrationEvent, now: datetime) -> None:
    """Refuse an installation that is still to come."""
    if sent.installed_on is not None and sent.installed_on > today(now):
        raise Refusal(Why.INVALID, f"{sent.installed_on} 晚于今天（{today(now)}）", "installed_on")


def _installed(actor: Actor, thing: Kept, sent: RegistrationEvent) -> Record:
    """Enter who installed it, and when (R13); of a vehicle's gas system that is the inspectors' to say (R39)."""
    match thing.record:
        case Lift() as lift:
            actor.require(thing.concerned, "该电梯")
            if lift.installed_on is not None and not actor.everywhere:
                raise Refusal(Why.CONFLICT, "安装信息已登记；更正请联系监管部门", "installed_on")
            return altered(lift, installation_unit=sent.installer, installed_on=sent.installed_on)
        case Vehicle() as vehicle:
            actor.require_role(Role.INSPECTOR, Role.REGULATOR)
            if sent.installer_licence is None or sent.installer_licence_valid_to is None:
                raise Refusal(Why.INVALID, "改装单位须填写许可证号和有效期", "installer_licence")
            retrofit = Retrofit(
                unit=sent.installer or "",
                licence_no=sent.installer_licence,
                licence_valid_to=sent.installer_licence_valid_to,
                fitted_on=sent.installed_on or today(sent.at),
            )
            return altered(vehicle, retrofit=retrofit)
        case _:
            raise Refusal(Why.INVALID, "此类设备没有安装登记", "action")


def _transferred(books: Books, actor: Actor, thing: Kept, sent: RegistrationEvent) -> Filed:
    to = party_of(books, sent.to or "", "to")
    match thing.record:
        case Cylinder() as cylinder if sent.share == "owner":
            actor.require_role(Role.REGULATOR)
            _require_kind(to, PartyKind.STATION)
            if to.duty_phone is None:
                raise Refusal(Why.INVALID, f"{to.name}没有登记值班电话，请先补登", "to")
            books.records.awaited(to.id)
            changed = altered(cylinder, owner=to.name, owner_station=to.id, owner_phone=to.duty_phone)
            return refiled(thing, changed, owner=to.id, source=to.id)
        case Vehicle() as vehicle if sent.share == "owner":
            actor.require_role(Role.REGULATOR)
            _require_kind(to, PartyKind.STATION)
            return refiled(thing, altered(vehicle, station_id=to.id))
        case Lift() as lift if sent.share != "owner":
            actor.require((thing.owner, thing.parties.get("use_unit")), "该电梯")
            return _lift_transferred(books, thing, lift, to, sent)
        case _:
            raise Refusal(Why.INVALID, "该设备没有这一项可以移交", "share")


def _lift_transferred(books: Books, thing: Kept, lift: Lift, to: Party, sent: RegistrationEvent) -> Filed:
    if sent.share == "use_unit":
        _require_kind(to, PartyKind.USE_UNIT)
        return refiled(thing, altered(lift, use_unit=to.name, use_unit_id=to.id))
    _require_kind(to, PartyKind.MAINTENANCE)
    changed = altered(
        lift,
        maintenance_unit=to.name,
        maintenance_unit_id=to.id,
        maintenance_licence_valid_to=to.licence_valid_to,
        maintainer=None,
    )
    if thing.source != lift.maintenance_unit_id:
        return refiled(thing, changed)
    books.records.awaited(to.id)
    return refiled(thing, changed, source=to.id)


def _require_kind(party: Party, kind: PartyKind) -> None:
    if party.kind is not kind:
        raise Refusal(Why.INVALID, f"{party.name}的单位类别不符", "to")


def _cancelled(thing: Record, sent: RegistrationEvent) -> Record:
    match thing:
        case Cylinder():
            return altered(thing, state="scrapped")
        case Vehicle(certificate=Certificate() as certificate):
            return altered(thing, certificate=msgspec.structs.replace(certificate, state="cancelled"))
        case Lift():
            return altered(thing, state="scrapped", since=sent.at, state_source=sent.party)
        case _:
            raise Refusal(Why.CONFLICT, "该车没有使用登记证可以注销", "action")


def _end_label(books: Books, actor: Actor, thing: Kept, sent: RegistrationEvent, now: datetime) -> None:
    """End its live label: the code of what is scrapped is never used again (DB4114/T185, 4.9)."""
    live = books.labels.live(thing.id)
    if live is not None:
        act = Act.SCRAP if thing.record_type == "lpg" else Act.CANCEL
        labels.void(books, actor, labels.Ending(act, sent.reason or ""), [live.code], now)

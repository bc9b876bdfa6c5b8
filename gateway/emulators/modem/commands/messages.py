"""Commands about short messages in PDU mode (3GPP TS 27.005 §3 and §4)."""

from gateway.emulators.modem.commands.answers import (
    Answer,
    Form,
    Handler,
    Prompt,
    Refused,
    choice,
    numbers,
    parameters,
)
from gateway.emulators.modem.commands.general import kept
from gateway.emulators.modem.phone import Phone
from gateway.emulators.modem.storage import Stat

_ALL = 4
_MEMORIES = ("SM", "ME", "MT")
_RECEIVED, _SENT, _UNSENT = frozenset([Stat.REC_READ]), frozenset([Stat.STO_SENT]), frozenset([Stat.STO_UNSENT])
# <delflag> of +CMGD (27.005 §3.5.4): read; read and sent; read, sent and unsent; all.
_DELETED_BY = {
    1: _RECEIVED,
    2: _RECEIVED | _SENT,
    3: _RECEIVED | _SENT | _UNSENT,
    4: frozenset(Stat),
}


def _format(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CMGF: (0,1)"]
    if form is Form.READ:
        return [f"+CMGF: {int(phone.settings.text_mode)}"]
    phone.settings.text_mode = choice(argument, range(2)) == 1
    return []


def _service(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CSMS: (0,1)"]
    if form is Form.READ:
        return [f"+CSMS: {phone.settings.service},1,1,1"]
    phone.settings.service = choice(argument, range(2))
    return ["+CSMS: 1,1,1"]


def _centre(phone: Phone, form: Form, _argument: str) -> Answer:
    if form is Form.READ:
        return [f'+CSCA: "{phone.identity.smsc}",145']
    return []  # setting it is accepted; this network has one centre


def _memories(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        choices = "(" + ",".join(f'"{name}"' for name in _MEMORIES) + ")"
        return [f"+CPMS: {choices},{choices},{choices}"]
    if form is Form.READ:
        shown = [f'"{name}",{_use(phone, name)}' for name in phone.settings.memories]
        return ["+CPMS: " + ",".join(shown)]
    chosen = parameters(argument)
    if not 1 <= len(chosen) <= 3 or any(name not in _MEMORIES for name in chosen):
        raise Refused("CMS", 302)
    read, write, receive = phone.settings.memories
    write = chosen[1] if len(chosen) > 1 else write
    receive = chosen[2] if len(chosen) > 2 else receive
    phone.settings.memories = (chosen[0] or read, write, receive)
    return ["+CPMS: " + ",".join(_use(phone, name) for name in phone.settings.memories)]


def _use(phone: Phone, name: str) -> str:
    memory = phone.memories[name]
    used = memory.capacity if phone.faults.storage_full else len(memory)
    return f"{used},{memory.capacity}"


def _indications(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)"]
    if form is Form.READ:
        return ["+CNMI: " + ",".join(str(value) for value in phone.settings.indications)]
    given = numbers(argument)
    most = (2, 3, 2, 2, 1)
    if len(given) > 5 or any(
        value is not None and not 0 <= value <= top for value, top in zip(given, most, strict=False)
    ):
        raise Refused("CMS", 302)
    values = [*given, *(None for _ in range(5 - len(given)))]
    mode, mt, bm, ds, bfr = [
        before if value is None else value for before, value in zip(phone.settings.indications, values, strict=True)
    ]
    phone.settings.indications = (mode, mt, bm, ds, bfr)
    return []


def _list(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CMGL: (0-4)"]
    _pdu_mode_only(phone)
    given = numbers(argument, group="CMS", code=304)
    wanted = (given[0] if given else None) or 0
    if not 0 <= wanted <= _ALL:
        raise Refused("CMS", 304)
    lines: list[str] = []
    for slot, record in phone.memory(0)[1]:
        if wanted in (_ALL, record.stat):
            lines.append(f"+CMGL: {slot},{record.stat},,{len(record.tpdu)}\r\n{phone.shown(record.tpdu)}")
            if record.stat is Stat.REC_UNREAD:
                record.stat = Stat.REC_READ
    return ["\r\n".join(lines)] if lines else []


def _read(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return []
    _pdu_mode_only(phone)
    memory = phone.memory(0)[1]
    slot = _slot(argument, memory.capacity)
    record = memory.get(slot)
    if record is None:
        raise Refused("CMS", 321)
    line = f"+CMGR: {record.stat},,{len(record.tpdu)}\r\n{phone.shown(record.tpdu)}"
    if record.stat is Stat.REC_UNREAD:
        record.stat = Stat.REC_READ
    return [line]


def _delete(phone: Phone, form: Form, argument: str) -> Answer:
    memory = phone.memory(0)[1]
    if form is Form.TEST:
        slots = ",".join(str(slot) for slot, _ in memory)
        return [f"+CMGD: ({slots}),(0-4)"]
    given = numbers(argument, group="CMS", code=321)
    flag = given[1] if len(given) > 1 else None
    if flag:
        if flag not in _DELETED_BY:
            raise Refused("CMS", 321)
        memory.delete_stats(_DELETED_BY[flag])
        return []
    memory.delete(_slot(argument, memory.capacity))
    return []


def _slot(argument: str, capacity: int) -> int:
    given = numbers(argument, group="CMS", code=321)
    slot = given[0] if given else None
    if slot is None or not 1 <= slot <= capacity:
        raise Refused("CMS", 321)
    return slot


def _send(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return []
    _pdu_mode_only(phone)
    length = numbers(argument, group="CMS", code=304)
    # A TPDU of SUBMIT has 7 to 164 octets: no digits and no text; twelve octets of address and 140 of text.
    if len(length) != 1 or length[0] is None or not 7 <= length[0] <= 164:
        raise Refused("CMS", 304)
    if not phone.registered:
        raise Refused("CMS", 331)
    return Prompt(length[0])


def _acknowledge(phone: Phone, form: Form, _argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CNMA: (0-2)"]
    if not phone.acknowledgement_due:
        raise Refused("CMS", 340)
    phone.acknowledgement_due = False
    return []


def _more(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CMMS: (0-2)"]
    if form is Form.READ:
        return [f"+CMMS: {phone.settings.more_to_send}"]
    phone.settings.more_to_send = choice(argument, range(3))
    return []


def _pdu_mode_only(phone: Phone) -> None:
    if phone.settings.text_mode:
        raise Refused("CMS", 303)


COMMANDS: dict[str, Handler] = {
    "+CMGF": _format,
    "+CSMS": _service,
    "+CSCA": _centre,
    "+CPMS": _memories,
    "+CNMI": _indications,
    "+CMGL": _list,
    "+CMGR": _read,
    "+CMGD": _delete,
    "+CMGS": _send,
    "+CNMA": _acknowledge,
    "+CMMS": _more,
    "+CSMP": kept("+CSMP", "17,167,0,0", ""),
    "+CSDH": kept("+CSDH", "0", "(0,1)"),
    "+CSCB": kept("+CSCB", '0,"",""', "(0,1)"),
}

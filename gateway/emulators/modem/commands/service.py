"""Commands about the SIM and the network (3GPP TS 27.007 §7, §8.3, §8.5)."""

from gateway.emulators.modem.alphabet import septets_of
from gateway.emulators.modem.commands.answers import Answer, Form, Handler, Refused, choice, numbers, parameters
from gateway.emulators.modem.phone import Phone


def _pin(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return []
    if form is not Form.SET:
        return [f"+CPIN: {phone.sim.state}"]
    given = parameters(argument)
    if phone.sim.state == "READY":
        raise Refused("CME", 3)
    if phone.sim.state == "SIM PUK":
        if len(given) == 2 and phone.sim.unblock(given[0], given[1]):
            return _registered_lines(phone)
        raise Refused("CME", 16 if len(given) == 2 else 12)
    if not given or not phone.sim.enter(given[0]):
        raise Refused("CME", 16)
    return _registered_lines(phone)


def _registered_lines(phone: Phone) -> Answer:
    if phone.settings.registration_urc and phone.registered:
        phone.notices.append("+CREG: 1")
    return []


def _registration(name: str) -> Handler:
    attribute = "registration_urc" if name == "+CREG" else "packet_urc"

    def handle(phone: Phone, form: Form, argument: str) -> Answer:
        if form is Form.TEST:
            return [f"{name}: (0-2)"]
        if form is Form.SET:
            setattr(phone.settings, attribute, choice(argument, range(3)))
            return []
        mode = getattr(phone.settings, attribute)
        place = ',"1A2B","00C3D4E5"' if mode == 2 and phone.registered else ""
        return [f"{name}: {mode},{registration(phone)}{place}"]

    return handle


def registration(phone: Phone) -> int:
    """Return <stat> of +CREG: 0 not searching, 1 home network, 2 searching (27.007 §7.2)."""
    if phone.registered:
        return 1
    return 2 if phone.settings.functional else 0


def _signal(phone: Phone, form: Form, _argument: str) -> Answer:
    return ["+CSQ: (0-31,99),(0-7,99)"] if form is Form.TEST else [f"+CSQ: {phone.faults.signal},99"]


def _operator(phone: Phone, form: Form, argument: str) -> Answer:
    identity, answers = phone.identity, phone.settings.answers
    if form is Form.TEST:
        return [f'+COPS: (2,"{identity.operator}","CMCC","{identity.operator_digits}"),,(0-4),(0-2)']
    if form is Form.SET:
        values = numbers(argument)
        if len(values) > 1:
            answers["+COPS"] = str(values[1] or 0)
        return []
    if not phone.registered:
        return ["+COPS: 0"]
    written = int(answers.get("+COPS", "0"))
    name = identity.operator_digits if written == 2 else "CMCC" if written == 1 else identity.operator
    return [f'+COPS: 0,{written},"{name}"']


def _subscriber(phone: Phone, form: Form, _argument: str) -> Answer:
    return [] if form is Form.TEST else [phone.identity.imsi]


def _own_number(phone: Phone, form: Form, _argument: str) -> Answer:
    return [] if form is Form.TEST else [f'+CNUM: "","{phone.identity.number}",145']


def _ussd(phone: Phone, form: Form, argument: str) -> Answer:
    """Answer the configured USSD codes only, as a prepaid SIM answers its balance code (27.007 §7.15)."""
    if form is Form.TEST:
        return ["+CUSD: (0-2)"]
    if form is Form.READ:
        return [f"+CUSD: {phone.settings.answers.get('+CUSD', '0')}"]
    values = parameters(argument)
    phone.settings.answers["+CUSD"] = values[0] if values else "0"
    if len(values) < 2:
        return []
    if not phone.registered:
        raise Refused("CME", 30)
    text = phone.identity.ussd.get(_from_charset(phone, values[1]))
    if text is None:
        phone.notices.append("+CUSD: 4")
    elif septets_of(text) is not None and phone.settings.charset != "UCS2":
        phone.notices.append(f'+CUSD: 0,"{text}",15')
    else:
        phone.notices.append(f'+CUSD: 0,"{text.encode("utf-16-be").hex().upper()}",72')
    return []


def _from_charset(phone: Phone, written: str) -> str:
    if phone.settings.charset != "UCS2":
        return written
    try:
        return bytes.fromhex(written).decode("utf-16-be")
    except ValueError:
        return written  # many modems take USSD codes in ASCII whatever +CSCS says


# What a modem still answers while its SIM is locked (27.007 §8.3).
WITHOUT_PIN = frozenset(
    [
        *("+CPIN", "+CMEE", "+CSCS", "+CREG", "+CGREG", "+CSQ", "+COPS", "+CFUN", "+CPAS", "+CCLK", "+CLIP", "+CRC"),
        *("+IPR", "+IFC", "+ICF", "+CMGF"),
        *("+CGMI", "+GMI", "+CGMM", "+GMM", "+CGMR", "+GMR", "+CGSN", "+GSN"),
    ]
)

COMMANDS: dict[str, Handler] = {
    "+CPIN": _pin,
    "+CREG": _registration("+CREG"),
    "+CGREG": _registration("+CGREG"),
    "+CSQ": _signal,
    "+COPS": _operator,
    "+CIMI": _subscriber,
    "+CNUM": _own_number,
    "+CUSD": _ussd,
}

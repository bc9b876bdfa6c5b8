"""Commands about the modem itself (ITU-T V.250 §6, 3GPP TS 27.007 §5, §8, §9)."""

from datetime import datetime, timedelta, timezone

from gateway.emulators.modem.commands.answers import (
    Answer,
    Form,
    Handler,
    NoCarrier,
    Refused,
    Restart,
    choice,
    parameters,
)
from gateway.emulators.modem.phone import Phone, Settings

_CHARSETS = ("GSM", "IRA", "UCS2")
_BEIJING = timezone(timedelta(hours=8))


def _identity(attribute: str) -> Handler:
    def show(phone: Phone, form: Form, _argument: str) -> Answer:
        return [] if form is Form.TEST else [str(getattr(phone.identity, attribute))]

    return show


def _information(phone: Phone, _form: Form, _argument: str) -> Answer:
    return [phone.identity.maker, phone.identity.model, f"Revision: {phone.identity.revision}"]


def kept(name: str, default: str, values: str) -> Handler:
    """Make a setting that can be set, read and tested, and that changes nothing here."""

    def handle(phone: Phone, form: Form, argument: str) -> Answer:
        if form is Form.TEST:
            return [f"{name}: {values}"]
        if form is Form.READ:
            return [f"{name}: {phone.settings.answers.get(name, default)}"]
        phone.settings.answers[name] = argument or default
        return []

    return handle


def _accept(_phone: Phone, _form: Form, _argument: str) -> Answer:
    return []


def _echo(phone: Phone, _form: Form, argument: str) -> Answer:
    phone.settings.echo = choice(argument, range(2)) == 1
    return []


def _verbose(phone: Phone, _form: Form, argument: str) -> Answer:
    phone.settings.verbose = choice(argument, range(2)) == 1
    return []


def _defaults(phone: Phone, _form: Form, _argument: str) -> Answer:
    phone.settings = Settings()
    return []


def _dial(_phone: Phone, _form: Form, _argument: str) -> Answer:
    raise NoCarrier  # a SIM without voice


def _errors(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CMEE: (0-2)"]
    if form is Form.READ:
        return [f"+CMEE: {phone.settings.errors}"]
    phone.settings.errors = choice(argument, range(3))
    return []


def _functionality(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CFUN: (0,1,4),(0,1)"]
    if form is Form.READ:
        return [f"+CFUN: {int(phone.settings.functional)}"]
    values = parameters(argument)
    if values[1:] == ["1"]:
        return Restart()
    if values[:1] not in (["0"], ["1"], ["4"]):
        raise Refused("CME", 50)
    phone.settings.functional = values[0] == "1"
    return []


def _charset(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CSCS: (" + ",".join(f'"{name}"' for name in _CHARSETS) + ")"]
    if form is Form.READ:
        return [f'+CSCS: "{phone.settings.charset}"']
    values = parameters(argument)
    if len(values) != 1 or values[0] not in _CHARSETS:
        raise Refused("CME", 50)
    phone.settings.charset = values[0]
    return []


def _activity(_phone: Phone, form: Form, _argument: str) -> Answer:
    return ["+CPAS: (0,3,4)"] if form is Form.TEST else ["+CPAS: 0"]


def _clock(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.SET:
        phone.settings.answers["+CCLK"] = argument
        return []
    now = datetime.now(_BEIJING).strftime('"%y/%m/%d,%H:%M:%S+32"')
    return ["+CCLK: " + phone.settings.answers.get("+CCLK", now)]


def _phonebook(phone: Phone, form: Form, argument: str) -> Answer:
    if form is Form.TEST:
        return ['+CPBS: ("SM","ME","ON")']
    if form is Form.READ:
        return [f'+CPBS: "{phone.settings.phonebook}",0,100']
    values = parameters(argument)
    if values[:1] not in (["SM"], ["ME"], ["ON"]):
        raise Refused("CME", 50)
    phone.settings.phonebook = values[0]
    return []


def _phonebook_entries(_phone: Phone, form: Form, _argument: str) -> Answer:
    if form is Form.TEST:
        return ["+CPBR: (1-100),40,14"]
    raise Refused("CME", 22)


COMMANDS: dict[str, Handler] = {
    "E": _echo,
    "V": _verbose,
    "Z": _defaults,
    "&F": _defaults,
    "I": _information,
    "D": _dial,
    "H": _accept,
    "A": _dial,
    **dict.fromkeys(("Q", "S", "X", "L", "M", "T", "P", "&C", "&D", "&K", "&W", "&S"), _accept),
    "+CGMI": _identity("maker"),
    "+GMI": _identity("maker"),
    "+CGMM": _identity("model"),
    "+GMM": _identity("model"),
    "+CGMR": _identity("revision"),
    "+GMR": _identity("revision"),
    "+CGSN": _identity("imei"),
    "+GSN": _identity("imei"),
    "+CMEE": _errors,
    "+CFUN": _functionality,
    "+CSCS": _charset,
    "+CPAS": _activity,
    "+CCLK": _clock,
    "+CPBS": _phonebook,
    "+CPBR": _phonebook_entries,
    "+IPR": kept("+IPR", "115200", "(0,9600,115200)"),
    "+IFC": kept("+IFC", "0,0", "(0-2),(0-2)"),
    "+ICF": kept("+ICF", "3,3", "(3),(3)"),
    "+CLIP": kept("+CLIP", "0,0", "(0,1)"),
    "+CRC": kept("+CRC", "0", "(0,1)"),
}

"""Everything a modem knows, apart from how it is spoken to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.emulators.modem.codec import FLASH, smsc_address
from gateway.emulators.modem.faults import Faults
from gateway.emulators.modem.storage import MergedStorage, Record, Stat, Storage, StorageFull

_TRIES = 3  # wrong PINs until a SIM locks itself (3GPP TS 31.101 §9.5)


@dataclass(frozen=True, slots=True)
class Identity:
    """What is printed on a modem and on the SIM in it."""

    number: str = "+8613800000100"
    imei: str = "867530900000100"
    imsi: str = "460000000000100"
    smsc: str = "+8613800100500"
    operator: str = "CHINA MOBILE"
    operator_digits: str = "46000"
    maker: str = "EMULATED"
    model: str = "EM100"
    revision: str = "EM100R01"
    pin: str | None = None
    puk: str = "12345678"
    sim_slots: int = 50
    phone_slots: int = 100
    ussd: Mapping[str, str] = field(default_factory=lambda: {"*100#": "您的话费余额为58.20元"})


@dataclass(slots=True)
class Settings:
    """What a reset takes away. The factory's text mode and echo are the ones drivers stumble over."""

    echo: bool = True
    verbose: bool = True
    errors: int = 0  # +CMEE
    text_mode: bool = True  # +CMGF
    registration_urc: int = 0  # +CREG
    packet_urc: int = 0  # +CGREG
    service: int = 0  # +CSMS
    indications: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)  # +CNMI: mode, mt, bm, ds, bfr
    memories: tuple[str, str, str] = ("SM", "SM", "SM")  # +CPMS: read and delete, write and send, receive
    charset: str = "GSM"
    phonebook: str = "SM"
    functional: bool = True  # +CFUN
    more_to_send: int = 0  # +CMMS
    answers: dict[str, str] = field(default_factory=dict)  # settings that are kept and change nothing


class Sim:
    """A SIM with its PIN, which locks after three wrong ones."""

    def __init__(self, pin: str | None, puk: str) -> None:
        self._pin = pin
        self._puk = puk
        self.open = pin is None
        self.tries_left = _TRIES

    @property
    def state(self) -> str:
        """What +CPIN? says (27.007 §8.3)."""
        if self.tries_left == 0:
            return "SIM PUK"
        return "READY" if self.open else "SIM PIN"

    def lock(self) -> None:
        """Ask for the PIN again, as after every start."""
        self.open = self._pin is None

    def enter(self, pin: str) -> bool:
        """Try a PIN; each wrong one counts."""
        if self.tries_left == 0:
            return False
        self.open = pin == self._pin
        self.tries_left = _TRIES if self.open else self.tries_left - 1
        return self.open

    def unblock(self, puk: str, pin: str) -> bool:
        """Try a PUK, which sets a new PIN."""
        if puk != self._puk:
            return False
        self._pin, self.tries_left, self.open = pin, _TRIES, True
        return True


class Phone:
    """A modem's memory, SIM and settings."""

    def __init__(self, identity: Identity, faults: Faults) -> None:
        self.identity = identity
        self.faults = faults
        self.settings = Settings()
        self.sim = Sim(identity.pin, identity.puk)
        sim, phone = Storage(identity.sim_slots), Storage(identity.phone_slots)
        self.memories: dict[str, Storage] = {"SM": sim, "ME": phone, "MT": MergedStorage(phone, sim)}
        self.smsc_octets = smsc_address(identity.smsc)
        self.acknowledgement_due = False
        self.notices: list[str] = []  # unsolicited lines that a command asked for, said after its OK
        self._reference = 0

    @property
    def registered(self) -> bool:
        """Whether the SIM is unlocked, the radio on and the network there."""
        return self.sim.state == "READY" and self.settings.functional and not self.faults.unregistered

    def restart(self) -> None:
        """Lose every setting; messages and the count of wrong PINs stay."""
        self.settings = Settings()
        self.acknowledgement_due = False
        self.notices.clear()
        self.sim.lock()

    def memory(self, which: int) -> tuple[str, Storage]:
        """Return the name and content of +CPMS memory 0 (read), 1 (write) or 2 (receive)."""
        name = self.settings.memories[which]
        return name, self.memories[name]

    def next_reference(self) -> int:
        """Count TP-MR up (23.040 §9.2.3.6)."""
        reference = self._reference
        self._reference = (reference + 1) % 256
        return reference

    def take(self, tpdu: bytes) -> tuple[Record, list[str]]:
        """Take a DELIVER from the network; return what became of it and the lines to tell (27.005 §3.4.1).

        Raises `StorageFull` when it must be stored and cannot be.
        """
        mode, mt, _, _, _ = self.settings.indications
        if mode == 0:
            mt = 0  # nothing is forwarded
        # TP-DCS follows the address and TP-PID; class 2 belongs on the SIM and is never shown directly.
        coding = int.from_bytes(tpdu[4 + (tpdu[1] + 1) // 2 :][:1]) if len(tpdu) > 1 else 0
        has_class = coding & 0xD0 == FLASH or coding >= 0xF0
        if (mt == 2 and not (has_class and coding & 0x03 == 2)) or (mt == 3 and has_class and coding & 0x03 == 3):
            self._expect_acknowledgement()
            return Record(tpdu, Stat.REC_READ, deleted=True), [f"+CMT: ,{len(tpdu)}\r\n{self.shown(tpdu)}"]
        record = Record(tpdu, Stat.REC_UNREAD)
        name, slot = self._store(record)
        return record, [f'+CMTI: "{name}",{slot}'] if mt else []

    def take_report(self, tpdu: bytes) -> list[str]:
        """Take a STATUS-REPORT; without a <ds> it is gone, as 27.005 §3.4.1 has it. Raises `StorageFull`."""
        mode, _, _, ds, _ = self.settings.indications
        if mode == 0:
            return []
        if ds == 1:
            self._expect_acknowledgement()
            return [f"+CDS: {len(tpdu)}\r\n{self.shown(tpdu)}"]
        if ds == 2:
            name, slot = self._store(Record(tpdu, Stat.REC_UNREAD))
            return [f'+CDSI: "{name}",{slot}']
        return []

    def shown(self, tpdu: bytes) -> str:
        """Write a PDU as a modem shows it: in hex, the service centre first."""
        return (self.smsc_octets + tpdu).hex().upper()

    def _store(self, record: Record) -> tuple[str, int]:
        name, memory = self.memory(2)
        if self.faults.storage_full:
            raise StorageFull
        return name, memory.add(record)

    def _expect_acknowledgement(self) -> None:
        if self.settings.service == 1:
            self.acknowledgement_due = True

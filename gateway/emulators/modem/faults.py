"""What can be wrong with a modem, as switches that may be thrown while it runs."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Faults:
    """All off: a modem in good order. Times are in seconds, `…_times` count down with each use."""

    # The line
    delay: float = 0.0  # before everything the modem says
    silent: bool = False  # hears nothing, says nothing
    one_byte_at_a_time: bool = False
    echo_twice_returned: bool = False  # the echo ends in CR CR LF
    garbage: bytes = b""  # said before every answer
    urc_before_answer: bytes = b""  # a line that falls between a command and its answer
    urc_before_pdu: bytes = b""  # a line that falls between the prompt and the PDU
    # Sending
    no_prompt_times: int = 0  # takes the command, waits for the PDU, never says so
    prompt_delay: float = 0.0
    cms_error: int = 500  # the answer to the next `cms_error_times` PDUs
    cms_error_times: int = 0
    silent_after_pdu_times: int = 0  # carries the message and never says so
    lost_times: int = 0  # says OK and never carries the message
    # Receipts
    no_receipt: bool = False
    receipt_twice: bool = False
    receipt_early: bool = False  # before the +CMGS it belongs to
    receipt_status: int = 0  # TP-ST of the receipts (23.040 §9.2.3.15)
    # Radio and SIM
    storage_full: bool = False
    unregistered: bool = False
    signal: int = 24  # +CSQ: 0…31, 99 unknown

    def change(self, changes: Mapping[str, object]) -> None:
        """Throw several switches by name; raises `ValueError` naming the first wrong one and changes nothing."""
        known = {entry.name: type(getattr(self, entry.name)) for entry in dataclasses.fields(self)}
        ready: dict[str, object] = {}
        for name, value in changes.items():
            kind = known.get(name)
            if kind is None:
                raise ValueError(f"no fault is called {name!r}; there are {', '.join(known)}")
            ready[name] = _as(kind, name, value)
        for name, value in ready.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Put the modem in good order again."""
        for entry in dataclasses.fields(self):
            setattr(self, entry.name, entry.default)


def _as(kind: type, name: str, value: object) -> object:
    if kind is bytes and isinstance(value, str):
        return value.encode("latin-1")  # JSON has no bytes: one character stands for one octet
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"fault {name} takes {kind.__name__}, not {value!r}")
    return value

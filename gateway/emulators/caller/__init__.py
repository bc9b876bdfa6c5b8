"""A caller with a phone: rings, keys digits, records what is heard."""

from gateway.emulators.caller.recording import Recording
from gateway.emulators.caller.telephone import Call, NotAnswered, Phone, phone

__all__ = ["Call", "NotAnswered", "Phone", "Recording", "phone"]

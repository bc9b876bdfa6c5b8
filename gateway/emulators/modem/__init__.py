"""Emulated GSM modems on ptys, with the network and the handsets behind them."""

from gateway.emulators.modem.faults import Faults
from gateway.emulators.modem.handset import Handset, Reply, Segment
from gateway.emulators.modem.modem import EmulatedModem
from gateway.emulators.modem.network import EmulatedNetwork, Sent, Timing, emulated_network
from gateway.emulators.modem.phone import Identity

__all__ = [
    "EmulatedModem",
    "EmulatedNetwork",
    "Faults",
    "Handset",
    "Identity",
    "Reply",
    "Segment",
    "Sent",
    "Timing",
    "emulated_network",
]

"""Ports on loopback that are free now and stay ours."""

import random
import socket
from typing import Final

# Below Linux's range for outgoing connections (32768 to 60999, net.ipv4.ip_local_port_range): while a server is stopped
# no client's own socket can be given its port, nor connect to itself on it.
PORTS: Final = range(20_000, 32_768)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a free port, of TCP or UDP by `kind`."""
    for port in random.SystemRandom().sample(PORTS, k=100):
        with socket.socket(type=kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("of a hundred loopback ports none is free")

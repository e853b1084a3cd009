"""Ports for those who asked for port 0."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

# Below the range the kernel hands out to outgoing connections (32768 and up on Linux): no connection of our
# own, such as a client trying again while its server restarts, can take the port away or connect to itself.
_FIRST, _LAST = 20_000, 32_000


def free_port(
    host: str, kind: socket.SocketKind = socket.SOCK_STREAM, taken: Iterable[int] = (), *, count: int = 1
) -> int:
    """The first of `count` ports in a row on `host` that nobody uses now and that are not in `taken`."""
    avoid = set(taken)
    for first in random.SystemRandom().sample(range(_FIRST, _LAST), 200):
        row = range(first, first + count)
        if avoid.isdisjoint(row) and all(is_port_free(host, port, kind) for port in row):
            return first
    raise OSError(f"No free port was found on {host}.")


def is_port_free(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Raises OSError when `host` is no address of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            # As the servers do, so that connections of a stopped server that still linger do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return False
        except OSError as error:
            if error.errno == 98:
                return False
            raise
    return True

"""Ports, UDP, and what browsers ask of an address before they open a camera."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from livehouse.main.doctor.finding import Finding, note, ok, wrong
from livehouse.main.free_ports import is_port_free
from livehouse.main.settings import Settings

_PORTS = (
    ("http_port", socket.SOCK_STREAM, "TCP"),
    ("chat_port", socket.SOCK_STREAM, "TCP"),
    ("edge_port", socket.SOCK_STREAM, "TCP"),
    ("media_port", socket.SOCK_DGRAM, "UDP"),
)
# About 0.3 s of 100 Mbit/s: what may arrive while a busy machine runs something else.
_WANTED_UDP_BUFFER_BYTES = 4 * 1024 * 1024


def ports(settings: Settings, running_node: Mapping[str, Any] | None) -> Iterator[Finding]:
    """running_node: settings of the node that runs on this data folder, whose ports are rightly taken."""
    for name, kind, protocol in _PORTS:
        first = getattr(settings, name)
        if first == 0:
            continue
        if running_node is not None and running_node.get(name) == first:
            yield ok(f"The {protocol} port {first} is used by the running node.")
            continue
        count = settings.media_port_count if name == "media_port" else 1
        for port in range(first, first + count):
            try:
                yield _port(settings.host, port, kind, protocol, f"--{name.replace('_', '-')}")
            except OSError as error:
                yield wrong(f"Nothing can listen on {settings.host}: {error.strerror}. Correct --host.")
                return


def _port(host: str, port: int, kind: socket.SocketKind, protocol: str, flag: str) -> Finding:
    if is_port_free(host, port, kind):
        return ok(f"The {protocol} port {port} on {host} is free.")
    return wrong(
        f"The {protocol} port {port} on {host} is taken by another program or not allowed. "
        f"Give another one with {flag}."
    )


def udp(settings: Settings) -> Iterator[Finding]:
    """WebRTC media is UDP: does a datagram get through, and how many may wait?"""
    host = ipaddress.ip_address(settings.host)
    loopback = "::1" if host.version == 6 else "127.0.0.1"
    address = loopback if host.is_unspecified else str(host)
    family = socket.AF_INET6 if host.version == 6 else socket.AF_INET
    payload = bytes(1200)
    try:
        with (
            socket.socket(family, socket.SOCK_DGRAM) as taker,
            socket.socket(family, socket.SOCK_DGRAM) as sender,
        ):
            taker.settimeout(2)
            taker.bind((address, 0))
            sender.sendto(payload, taker.getsockname())
            if taker.recv(2048) != payload:
                yield wrong(f"UDP datagrams to {address} arrive changed; WebRTC cannot work.")
                return
            taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WANTED_UDP_BUFFER_BYTES)
            # Linux reports twice what was asked, for its own book-keeping.
            granted = taker.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    except OSError as error:
        yield wrong(f"UDP does not work on {address} ({error}); WebRTC needs it. Look at the firewall.")
        return
    yield ok(f"UDP works on {address}.")
    if granted < _WANTED_UDP_BUFFER_BYTES:
        yield note(
            f"The kernel grants a UDP buffer of {granted // 1024} KiB; many viewers may lose packets. "
            f"Raise it: sysctl -w net.core.rmem_max={_WANTED_UDP_BUFFER_BYTES} "
            f"net.core.wmem_max={_WANTED_UDP_BUFFER_BYTES}"
        )
    else:
        yield ok("The kernel grants a large enough UDP buffer.")


def camera(settings: Settings) -> Iterator[Finding]:
    """Browsers open camera and microphone on https and on localhost only."""
    if settings.uses_tls or (settings.public_url or "").startswith("https://"):
        yield ok("The page is reached by https, so browsers will open the camera.")
    elif ipaddress.ip_address(settings.host).is_loopback and settings.public_address is None:
        yield ok("The page is reached as localhost, so browsers on this machine will open the camera.")
    else:
        yield note(
            "Browsers on other machines will not open the camera, because the page has no https. Give "
            "--tls-cert and --tls-key, or publish it by a reverse proxy with https and --public-url."
        )

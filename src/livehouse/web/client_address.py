"""Which machine a request comes from, seen through proxies the operator named."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ProxyTrust:
    """Believes `X-Forwarded-For` and `X-Forwarded-Proto` only from these addresses or networks."""

    def __init__(self, proxies: Iterable[str] = ()) -> None:
        """Raises `ValueError` for what is neither address nor network."""
        self._networks: list[Network] = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]

    def apply(self, scope: Scope) -> str:
        """The client's address; behind a trusted proxy, scope's `client` and `scheme` are put right."""
        client = scope.get("client")
        address: str = client[0] if client else ""
        if not self._networks or not self._is_trusted(address):
            return address
        forwarded: list[str] = []
        scheme = ""
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                forwarded += value.decode("latin-1").split(",")
            elif name == b"x-forwarded-proto":
                scheme = value.decode("latin-1").rpartition(",")[2].strip().lower()
        # From the right: each trusted proxy vouches for the one before it, what is left of them is hearsay.
        for hop in reversed(forwarded):
            candidate = hop.strip()
            if not _is_address(candidate):
                break
            address = candidate
            if not self._is_trusted(candidate):
                break
        scope["client"] = (address, 0)
        if scheme in {"http", "https"}:
            scope["scheme"] = scheme
        return address

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

"""Whose socket it is behind a reverse proxy the operator named."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


class ProxyTrust:
    def __init__(self, proxies: Iterable[str]) -> None:
        """Addresses or networks. Raises `ValueError` for what is neither."""
        self._networks = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]

    def address_of(self, peer: str, forwarded_for: Iterable[str]) -> str:
        """Read from the right: each trusted proxy vouches for the one before it, the rest is hearsay."""
        address = peer
        hops = [hop.strip() for header in forwarded_for for hop in header.split(",")]
        while hops and self._is_trusted(address):
            hop = hops.pop()
            if not _is_address(hop):
                break
            address = hop
        return address

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(
            ipaddress.ip_address(address) in network for network in self._networks
        )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

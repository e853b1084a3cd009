"""Which machine a connection comes from, seen through proxies the operator named, and how limits count it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRanges:
    """Addresses and networks: `"10.1.2.3" in AddressRanges(["10.0.0.0/8"])`."""

    def __init__(self, ranges: Iterable[str] = ()) -> None:
        """Raises `ValueError` for what is neither address nor network."""
        self._networks = [ipaddress.ip_network(each, strict=False) for each in ranges]

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._networks)


class ProxyTrust:
    """Believes what `X-Forwarded-For` says only from these addresses or networks."""

    def __init__(self, proxies: Iterable[str] = ()) -> None:
        """Raises `ValueError` for what is neither address nor network."""
        self._proxies = AddressRanges(proxies)

    def trusts(self, address: str) -> bool:
        return address in self._proxies

    def address_of(self, peer: str, forwarded_for: Iterable[str]) -> str:
        """forwarded_for: the headers' values in order.

        Read from the right: each trusted proxy vouches for the one before it, the rest is hearsay.
        """
        address = peer
        hops = [hop.strip() for header in forwarded_for for hop in header.split(",")]
        while hops and self.trusts(address):
            hop = hops.pop()
            if _parsed(hop) is None:
                break
            address = hop
        return address


def limit_key(address: str) -> str:
    """What a limit counts by: the address; for IPv6 its /64, since one customer commands all of that."""
    if ":" not in address:
        return address
    parsed = _parsed(address)
    if parsed is None:
        return address
    return str(parsed) if parsed.version == 4 else parsed.packed[:8].hex()


def _parsed(text: str) -> _Address | None:
    """IPv4 in IPv6 clothes (RFC 4291 section 2.5.5.2), as a socket for both names it, is IPv4."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed

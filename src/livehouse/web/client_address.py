"""Puts right who a request comes from, where a proxy that the operator named stands in between."""

from __future__ import annotations

from starlette.types import Scope

from cpc.kernel.client_address import ProxyTrust

VIA_TRUSTED_PROXY = "livehouse.via_trusted_proxy"
"""In the scope: True where a proxy that is believed said who the client is."""


def see_through_proxies(scope: Scope, trust: ProxyTrust) -> str:
    """The client's address; behind a trusted proxy, scope's `client` and `scheme` are put right."""
    client = scope.get("client")
    address: str = client[0] if client else ""
    if not trust.trusts(address):
        return address
    forwarded_for: list[str] = []
    scheme = ""
    for name, value in scope["headers"]:
        if name == b"x-forwarded-for":
            forwarded_for.append(value.decode("latin-1"))
        elif name == b"x-forwarded-proto":
            scheme = value.decode("latin-1").rpartition(",")[2].strip().lower()
    proxy, address = address, trust.address_of(address, forwarded_for)
    scope["client"] = (address, 0)
    scope[VIA_TRUSTED_PROXY] = address != proxy
    if scheme in {"http", "https"}:
        scope["scheme"] = scheme
    return address

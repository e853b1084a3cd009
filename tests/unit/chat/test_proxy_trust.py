from __future__ import annotations

import pytest

from livehouse.chat.adapters.proxy_trust import ProxyTrust


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("192.0.2.9", ["198.51.100.1"], "192.0.2.9"),  # not a proxy of ours: hearsay
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.7, 198.51.100.1"], "198.51.100.1"),  # the first was sent by the visitor
        ("10.0.0.1", ["203.0.113.7, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.7", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("local", ["198.51.100.1"], "local"),
    ],
)
def test_the_address_behind_trusted_proxies(peer: str, forwarded_for: list[str], address: str) -> None:
    assert ProxyTrust(["10.0.0.0/8"]).address_of(peer, forwarded_for) == address

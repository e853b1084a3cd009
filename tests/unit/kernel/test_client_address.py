"""Whose connection it is behind proxies, and how limits count addresses."""

from __future__ import annotations

import pytest

from cpc.kernel.client_address import ProxyTrust, limit_key

TRUST = ProxyTrust(["127.0.0.1", "10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("198.51.100.9", ["192.0.2.1"], "198.51.100.9"),  # not a proxy of ours: hearsay
        ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.5, 192.0.2.1"], "192.0.2.1"),  # the first was sent by the visitor
        ("127.0.0.1", ["203.0.113.5, 192.0.2.1, 10.1.2.3"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.5", "192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["spoofed, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["192.0.2.1, rubbish"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("local", ["198.51.100.1"], "local"),
    ],
)
def test_only_proxies_that_are_named_are_believed(peer: str, forwarded_for: list[str], expected: str) -> None:
    assert TRUST.address_of(peer, forwarded_for) == expected


def test_nobody_is_trusted_unless_named() -> None:
    assert not ProxyTrust().trusts("127.0.0.1")
    assert ProxyTrust().address_of("127.0.0.1", ["192.0.2.1"]) == "127.0.0.1"
    assert TRUST.trusts("::ffff:127.0.0.1")


def test_what_is_no_address_is_refused_as_a_proxy() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        ProxyTrust(["nonsense"])


def test_one_customer_s_ipv6_addresses_count_together() -> None:
    assert limit_key("2001:db8:1:2::1") == limit_key("2001:db8:1:2:ffff::9")
    assert limit_key("2001:db8:1:3::1") != limit_key("2001:db8:1:2::1")
    assert limit_key("::ffff:192.0.2.1") == limit_key("192.0.2.1")
    assert limit_key("fe80::1%eth0") == limit_key("fe80::2%eth0")
    assert limit_key("not:an:address") == "not:an:address"
    assert limit_key("") == ""

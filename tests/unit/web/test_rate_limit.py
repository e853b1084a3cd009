"""The token buckets and whose request is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.client_address import ProxyTrust
from cpc.kernel.errors import RateLimited
from livehouse.web.client_address import see_through_proxies
from livehouse.web.rate_limit import AccountLimit, TokenBuckets


def test_a_burst_passes_then_the_rate_holds() -> None:
    buckets = TokenBuckets(per_second=2.0, burst=3.0)
    assert [buckets.take("a", 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.take("a", 0.5) == 0.0
    assert buckets.take("a", 0.5) > 0
    assert buckets.take("b", 0.5) == 0.0, "each address has its own"


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200))
def test_never_more_than_burst_and_rate_allow(pauses_s: list[float]) -> None:
    buckets = TokenBuckets(per_second=1.0, burst=5.0)
    now_s, passed = 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        passed += buckets.take("a", now_s) == 0.0
    assert passed <= 5.0 + now_s + 1e-6


@given(st.lists(st.floats(0, 3), min_size=1, max_size=100))
def test_who_waits_as_told_passes(pauses_s: list[float]) -> None:
    buckets = TokenBuckets(per_second=1.0, burst=2.0)
    now_s = 0.0
    for pause_s in pauses_s:
        now_s += pause_s
        wait_s = buckets.take("a", now_s)
        if wait_s > 0:
            now_s += wait_s + 1e-6
            assert buckets.take("a", now_s) == 0.0


def test_the_table_is_bounded_and_drops_the_quietest() -> None:
    buckets = TokenBuckets(per_second=1.0, burst=1.0, max_keys=3)
    for key in ("a", "b", "c"):
        buckets.take(key, 0.0)
    assert buckets.take("a", 0.0) > 0, "seen again, so b is the quietest now"
    buckets.take("d", 0.0)
    assert len(buckets) == 3
    assert buckets.take("a", 0.0) > 0
    assert buckets.take("b", 0.0) == 0.0


def test_what_is_left_is_told_in_whole_requests_and_seconds() -> None:
    buckets = TokenBuckets(per_second=2.0, burst=5.0)
    assert (buckets.policy, buckets.left("a", 0.0)) == ("q=5;w=3", "r=5;t=0")
    buckets.take("a", 0.0)
    assert buckets.left("a", 0.0) == "r=4;t=1"
    for _ in range(9):
        buckets.take("a", 0.0)
    assert buckets.left("a", 0.0) == "r=0;t=3"
    assert buckets.left("a", 1.25) == "r=2;t=2"
    assert buckets.left("a", 60.0) == "r=5;t=0"


def test_an_account_has_a_limit_of_its_own() -> None:
    limit = AccountLimit(writes_per_second=0.5, burst=2.0, writes_at_once=2, monotonic_s=lambda: 0.0)
    scope: dict[str, object] = {}
    limit.count_write("ada", scope)
    limit.count_write("ada", scope)
    with pytest.raises(RateLimited) as refused:
        limit.count_write("ada", scope)
    assert (refused.value.slug, refused.value.retry_after_s) == ("too-many-requests", 2.0)
    assert ("q=2;w=4", "r=0;t=4") in scope.values(), "told with the refusal too"
    limit.count_write("bob", scope)


def seen(trust: ProxyTrust, peer: str, *forwarded: str, proto: str | None = None) -> tuple[str, str]:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    if proto is not None:
        headers.append((b"x-forwarded-proto", proto.encode()))
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    address = see_through_proxies(scope, trust)
    assert scope["client"][0] == address
    return address, scope["scheme"]


TRUST = ProxyTrust(["127.0.0.1"])


def test_the_scheme_too_comes_from_named_proxies_only() -> None:
    assert seen(TRUST, "127.0.0.1", "192.0.2.1", proto="https") == ("192.0.2.1", "https")
    assert seen(TRUST, "127.0.0.1", "192.0.2.1", proto="gopher") == ("192.0.2.1", "http")
    assert seen(TRUST, "198.51.100.9", "192.0.2.1", proto="https") == ("198.51.100.9", "http")
    assert seen(ProxyTrust(), "127.0.0.1", "192.0.2.1", proto="https") == ("127.0.0.1", "http")

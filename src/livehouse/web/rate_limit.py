"""A token bucket for each client address, in front of everything else, and one for what each account changes.

Answers of the API tell what is allowed and what is left (draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cpc.kernel.client_address import ProxyTrust, limit_key
from cpc.kernel.errors import RateLimited
from livehouse.web.client_address import see_through_proxies
from livehouse.web.places import Places, hold_place
from livehouse.web.problems import domain_problem

_MAX_ADDRESSES = 20_000
_HEALTH_REQUESTS_PER_SECOND = 20.0
_HEALTH_BURST = 40.0
_ACCOUNT_QUOTA = "livehouse.account_quota"


@dataclass(slots=True)
class TokenBuckets:
    """At most `max_keys` buckets; the one unused for longest makes room, as if its address had been quiet.

    A bucket is a pair (tokens left, monotonic seconds of the last look), a plain tuple for speed.
    """

    per_second: float
    burst: float
    max_keys: int = _MAX_ADDRESSES
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._buckets)

    @property
    def policy(self) -> str:
        """Quota and window of `RateLimit-Policy`: so many at once, and all of them again after so long."""
        return f"q={int(self.burst)};w={math.ceil(self.burst / self.per_second)}"

    def left(self, key: str, now_s: float) -> str:
        """Remaining quota of `RateLimit`, and the seconds until it is whole again."""
        tokens, seen_s = self._buckets.get(key, (self.burst, now_s))
        tokens = min(self.burst, tokens + (now_s - seen_s) * self.per_second)
        return f"r={int(tokens)};t={math.ceil((self.burst - tokens) / self.per_second)}"

    def take(self, key: str, now_s: float) -> float:
        """0 when the request may pass, else the seconds until one may."""
        tokens, seen_s = self._buckets.pop(key, (self.burst, now_s))
        tokens = min(self.burst, tokens + (now_s - seen_s) * self.per_second)
        wait_s = 0.0
        if tokens >= 1.0:
            tokens -= 1.0
        else:
            wait_s = (1.0 - tokens) / self.per_second
        if len(self._buckets) >= self.max_keys:
            del self._buckets[next(iter(self._buckets))]  # a dict keeps order: the first was seen longest ago
        self._buckets[key] = (tokens, now_s)
        return wait_s


class AccountLimit:
    """What each account may change, on top of what its address may ask; one is kept by each process."""

    def __init__(
        self,
        *,
        writes_per_second: float,
        burst: float,
        writes_at_once: int,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._buckets = TokenBuckets(writes_per_second, burst)
        self._places = Places("account", writes_at_once, int(burst))
        self._monotonic_s = monotonic_s

    def count_write(self, account: str, scope: Scope) -> None:
        """What is left goes into the scope, for the answer's headers. Raises `RateLimited`."""
        now_s = self._monotonic_s()
        wait_s = self._buckets.take(account, now_s)
        scope[_ACCOUNT_QUOTA] = (self._buckets.policy, self._buckets.left(account, now_s))
        if wait_s > 0.0:
            raise RateLimited(
                "too-many-requests", "Your account changes things faster than it may. Slow down.", wait_s
            )

    async def hold_write_place(self, account: str, scope: Scope) -> None:
        """What it changes at the same time waits for one another. Raises `RateLimited`."""
        await hold_place(self._places, account, scope)


class RateLimit:
    """ASGI layer. /healthz has a bucket of its own, so that a busy address can still be looked after."""

    def __init__(
        self,
        app: ASGIApp,
        trust: ProxyTrust,
        *,
        requests_per_second: float,
        burst: float,
        on_refused: Callable[[], None],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._trust = trust
        self._buckets = TokenBuckets(requests_per_second, burst)
        self._health_buckets = TokenBuckets(_HEALTH_REQUESTS_PER_SECOND, _HEALTH_BURST)
        self._on_refused = on_refused
        self._monotonic_s = monotonic_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        key = limit_key(see_through_proxies(scope, self._trust))
        buckets = self._health_buckets if scope["path"] == "/healthz" else self._buckets
        now_s = self._monotonic_s()
        wait_s = buckets.take(key, now_s)
        if scope["path"].startswith("/api/"):
            send = _telling(scope, send, buckets.policy, buckets.left(key, now_s))
        if wait_s == 0.0:
            await self._app(scope, receive, send)
            return
        self._on_refused()
        await _refuse(scope, receive, send, wait_s)


def _telling(scope: Scope, send: Send, policy: str, left: str) -> Send:
    async def telling_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            policies, lefts = f'"address";{policy}', f'"address";{left}'
            if _ACCOUNT_QUOTA in scope:
                account_policy, account_left = scope[_ACCOUNT_QUOTA]
                policies += f', "account-changes";{account_policy}'
                lefts += f', "account-changes";{account_left}'
            message["headers"] = [
                *message["headers"],
                (b"ratelimit-policy", policies.encode("ascii")),
                (b"ratelimit", lefts.encode("ascii")),
            ]
        await send(message)

    return telling_send


async def _refuse(scope: Scope, receive: Receive, send: Send, wait_s: float) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013, "reason": "too many requests"})
        return
    detail = "Too many requests from your address. Slow down and try again."
    refusal = domain_problem(RateLimited("too-many-requests", detail, wait_s), scope["path"])
    refusal.headers["X-Content-Type-Options"] = "nosniff"
    if scope["method"] == "HEAD":
        refusal.body = b""
    await refusal(scope, receive, send)

"""Who sent a token a moment ago, for requests that change nothing: a page's first requests cost one look."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from livehouse.accounts.contract import Actor, ActorResolver

_MAX_KNOWN = 20_000


class KnownActors:
    """trusted_s: so long a token that counted counts on for reading, also where it was revoked by another
    login or on another node meanwhile. 0: it is looked up each time.

    A request that may change something looks it up, and whatever it changes about its own token, such as
    signing out, is seen by the next one.
    """

    def __init__(self, trusted_s: float, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._trusted_s = trusted_s
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[bytes, tuple[Actor, float]] = OrderedDict()

    async def resolve(self, token: str, resolve: ActorResolver, *, changes_nothing: bool) -> Actor:
        """Raises `Unauthenticated`."""
        if self._trusted_s == 0:
            return await resolve(token)
        # Not the token itself: memory that is dumped should not hold it.
        key = hashlib.sha256(token.encode(errors="replace")).digest()
        if not changes_nothing:
            self._known.pop(key, None)
            return await resolve(token)
        known = self._known.get(key)
        now_s = self._monotonic_s()
        if known is not None and now_s - known[1] < self._trusted_s:
            return known[0]
        actor = await resolve(token)
        self._known[key] = (actor, now_s)
        self._known.move_to_end(key)
        if len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        return actor

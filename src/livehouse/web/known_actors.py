"""Who sent a token a moment ago, for requests that change nothing: a page's requests cost one look."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable

from livehouse.accounts.contract import AccountId, Actor, ActorResolver

_MAX_KNOWN = 20_000


class KnownActors:
    """`ActorChanges` of the contract: whose tokens change is forgotten as soon as that is told.

    trusted_s: so long a token that counted counts on for reading while changes are not followed, also where
    it was revoked by another login or on another node meanwhile. 0: it is looked up each time.
    followed_s: so long while they are; what a token loses by the clock alone it may keep for that time.

    A request that may change something looks it up, and whatever it changes about its own token, such as
    signing out, is seen by the next one.
    """

    def __init__(
        self,
        trusted_s: float,
        followed_s: float | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._unfollowed_s = self._trusted_s = trusted_s
        self._followed_s = trusted_s if followed_s is None else followed_s
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[bytes, tuple[Actor, float]] = OrderedDict()
        self._keys: defaultdict[AccountId, set[bytes]] = defaultdict(set)
        self._changes = 0

    def followed(self) -> None:
        if self._trusted_s != self._followed_s:
            self._trust_anew(self._followed_s)

    def unfollowed(self) -> None:
        if self._trusted_s != self._unfollowed_s:
            self._trust_anew(self._unfollowed_s)

    def changed(self, account_id: AccountId) -> None:
        self._changes += 1
        for key in tuple(self._keys.get(account_id, ())):
            self._forget(key)

    async def resolve(self, token: str, resolve: ActorResolver, *, changes_nothing: bool) -> Actor:
        """Raises `Unauthenticated`."""
        if self._trusted_s == 0:
            return await resolve(token)
        # Not the token itself: memory that is dumped should not hold it.
        key = hashlib.sha256(token.encode(errors="replace")).digest()
        if not changes_nothing:
            self._forget(key)
            return await resolve(token)
        known = self._known.get(key)
        now_s = self._monotonic_s()
        if known is not None and now_s - known[1] < self._trusted_s:
            return known[0]
        changes = self._changes
        actor = await resolve(token)
        # What was read while somebody's tokens changed may be from before that.
        if changes == self._changes:
            self._remember(key, actor, now_s)
        return actor

    def _remember(self, key: bytes, actor: Actor, now_s: float) -> None:
        self._forget(key)
        self._known[key] = (actor, now_s)
        self._keys[actor.require_account()].add(key)
        if len(self._known) > _MAX_KNOWN:
            self._forget(next(iter(self._known)))

    def _forget(self, key: bytes) -> None:
        known = self._known.pop(key, None)
        if known is not None:
            account_id = known[0].require_account()
            keys = self._keys[account_id]
            keys.discard(key)
            if not keys:
                del self._keys[account_id]

    def _trust_anew(self, trusted_s: float) -> None:
        self._trusted_s = trusted_s
        self._changes += 1
        self._known.clear()
        self._keys.clear()

"""The list of what is live, which every page shows and asks for again and again, through the node's cache."""

from __future__ import annotations

from typing import Final

import msgspec

from cpc.cache.cached_reads import CachedReads
from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, Avatars
from livehouse.channel.application.browse import ChannelPage, ListChannels
from livehouse.channel.application.ports import UnitOfWorkFactory

KIND: Final = "live channels"
FRESH_S: Final = 2.0
STALE_S: Final = 10.0


class CachedListChannels(ListChannels):
    """Its first pages of what is live. They are the same for everybody."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        avatars: Avatars,
        access: Access,
        clock: Clock,
        reads: CachedReads,
    ) -> None:
        super().__init__(unit_of_work, avatars, access, clock)
        self._access_to_lists = access
        self._reads = reads
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(ChannelPage)

    async def __call__(
        self,
        actor: Actor,
        *,
        live_only: bool = False,
        category: str | None = None,
        tag: str | None = None,
        language: str | None = None,
        cursor: str | None = None,
        limit: int = 24,
    ) -> ChannelPage:
        wanted = {"category": category, "tag": tag, "language": language}

        async def read() -> ChannelPage:
            return await super(CachedListChannels, self).__call__(
                actor, live_only=live_only, cursor=cursor, limit=limit, **wanted
            )

        if not live_only or cursor is not None:
            return await read()
        await self._access_to_lists.require(actor, Action.LIST_CHANNELS)

        async def load() -> bytes:
            return self._encoder.encode(await read())

        key = msgspec.json.encode([limit, wanted]).decode()
        try:
            return self._decoder.decode(await self._reads.get(key, load))
        except msgspec.DecodeError:  # of another version of Livehouse that used the same cache
            self._reads.forget(key)
            return await read()

    def forget(self) -> None:
        self._reads.forget_all()

"""The first page of each list of channels, which everybody's home and browsing begin with, through the node's
cache."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from cpc.cache.cached_reads import CachedReads
from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, PersonCards
from livehouse.channel.application.browse import ChannelPage, ListChannels
from livehouse.channel.application.ports import UnitOfWorkFactory

KIND: Final = "channel list"
FRESH_S: Final = 2.0
STALE_S: Final = 10.0
_MAX_DECODED = 256


class CachedListChannels(ListChannels):
    """Its first pages, which are the same for everybody. While nothing of one changes it is the same
    object."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        people: PersonCards,
        access: Access,
        clock: Clock,
        reads: CachedReads,
    ) -> None:
        super().__init__(unit_of_work, people, access, clock)
        self._access_to_lists = access
        self._reads = reads
        self._encoder = msgspec.msgpack.Encoder()
        self._decoded = lru_cache(_MAX_DECODED)(msgspec.msgpack.Decoder(ChannelPage).decode)

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

        if cursor is not None:
            return await read()
        await self._access_to_lists.require(actor, Action.LIST_CHANNELS)

        async def load() -> bytes:
            return self._encoder.encode(await read())

        key = msgspec.json.encode([live_only, limit, wanted]).decode()
        try:
            return self._decoded(await self._reads.get(key, load))
        except msgspec.DecodeError:  # of another version of Livehouse that used the same cache
            self._reads.forget(key)
            return await read()

    def forget(self) -> None:
        self._reads.forget_all()

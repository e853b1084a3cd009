"""The node's cache: LMDB, what goes through it, and the events by which it forgets."""

from __future__ import annotations

import asyncio

from nats.aio.client import Client
from nats.aio.msg import Msg
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.cache.cached_reads import CachedReads
from cpc.cache.lmdb_cache import LmdbCache
from cpc.cache.metrics import PrometheusCacheCounts
from cpc.cache.ports import Cache, CacheCounts
from cpc.eventbus.wire import MalformedEvent, decode
from cpc.kernel.clock import Clock
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application.queries import FindPersonCards
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application import cached_lists
from livehouse.channel.application.browse import ListChannels
from livehouse.channel.application.queries import FindChannelWithBanner
from livehouse.main.settings import ResolvedSettings
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.persistence import reading
from livehouse.processes.reading_channel_page import FRESH_S, KIND, STALE_S, ReadChannelPage
from livehouse.streaming.adapters.postgres import PostgresStreamingUnitOfWork
from livehouse.streaming.application.queries import RunningBroadcast

# The worker brings the directory up to date by the same events, and may be later with it.
_DIRECTORY_LAG_S = 1.0
_LISTS_FORGOTTEN_EVERY_S = 0.1
_EVENTS = ("channel.>", "streaming.StreamStarted.v1.>", "streaming.StreamEnded.v1.>")


class NoCounts:
    def hit(self, kind: str, age_s: float) -> None: ...

    def stale(self, kind: str, age_s: float) -> None: ...

    def missed(self, kind: str) -> None: ...


class NoCache:
    """Where every answer is to be read anew, as in tests that change what they read behind its back."""

    def get(self, key: bytes) -> None:
        return None

    def put(self, key: bytes, entry: object) -> bool:
        return False


def build_cache(settings: ResolvedSettings) -> LmdbCache:
    return LmdbCache(settings.cache_dir)


def build_cache_counts() -> CacheCounts:
    return PrometheusCacheCounts()


def build_list_reads(cache: Cache, clock: Clock, counts: CacheCounts) -> CachedReads:
    return CachedReads(
        cache,
        cached_lists.KIND,
        clock,
        counts,
        fresh_s=cached_lists.FRESH_S,
        stale_s=cached_lists.STALE_S,
    )


def build_read_channel_page(
    engine: AsyncEngine, clock: Clock, cache: Cache | None = None, counts: CacheCounts | None = None
) -> ReadChannelPage:
    """cache: None: without one."""
    engine = reading(engine)
    return ReadChannelPage(
        FindChannelWithBanner(lambda: PostgresChannelUnitOfWork(engine)),
        RunningBroadcast(lambda: PostgresStreamingUnitOfWork(engine)),
        FindPersonCards(lambda: PostgresAccountsUnitOfWork(engine)),
        build_access(engine, clock),
        clock,
        CachedReads(cache or NoCache(), KIND, clock, counts or NoCounts(), fresh_s=FRESH_S, stale_s=STALE_S),
    )


async def forget_by_events(
    connection: Client, read_channel_page: ReadChannelPage, list_channels: ListChannels
) -> None:
    """From here on what others change is read anew as soon as they say so. What is missed while NATS is
    away, is at most as old as the cache lets things be."""
    lists = _ForgottenLists(list_channels)

    async def on_event(message: Msg) -> None:
        try:
            event = decode(message.data)
        except MalformedEvent:
            return
        for key in ("name", "former_name", "channel_name"):
            name = event.data.get(key)
            if isinstance(name, str):
                read_channel_page.forget(name)
        channel_id = event.data.get("channel_id")
        if isinstance(channel_id, str):
            read_channel_page.forget_by_id(channel_id)
        lists.told()

    for subject in _EVENTS:
        await connection.subscribe(subject, cb=on_event)


class _ForgottenLists:
    """Forgets lists at each event, or a moment later where there are many: what leaves a list is gone from
    all in `_LISTS_FORGOTTEN_EVERY_S`. And once more when the directory has followed the last of them."""

    def __init__(self, list_channels: ListChannels) -> None:
        self._list_channels = list_channels
        self._loop = asyncio.get_running_loop()
        self._not_before_s = self._again_at_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def told(self) -> None:
        now_s = self._loop.time()
        self._again_at_s = now_s + _DIRECTORY_LAG_S
        if self._timer is not None:
            self._timer.cancel()
        if now_s >= self._not_before_s:
            self._forget()
        else:
            self._timer = self._loop.call_at(self._not_before_s, self._forget)

    def _forget(self) -> None:
        now_s = self._loop.time()
        self._list_channels.forget()
        self._not_before_s = now_s + _LISTS_FORGOTTEN_EVERY_S
        self._timer = self._loop.call_at(self._again_at_s, self._forget) if self._again_at_s > now_s else None

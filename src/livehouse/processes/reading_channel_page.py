"""What everybody sees of a channel at the top of its page: of three slices, kept in the node's cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from cpc.cache.cached_reads import CachedReads
from cpc.images.image import ImageName
from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid, NotFound
from livehouse.access.contract import Access, Action, ChannelStanding
from livehouse.accounts.contract import AccountId, Actor, PersonCard, PersonCards
from livehouse.channel.application import Channel
from livehouse.channel.application.queries import FindChannelWithBanner, channel_ref
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef, Channels
from livehouse.streaming.application.queries import BroadcastView, RunningBroadcast

KIND: Final = "channel"
FRESH_S: Final = 3.0
"""While it is live: its viewers are counted on."""
OFFLINE_FRESH_S: Final = 30.0
"""Nothing of it changes by itself: that it goes live, and what people change, is told of."""
STALE_S: Final = 60.0
_MAX_NAMES = 20_000
_MAX_DECODED = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class ChannelPage:
    """owner: None who was erased a moment ago. While nothing of it changes it is the same object."""

    channel: Channel
    broadcast: BroadcastView | None
    owner: PersonCard | None
    banner: ImageName | None


class ReadChannelPage:
    """Who may see it is decided each time, by what the cache says of the channel: nobody's roles towards it
    count for what everybody may.

    It is at most `FRESH_S` or `OFFLINE_FRESH_S` old, or up to `STALE_S` while it is read anew; what is told
    by `forget` is read anew at once.
    """

    def __init__(
        self,
        channels: FindChannelWithBanner,
        running: RunningBroadcast,
        people: PersonCards,
        access: Access,
        clock: Clock,
        reads: CachedReads,
    ) -> None:
        self._channels = channels
        self._running = running
        self._people = people
        self._access = access
        self._clock = clock
        self._reads = reads
        # Of channels this process has read: some events know the id alone.
        self._names: OrderedDict[str, str] = OrderedDict()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoded = lru_cache(_MAX_DECODED)(msgspec.msgpack.Decoder(ChannelPage).decode)

    async def __call__(self, actor: Actor, name: str) -> ChannelPage:
        """Raises `NotFound` (no-such-channel), `Forbidden`, `Suspended`."""
        page = await self.known(name)
        channel = page.channel
        standing = ChannelStanding(
            is_suspended=channel.suspension_at(self._clock.now()) is not None, privacy=channel.privacy
        )
        if standing.is_suspended and not actor.is_anonymous:
            # Whoever owns it, or works on it, is told why.
            await self._access.require(actor, Action.READ_CHANNEL, channel.id)
        self._access.permit(actor, Action.READ_CHANNEL, standing)
        self._access.permit(actor, Action.READ_BROADCAST, standing)
        return page

    async def known(self, name: str) -> ChannelPage:
        """For whoever asks about access by itself. Raises `NotFound` (no-such-channel)."""
        return await self._page(_folded(name))

    def forget(self, name: str) -> None:
        """Something of it has changed."""
        self._reads.forget(name.lower())

    def forget_by_id(self, channel_id: str) -> None:
        """channel_id: in printed form; of a channel that this process read not long ago."""
        name = self._names.get(channel_id)
        if name is not None:
            self.forget(name)

    async def _page(self, name: str) -> ChannelPage:
        content = await self._reads.get(name, lambda: self._load(name), self._fresh_s)
        try:
            return self._decoded(content)
        except msgspec.DecodeError:  # of another version of Livehouse that used the same cache
            self.forget(name)
            return self._decoded(await self._load(name))

    def _fresh_s(self, content: bytes) -> float:
        try:
            return OFFLINE_FRESH_S if self._decoded(content).broadcast is None else FRESH_S
        except msgspec.DecodeError:
            return 0.0

    async def _load(self, name: str) -> bytes:
        channel, banner = await self._channels(name)
        self._remember(str(channel.id), name)
        page = ChannelPage(
            channel,
            await self._running(channel.id),
            (await self._people.of([channel.owner_id])).get(channel.owner_id),
            banner,
        )
        return self._encoder.encode(page)

    def _remember(self, channel_id: str, name: str) -> None:
        self._names[channel_id] = name
        self._names.move_to_end(channel_id)
        if len(self._names) > _MAX_NAMES:
            self._names.popitem(last=False)


class ShownChannels:
    """The `Channels` facade for what a page shows beside the channel: by name through the cache."""

    def __init__(self, read_channel_page: ReadChannelPage, channels: Channels, clock: Clock) -> None:
        self._read_channel_page = read_channel_page
        self._channels = channels
        self._clock = clock

    async def by_name(self, name: str) -> ChannelRef:
        page = await self._read_channel_page.known(name)
        return channel_ref(page.channel, self._clock.now())

    async def by_id(self, channel_id: ChannelId) -> ChannelRef:
        return await self._channels.by_id(channel_id)

    async def by_owner(self, owner_id: AccountId) -> ChannelRef:
        return await self._channels.by_owner(owner_id)

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelRef]:
        return await self._channels.by_ids(channel_ids)


def _folded(name: str) -> str:
    try:
        return ChannelName.parse(name).value
    except Invalid:
        raise NotFound("no-such-channel", f"There is no channel '{name[:60]}'.") from None

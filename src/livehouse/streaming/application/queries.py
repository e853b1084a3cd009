"""Reading: the current broadcast, its health, a channel's stream keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChannelId, Channels
from livehouse.streaming.application.authorization import AuthorizeForChannel
from livehouse.streaming.application.ports import HealthSample, HealthSamples, UnitOfWorkFactory
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.stream_key import StreamKey


@dataclass(frozen=True, slots=True)
class BroadcastView:
    """state: offered, live or interrupted. codec, width, height: None until known."""

    id: BroadcastId
    channel_id: ChannelId
    state: str
    started_at: datetime | None
    viewers: int
    codec: str | None
    width: int | None
    height: int | None


class RunningBroadcast:
    """A channel's running broadcast, for other parts of the node."""

    def __init__(self, units: UnitOfWorkFactory) -> None:
        self._units = units

    async def __call__(self, channel_id: ChannelId) -> BroadcastView | None:
        async with self._units() as unit:
            broadcast = await unit.broadcasts.running_of(channel_id)
        if broadcast is None:
            return None
        return BroadcastView(
            id=broadcast.id,
            channel_id=broadcast.channel_id,
            state=broadcast.state.value,
            started_at=broadcast.started_at,
            viewers=broadcast.viewers,
            codec=broadcast.picture.codec,
            width=broadcast.picture.width,
            height=broadcast.picture.height,
        )


class CurrentBroadcast:
    """A channel's running broadcast, for whoever may know of it."""

    def __init__(self, running: RunningBroadcast, channels: Channels, access: Access) -> None:
        self._running = running
        self._channels = channels
        self._access = access

    async def __call__(self, actor: Actor, channel_id: ChannelId) -> BroadcastView | None:
        """Raises `Forbidden`."""
        await self._access.require(actor, Action.READ_BROADCAST, channel_id)
        return await self._running(channel_id)

    async def of_channel_named(self, actor: Actor, channel_name: str) -> BroadcastView:
        """Raises `NotFound`: no such channel, or `not-live`; `Forbidden`."""
        channel = await self._channels.by_name(channel_name)
        view = await self(actor, channel.id)
        if view is None:
            raise NotFound("not-live", f"'{channel.name}' is not live.")
        return view


class BroadcastHealth:
    """The last two minutes of what the channel's encoder sends."""

    def __init__(self, authorize: AuthorizeForChannel, samples: HealthSamples) -> None:
        self._authorize = authorize
        self._samples = samples

    async def __call__(self, actor: Actor, channel_name: str) -> list[HealthSample]:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        channel = await self._authorize(actor, Action.READ_BROADCAST_HEALTH, channel_name)
        return self._samples.recent(channel.id)


class ListStreamKeys:
    """Those that can still be used, without their secrets."""

    def __init__(self, units: UnitOfWorkFactory, authorize: AuthorizeForChannel, clock: Clock) -> None:
        self._units = units
        self._authorize = authorize
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str) -> list[StreamKey]:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        channel = await self._authorize(actor, Action.LIST_STREAM_KEYS, channel_name)
        async with self._units() as unit:
            keys = await unit.stream_keys.of_channel(channel.id)
        now = self._clock.now()
        return [key for key in keys if key.is_usable(now)]

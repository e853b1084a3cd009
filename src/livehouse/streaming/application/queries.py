"""Reading: the current broadcast, its health, a channel's stream keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChannelId, Channels
from livehouse.streaming.application.authorization import owned_channel
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


class CurrentBroadcast:
    """A channel's running broadcast."""

    def __init__(self, units: UnitOfWorkFactory, channels: Channels) -> None:
        self._units = units
        self._channels = channels

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

    async def of_channel_named(self, channel_name: str) -> BroadcastView:
        """Raises `NotFound`: no such channel, or `not-live`."""
        channel = await self._channels.by_name(channel_name)
        view = await self(channel.id)
        if view is None:
            raise NotFound("not-live", f"'{channel.name}' is not live.")
        return view


class BroadcastHealth:
    """The last two minutes of what the channel's encoder sends."""

    def __init__(self, channels: Channels, samples: HealthSamples) -> None:
        self._channels = channels
        self._samples = samples

    async def __call__(self, actor: Actor, channel_name: str) -> list[HealthSample]:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        channel = await owned_channel(self._channels, actor, channel_name)
        return self._samples.recent(channel.id)


class ListStreamKeys:
    """Those that can still be used, without their secrets."""

    def __init__(self, units: UnitOfWorkFactory, channels: Channels, clock: Clock) -> None:
        self._units = units
        self._channels = channels
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str) -> list[StreamKey]:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        channel = await owned_channel(self._channels, actor, channel_name)
        async with self._units() as unit:
            keys = await unit.stream_keys.of_channel(channel.id)
        now = self._clock.now()
        return [key for key in keys if key.is_usable(now)]

"""Tell pages and chats which channels are live, interrupted or offline."""

from __future__ import annotations

from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound
from livehouse.channel.contract import ChannelId, Channels
from livehouse.streaming.application.ports import LiveState, LiveStates, UnitOfWorkFactory
from livehouse.streaming.domain.broadcast import Broadcast, BroadcastState

REPEAT_EVERY = timedelta(seconds=5)
_TELL_THE_END_FOR = timedelta(seconds=15)


class PublishLiveStates:
    """Changes at once, everything every five seconds, the end of a broadcast for a while: a listener who
    missed one message learns it from the next."""

    def __init__(
        self, units: UnitOfWorkFactory, channels: Channels, states: LiveStates, clock: Clock
    ) -> None:
        self._units = units
        self._channels = channels
        self._states = states
        self._clock = clock
        self._published: dict[ChannelId, tuple[BroadcastState, int, str]] = {}
        self._repeated_at_s: float | None = None

    async def __call__(self) -> None:
        """Raises `Unavailable`."""
        now = self._clock.now()
        async with self._units() as unit:
            running = await unit.broadcasts.running()
            ended = await unit.broadcasts.ended_since(now - _TELL_THE_END_FOR)
        # Of one channel the running broadcast counts, else the one that ended.
        current = {each.channel_id: each for each in [*ended, *running] if each.started_at is not None}
        monotonic_s = self._clock.monotonic_s()
        repeat = (
            self._repeated_at_s is None or monotonic_s - self._repeated_at_s >= REPEAT_EVERY.total_seconds()
        )
        for channel_id, broadcast in current.items():
            mark = (broadcast.state, broadcast.viewers, str(broadcast.id))
            if repeat or self._published.get(channel_id) != mark:
                await self._states.publish(await self._state(broadcast))
                self._published[channel_id] = mark
        if repeat:
            self._repeated_at_s = monotonic_s
        self._published = {key: mark for key, mark in self._published.items() if key in current}

    async def _state(self, broadcast: Broadcast) -> LiveState:
        if broadcast.state is BroadcastState.ENDED:
            return LiveState(broadcast.channel_id, "offline", broadcast_id=broadcast.id)
        try:
            title = (await self._channels.by_id(broadcast.channel_id)).title
        except NotFound:
            title = ""
        return LiveState(
            broadcast.channel_id,
            "interrupted" if broadcast.state is BroadcastState.INTERRUPTED else "live",
            viewers=broadcast.viewers,
            started_at=broadcast.started_at,
            title=title,
            broadcast_id=broadcast.id,
        )

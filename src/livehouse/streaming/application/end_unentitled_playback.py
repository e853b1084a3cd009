"""Who watches a channel for members only and is none any more, is shown out."""

from __future__ import annotations

from cpc.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import ANONYMOUS, People
from livehouse.channel.contract import ChannelId, Channels, Privacy
from livehouse.streaming.application.ports import MediaRouter, UnitOfWorkFactory
from livehouse.streaming.domain.sessions import Viewer

EVERY_S = 10.0
"""So long at most, beside the time of one round, somebody watches on without the right to."""


class EndUnentitledPlayback:
    """A duty of the worker: by people, not by packets or sessions. Also whoever watched before the channel
    was closed to others goes."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        channels: Channels,
        people: People,
        access: Access,
        router: MediaRouter,
    ) -> None:
        self._units = units
        self._channels = channels
        self._people = people
        self._access = access
        self._router = router

    async def __call__(self) -> None:
        """Raises `Unavailable` when the database is away; a media node that is, is left for later."""
        async with self._units() as unit:
            running = await unit.broadcasts.running()
        channels = await self._channels.by_ids({each.channel_id for each in running})
        for broadcast in running:
            channel = channels.get(broadcast.channel_id)
            if channel is None or channel.privacy is not Privacy.MEMBERS_ONLY:
                continue
            try:
                tags = await self._router.viewers(broadcast.node_id, channel.id)
                gone = [tag for tag in tags if not await self._may_watch(tag, channel.id)]
                if gone:
                    await self._router.close_viewers(broadcast.node_id, channel.id, gone)
            except Unavailable:
                continue

    async def _may_watch(self, tag: str | None, channel_id: ChannelId) -> bool:
        try:
            account_id = Viewer.from_tag(tag).account_id
            actor = ANONYMOUS if account_id is None else await self._people.actor(account_id)
            await self._access.require(actor, Action.OPEN_PLAYBACK, channel_id)
        except (Forbidden, Invalid, NotFound, Unauthenticated):
            return False
        return True

"""A viewer asks for a channel's live media (WHEP POST)."""

from __future__ import annotations

from cpc.kernel.errors import Conflict
from livehouse.accounts.contract import ANONYMOUS, Actor
from livehouse.channel.contract import Channels
from livehouse.streaming.application.open_ingest import OpenedSession
from livehouse.streaming.application.ports import MediaRouter, RandomText, UnitOfWorkFactory
from livehouse.streaming.domain.sessions import SessionAddress, SessionKind, Viewer


class OpenPlayback:
    def __init__(
        self, units: UnitOfWorkFactory, channels: Channels, router: MediaRouter, random_text: RandomText
    ) -> None:
        self._units = units
        self._channels = channels
        self._router = router
        self._random_text = random_text

    async def __call__(self, channel_name: str, offer: str, actor: Actor = ANONYMOUS) -> OpenedSession:
        """Raises `NotFound` (no such channel), `Conflict` (`not-live`), `Invalid`, `Unprocessable`,
        `Unavailable`."""
        channel = await self._channels.by_name(channel_name)
        async with self._units() as unit:
            broadcast = await unit.broadcasts.running_of(channel.id)
        if broadcast is None:
            raise Conflict("not-live", f"'{channel.name}' is not live at the moment. Try again later.")
        address = SessionAddress.new(SessionKind.PLAYBACK, broadcast.node_id, self._random_text())
        tag = Viewer(actor.account_id).tag
        answer = await self._router.open_playback(address, channel.id, offer, tag=tag)
        return OpenedSession(address, answer)

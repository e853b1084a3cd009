"""A viewer asks for a channel's live media (WHEP POST)."""

from __future__ import annotations

from cpc.kernel.errors import Conflict
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor
from livehouse.streaming.application.authorization import AuthorizeForChannel
from livehouse.streaming.application.open_ingest import OpenedSession
from livehouse.streaming.application.ports import MediaRouter, RandomText, UnitOfWorkFactory
from livehouse.streaming.domain.sessions import SessionAddress, SessionKind, Viewer


class OpenPlayback:
    def __init__(
        self,
        units: UnitOfWorkFactory,
        authorize: AuthorizeForChannel,
        router: MediaRouter,
        random_text: RandomText,
    ) -> None:
        self._units = units
        self._authorize = authorize
        self._router = router
        self._random_text = random_text

    async def __call__(self, actor: Actor, channel_name: str, offer: str) -> OpenedSession:
        """Raises `NotFound` (no such channel), `Forbidden`, `Conflict` (`not-live`), `Invalid`,
        `Unprocessable`, `Unavailable`."""
        channel = await self._authorize(actor, Action.OPEN_PLAYBACK, channel_name)
        async with self._units() as unit:
            broadcast = await unit.broadcasts.running_of(channel.id)
        if broadcast is None:
            raise Conflict("not-live", f"'{channel.name}' is not live at the moment. Try again later.")
        address = SessionAddress.new(SessionKind.PLAYBACK, broadcast.node_id, self._random_text())
        tag = Viewer(actor.account_id).tag
        answer = await self._router.open_playback(address, channel.id, offer, tag=tag)
        return OpenedSession(address, answer)

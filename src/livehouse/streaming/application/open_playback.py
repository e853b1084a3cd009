"""A viewer asks for a channel's live media (WHEP POST)."""

from __future__ import annotations

from cpc.kernel.errors import Conflict, NotFound, Unauthenticated
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor, People
from livehouse.channel.contract import ChannelRef, Privacy
from livehouse.streaming.application.authorization import AuthorizeForChannel
from livehouse.streaming.application.open_ingest import OpenedSession
from livehouse.streaming.application.playback_tokens import PlaybackTokens, refused
from livehouse.streaming.application.ports import MediaRouter, RandomText, UnitOfWorkFactory
from livehouse.streaming.domain.sessions import SessionAddress, SessionKind, Viewer

MAX_VIEWINGS = 4
"""So often at once one account watches a channel for members only: a token is good for a minute, and for as
many sessions as are asked for with it."""


class OpenPlayback:
    def __init__(
        self,
        units: UnitOfWorkFactory,
        authorize: AuthorizeForChannel,
        router: MediaRouter,
        random_text: RandomText,
        tokens: PlaybackTokens,
        people: People,
    ) -> None:
        self._units = units
        self._authorize = authorize
        self._router = router
        self._random_text = random_text
        self._tokens = tokens
        self._people = people

    async def __call__(
        self, actor: Actor, channel_name: str, offer: str, playback_token: str | None = None
    ) -> OpenedSession:
        """playback_token: speaks for whom it was issued to, instead of `actor`.

        Raises `NotFound` (no such channel), `Unauthenticated` (sign-in-required, playback-token-missing,
        playback-token-refused), `Forbidden` (members-only, too-many-viewings), `Conflict` (`not-live`),
        `Invalid`, `Unprocessable`, `Unavailable`."""
        if playback_token is None:
            channel = await self._authorize(actor, Action.OPEN_PLAYBACK, channel_name)
            if channel.privacy is Privacy.MEMBERS_ONLY:
                raise Unauthenticated(
                    "playback-token-missing",
                    "This channel is for its members. Ask for a playback token and send it as bearer token.",
                )
        else:
            actor, channel = await self._granted(playback_token, channel_name)
        async with self._units() as unit:
            broadcast = await unit.broadcasts.running_of(channel.id)
        if broadcast is None:
            raise Conflict("not-live", f"'{channel.name}' is not live at the moment. Try again later.")
        address = SessionAddress.new(SessionKind.PLAYBACK, broadcast.node_id, self._random_text())
        tag = Viewer(actor.account_id).tag
        limit = MAX_VIEWINGS if channel.privacy is Privacy.MEMBERS_ONLY else None
        answer = await self._router.open_playback(address, channel.id, offer, tag=tag, limit=limit)
        return OpenedSession(address, answer)

    async def _granted(self, playback_token: str, channel_name: str) -> tuple[Actor, ChannelRef]:
        grant = self._tokens.read(playback_token)
        try:
            actor = await self._people.actor(grant.account_id)
        except NotFound:
            raise refused() from None
        channel = await self._authorize(actor, Action.OPEN_PLAYBACK, channel_name)
        if channel.id != grant.channel_id:
            raise refused()
        return actor, channel

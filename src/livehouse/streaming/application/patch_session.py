"""Trickled ICE candidates and ICE restarts of a running session (WHIP and WHEP PATCH)."""

from __future__ import annotations

from collections.abc import Sequence

from cpc.kernel.errors import PreconditionRequired
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.streaming.application.ingest_access import IngestAccess
from livehouse.streaming.application.ports import MediaRouter, SessionPatch
from livehouse.streaming.domain.sessions import SessionAddress, SessionKind


class PatchSession:
    def __init__(self, ingests: IngestAccess, router: MediaRouter, access: Access) -> None:
        self._ingests = ingests
        self._access = access
        self._router = router

    async def ingest(
        self, session: str, stream_key: str | None, sdpfrag: str, if_match: Sequence[str]
    ) -> SessionPatch:
        """session: `<node>.<token>`. if_match: entity-tags, or `*`, as sent.

        Raises `Unauthenticated`, `Forbidden`,
        `NotFound`, `PreconditionRequired`, `PreconditionFailed`, `Invalid`,
        `Unavailable`.
        """
        address, _ = await self._ingests(session, stream_key, Action.PATCH_INGEST)
        return await self._patch(address, sdpfrag, if_match)

    async def playback(
        self, actor: Actor, session: str, sdpfrag: str, if_match: Sequence[str]
    ) -> SessionPatch:
        """As `ingest`; who knows the session's address may patch it."""
        await self._access.require(actor, Action.PATCH_PLAYBACK)
        return await self._patch(SessionAddress.parse(session, SessionKind.PLAYBACK), sdpfrag, if_match)

    async def _patch(self, address: SessionAddress, sdpfrag: str, if_match: Sequence[str]) -> SessionPatch:
        if not if_match:  # RFC 9725 section 4.3.1
            raise PreconditionRequired(
                "etag-missing",
                'Send If-Match: the ETag of the answer for candidates, or "*" for an ICE restart.',
            )
        return await self._router.patch_session(address, sdpfrag, if_match=if_match)

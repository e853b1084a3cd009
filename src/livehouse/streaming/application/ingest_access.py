"""A WHIP session obeys its creator only: the secret address and the stream key it was opened with."""

from __future__ import annotations

from cpc.kernel.errors import NotFound
from livehouse.access.contract import Action
from livehouse.streaming.application.authorization import AuthorizeBroadcaster
from livehouse.streaming.application.ports import UnitOfWorkFactory
from livehouse.streaming.domain.sessions import IngestSession, SessionAddress, SessionKind


class IngestAccess:
    def __init__(self, units: UnitOfWorkFactory, authorize: AuthorizeBroadcaster) -> None:
        self._units = units
        self._authorize = authorize

    async def __call__(
        self, session: str, stream_key: str | None, action: Action
    ) -> tuple[SessionAddress, IngestSession]:
        """Raises `Unauthenticated`, `Forbidden`; `NotFound` also for another key's session, so that none can
        be probed."""
        key = await self._authorize(stream_key, action)
        address = SessionAddress.parse(session, SessionKind.INGEST)
        async with self._units() as unit:
            found = await unit.ingest_sessions.by_digests([address.digest])
        for ingest in found:
            if ingest.is_open and ingest.stream_key_id == key.id and ingest.node_id == address.node_id:
                return address, ingest
        raise NotFound("no-such-session", "There is no such session. It may be over; send a new offer.")

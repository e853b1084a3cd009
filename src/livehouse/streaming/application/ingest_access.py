"""A WHIP session obeys its creator only: the secret address and the stream key it was opened with."""

from __future__ import annotations

from cpc.kernel.errors import NotFound
from livehouse.streaming.application.authorization import AuthenticateBroadcaster
from livehouse.streaming.application.ports import UnitOfWorkFactory
from livehouse.streaming.domain.sessions import IngestSession, SessionAddress, SessionKind


class IngestAccess:
    def __init__(self, units: UnitOfWorkFactory, authenticate: AuthenticateBroadcaster) -> None:
        self._units = units
        self._authenticate = authenticate

    async def __call__(self, session: str, stream_key: str | None) -> tuple[SessionAddress, IngestSession]:
        """Raises `Unauthenticated`; `NotFound` also for another key's session, so that none can be probed."""
        key = await self._authenticate(stream_key)
        address = SessionAddress.parse(session, SessionKind.INGEST)
        async with self._units() as unit:
            found = await unit.ingest_sessions.by_digests([address.digest])
        for ingest in found:
            if ingest.is_open and ingest.stream_key_id == key.id and ingest.node_id == address.node_id:
                return address, ingest
        raise NotFound("no-such-session", "There is no such session. It may be over; send a new offer.")

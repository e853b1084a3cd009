"""What revoking and rotating a stream key share: its secret no longer counts, so its ingest sessions end."""

from __future__ import annotations

from collections.abc import Sequence

from cpc.kernel.errors import NotFound, Unavailable
from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.ports import MediaRouter, UnitOfWork
from livehouse.streaming.domain.sessions import IngestSession
from livehouse.streaming.domain.stream_key import StreamKey, StreamKeyId


async def own_key(unit: UnitOfWork, channel_id: ChannelId, key_id: StreamKeyId) -> StreamKey:
    """Locked. Raises `NotFound` for a key that is not this channel's or is revoked."""
    key = await unit.stream_keys.get(channel_id, key_id, lock=True)
    if key is None or key.revoked_at is not None:
        raise NotFound("no-such-stream-key", "This channel has no such stream key.")
    return key


async def open_ingests(unit: UnitOfWork, key: StreamKey) -> list[IngestSession]:
    return await unit.ingest_sessions.open_of_key(key.channel_id, key.id)


async def close_ingests_at_nodes(router: MediaRouter, sessions: Sequence[IngestSession]) -> None:
    """A node that is away is left to the reconciler."""
    for session in sessions:
        try:
            await router.close_ingest(session.node_id, session.channel_id, session.digest)
        except Unavailable:
            continue

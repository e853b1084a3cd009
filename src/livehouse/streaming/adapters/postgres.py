"""Streaming in PostgreSQL, schema `streaming`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, exists, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres import PostgresTransaction
from cpc.eventbus.postgres_reads import PreparedRead
from livehouse.channel.contract import ChannelId
from livehouse.streaming.adapters import postgres_tables as tables
from livehouse.streaming.application.ports import BroadcastAlreadyRunning
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast, BroadcastState, EndReason, Picture
from livehouse.streaming.domain.sessions import IngestSession, IngestSessionId, PlaybackSession
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKey, StreamKeyId


class PostgresStreamKeys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim(self, channel_id: ChannelId) -> None:
        await self._connection.execute(_CLAIM_KEYS, {"channel_id": str(channel_id)})

    async def add(self, key: StreamKey) -> None:
        await self._connection.execute(insert(tables.stream_key).values(_key_values(key)))

    async def save(self, key: StreamKey) -> None:
        columns = tables.stream_key.c
        await self._connection.execute(
            update(tables.stream_key)
            .where(columns.channel_id == key.channel_id.uuid, columns.stream_key_id == key.id.uuid)
            .values(_key_values(key))
        )

    async def get(
        self, channel_id: ChannelId, key_id: StreamKeyId, *, lock: bool = False
    ) -> StreamKey | None:
        columns = tables.stream_key.c
        query = select(tables.stream_key).where(
            columns.channel_id == channel_id.uuid, columns.stream_key_id == key_id.uuid
        )
        # Not FOR UPDATE: new ingest sessions that refer to the key would wait for no reason.
        found = await self._connection.execute(query.with_for_update(key_share=True) if lock else query)
        row = found.one_or_none()
        return None if row is None else _to_key(row)

    async def of_channel(self, channel_id: ChannelId) -> list[StreamKey]:
        columns = tables.stream_key.c
        found = await self._connection.execute(
            select(tables.stream_key)
            .where(columns.channel_id == channel_id.uuid, columns.revoked_at.is_(None))
            .order_by(columns.created_at, columns.stream_key_id)
        )
        return [_to_key(row) for row in found]

    async def by_digests(self, digests: Sequence[SecretDigest]) -> list[StreamKey]:
        found = await self._connection.execute(
            select(tables.stream_key).where(tables.stream_key.c.digest.in_([each.digest for each in digests]))
        )
        return [_to_key(row) for row in found]

    async def forget_unused(self, channel_id: ChannelId, now: datetime) -> None:
        columns, opened = tables.stream_key.c, tables.ingest_session.c
        await self._connection.execute(
            delete(tables.stream_key).where(
                columns.channel_id == channel_id.uuid,
                or_(columns.revoked_at.is_not(None), columns.expires_at <= now),
                ~exists().where(
                    opened.channel_id == columns.channel_id, opened.stream_key_id == columns.stream_key_id
                ),
            )
        )

    async def erase_channel(self, channel_id: ChannelId) -> None:
        for table in (tables.ingest_session, tables.stream_key):
            await self._connection.execute(delete(table).where(table.c.channel_id == channel_id.uuid))


class PostgresBroadcasts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, broadcast: Broadcast) -> None:
        added = await self._connection.execute(
            postgres_insert(tables.broadcast)
            .values(_broadcast_values(broadcast))
            .on_conflict_do_nothing(index_elements=["channel_id"], index_where=text("state <> 'ended'"))
            .returning(tables.broadcast.c.broadcast_id)
        )
        if added.one_or_none() is None:
            raise BroadcastAlreadyRunning(str(broadcast.channel_id))

    async def save(self, broadcast: Broadcast) -> None:
        columns = tables.broadcast.c
        await self._connection.execute(
            update(tables.broadcast)
            .where(columns.channel_id == broadcast.channel_id.uuid, columns.broadcast_id == broadcast.id.uuid)
            .values(_broadcast_values(broadcast))
        )

    async def running_of(self, channel_id: ChannelId, *, lock: bool = False) -> Broadcast | None:
        read = _RUNNING_OF_LOCKED if lock else _RUNNING_OF
        row = await read.row(self._connection, channel_id=channel_id.uuid)
        return None if row is None else _to_broadcast(row)

    async def running_on(self, node_id: str) -> list[Broadcast]:
        return await self._all(
            _running()
            .where(tables.broadcast.c.node_id == node_id)
            .order_by(tables.broadcast.c.channel_id)
            .with_for_update()
        )

    async def waiting(self) -> list[Broadcast]:
        states = [BroadcastState.OFFERED.value, BroadcastState.INTERRUPTED.value]
        return await self._all(
            _running()
            .where(tables.broadcast.c.state.in_(states))
            .order_by(tables.broadcast.c.channel_id)
            .with_for_update(skip_locked=True)
        )

    async def running(self) -> list[Broadcast]:
        return await self._all(_running().order_by(tables.broadcast.c.channel_id))

    async def ended_since(self, at: datetime) -> list[Broadcast]:
        columns = tables.broadcast.c
        return await self._all(
            select(tables.broadcast)
            .where(columns.state == text("'ended'"), columns.ended_at >= at)
            .order_by(columns.ended_at)
        )

    async def erase_channel(self, channel_id: ChannelId) -> None:
        for table in (tables.playback_session, tables.broadcast):
            await self._connection.execute(delete(table).where(table.c.channel_id == channel_id.uuid))

    async def _all(self, query: Select[Any]) -> list[Broadcast]:
        return [_to_broadcast(row) for row in await self._connection.execute(query)]


class PostgresIngestSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: IngestSession) -> None:
        await self._connection.execute(
            insert(tables.ingest_session).values(
                channel_id=session.channel_id.uuid,
                ingest_session_id=session.id.uuid,
                broadcast_id=session.broadcast_id.uuid,
                stream_key_id=session.stream_key_id.uuid,
                node_id=session.node_id,
                digest=session.digest,
                opened_at=session.opened_at,
                closed_at=session.closed_at,
            )
        )

    async def by_digests(self, digests: Collection[bytes]) -> list[IngestSession]:
        if not digests:
            return []
        return await self._all(
            select(tables.ingest_session).where(tables.ingest_session.c.digest.in_(list(digests)))
        )

    async def open_of_broadcast(
        self, channel_id: ChannelId, broadcast_id: BroadcastId
    ) -> list[IngestSession]:
        columns = tables.ingest_session.c
        return await self._all(_open(channel_id).where(columns.broadcast_id == broadcast_id.uuid))

    async def open_of_key(self, channel_id: ChannelId, key_id: StreamKeyId) -> list[IngestSession]:
        columns = tables.ingest_session.c
        return await self._all(_open(channel_id).where(columns.stream_key_id == key_id.uuid))

    async def close(self, sessions: Sequence[IngestSession], at: datetime) -> None:
        columns = tables.ingest_session.c
        if sessions:
            await self._connection.execute(
                update(tables.ingest_session)
                .where(
                    columns.digest.in_([session.digest for session in sessions]), columns.closed_at.is_(None)
                )
                .values(closed_at=at)
            )

    async def forget_closed_before(self, at: datetime, *, limit: int) -> int:
        columns = tables.ingest_session.c
        oldest = (
            select(columns.digest)
            .where(columns.closed_at < at)
            .order_by(columns.closed_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        gone = await self._connection.execute(delete(tables.ingest_session).where(columns.digest.in_(oldest)))
        return gone.rowcount

    async def _all(self, query: Select[Any]) -> list[IngestSession]:
        return [_to_ingest(row) for row in await self._connection.execute(query)]


class PostgresPlaybackSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_new(self, sessions: Sequence[PlaybackSession]) -> list[PlaybackSession]:
        if not sessions:
            return []
        added = await self._connection.execute(
            postgres_insert(tables.playback_session)
            .values(
                [
                    {
                        "channel_id": session.channel_id.uuid,
                        "playback_session_id": session.id.uuid,
                        "broadcast_id": session.broadcast_id.uuid,
                        "digest": session.digest,
                        "account_id": None if session.account_id is None else session.account_id.uuid,
                        "joined_at": session.joined_at,
                    }
                    for session in sessions
                ]
            )
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(tables.playback_session.c.digest)
        )
        new = {row.digest for row in added}
        return [session for session in sessions if session.digest in new]

    async def forget_before(self, at: datetime) -> None:
        await self._connection.execute(
            delete(tables.playback_session).where(tables.playback_session.c.joined_at < at)
        )


class PostgresStreamingUnitOfWork(PostgresTransaction):
    @property
    def stream_keys(self) -> PostgresStreamKeys:
        return PostgresStreamKeys(self.connection)

    @property
    def broadcasts(self) -> PostgresBroadcasts:
        return PostgresBroadcasts(self.connection)

    @property
    def ingest_sessions(self) -> PostgresIngestSessions:
        return PostgresIngestSessions(self.connection)

    @property
    def playback_sessions(self) -> PostgresPlaybackSessions:
        return PostgresPlaybackSessions(self.connection)


_CLAIM_KEYS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('streaming.stream_keys ' || :channel_id, 0))"
)


def _running() -> Select[Any]:
    # Written as in the partial indexes: a bound parameter would keep the planner from using them.
    return select(tables.broadcast).where(tables.broadcast.c.state != text("'ended'"))


_OF_CHANNEL = tables.broadcast.c.channel_id == bindparam("channel_id")
_RUNNING_OF = PreparedRead(_running().where(_OF_CHANNEL))
_RUNNING_OF_LOCKED = PreparedRead(_running().where(_OF_CHANNEL).with_for_update())


def _open(channel_id: ChannelId) -> Select[Any]:
    columns = tables.ingest_session.c
    return (
        select(tables.ingest_session)
        .where(columns.channel_id == channel_id.uuid, columns.closed_at.is_(None))
        .order_by(columns.opened_at, columns.ingest_session_id)
    )


def _key_values(key: StreamKey) -> dict[str, Any]:
    return {
        "channel_id": key.channel_id.uuid,
        "stream_key_id": key.id.uuid,
        "name": key.name,
        "ring_key_id": key.secret.ring_key_id,
        "digest": key.secret.digest,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _to_key(row: Row[Any]) -> StreamKey:
    return StreamKey(
        id=StreamKeyId(row.stream_key_id),
        channel_id=ChannelId(row.channel_id),
        name=row.name,
        secret=SecretDigest(row.ring_key_id, row.digest),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def _broadcast_values(broadcast: Broadcast) -> dict[str, Any]:
    return {
        "channel_id": broadcast.channel_id.uuid,
        "broadcast_id": broadcast.id.uuid,
        "node_id": broadcast.node_id,
        "state": broadcast.state.value,
        "offered_at": broadcast.offered_at,
        "started_at": broadcast.started_at,
        "interrupted_at": broadcast.interrupted_at,
        "ended_at": broadcast.ended_at,
        "end_reason": None if broadcast.end_reason is None else broadcast.end_reason.value,
        "codec": broadcast.picture.codec,
        "width": broadcast.picture.width,
        "height": broadcast.picture.height,
        "viewers": broadcast.viewers,
        "viewers_counted_at": broadcast.viewers_counted_at,
    }


def _to_broadcast(row: Any) -> Broadcast:
    return Broadcast(
        id=BroadcastId(row.broadcast_id),
        channel_id=ChannelId(row.channel_id),
        node_id=row.node_id,
        offered_at=row.offered_at,
        state=BroadcastState(row.state),
        started_at=row.started_at,
        interrupted_at=row.interrupted_at,
        ended_at=row.ended_at,
        end_reason=None if row.end_reason is None else EndReason(row.end_reason),
        picture=Picture(row.codec, row.width, row.height),
        viewers=row.viewers,
        viewers_counted_at=row.viewers_counted_at,
    )


def _to_ingest(row: Row[Any]) -> IngestSession:
    return IngestSession(
        id=IngestSessionId(row.ingest_session_id),
        channel_id=ChannelId(row.channel_id),
        broadcast_id=BroadcastId(row.broadcast_id),
        stream_key_id=StreamKeyId(row.stream_key_id),
        node_id=row.node_id,
        digest=row.digest,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )

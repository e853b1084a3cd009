"""The tables of schema `streaming`; the migrations beside this file make them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid

_metadata = MetaData(schema="streaming")


def _moment(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


stream_key = Table(
    "stream_key",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("stream_key_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("ring_key_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    _moment("created_at", nullable=False),
    _moment("expires_at"),
    _moment("revoked_at"),
    _moment("last_used_at"),
)

broadcast = Table(
    "broadcast",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("broadcast_id", Uuid, primary_key=True),
    Column("node_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    _moment("offered_at", nullable=False),
    _moment("started_at"),
    _moment("interrupted_at"),
    _moment("ended_at"),
    Column("end_reason", Text),
    Column("codec", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("viewers", Integer, nullable=False),
    _moment("viewers_counted_at"),
)

ingest_session = Table(
    "ingest_session",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("ingest_session_id", Uuid, primary_key=True),
    Column("broadcast_id", Uuid, nullable=False),
    Column("stream_key_id", Uuid, nullable=False),
    Column("node_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    _moment("opened_at", nullable=False),
    _moment("closed_at"),
)

playback_session = Table(
    "playback_session",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("playback_session_id", Uuid, primary_key=True),
    Column("broadcast_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("account_id", Uuid),
    _moment("joined_at", nullable=False),
)

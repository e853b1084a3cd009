"""The tables of schema `social`; the migrations beside this file make them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, MetaData, Table, Uuid

_metadata = MetaData(schema="social")


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


follow = Table(
    "follow",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("channel_id", Uuid, primary_key=True),
    _moment("followed_at"),
    Column("notifies", Boolean, nullable=False),
)

follower_count = Table(
    "follower_count",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("followers", BigInteger, nullable=False),
)

follow_tally = Table(
    "follow_tally",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("follows", Integer, nullable=False),
    _moment("window_started_at"),
    Column("made_in_window", Integer, nullable=False),
)

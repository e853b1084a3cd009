"""The tables of schema `social`; the migrations beside this file make them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

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

tier = Table(
    "tier",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("tier_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("benefits", JSONB, nullable=False),
    _moment("created_at"),
    _moment("withdrawn_at", nullable=True),
)

paid_subscription = Table(
    "paid_subscription",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("channel_id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("tier_id", Uuid, nullable=False),
    Column("next_tier_id", Uuid),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    _moment("asked_at"),
    _moment("run_started_at", nullable=True),
    Column("run_months", Integer, nullable=False),
    Column("months_before", Integer, nullable=False),
    Column("streak_before", Integer, nullable=False),
    Column("former_tier_id", Uuid),
    _moment("former_until", nullable=True),
    _moment("renewal_postponed_to", nullable=True),
    _moment("entitled_until", nullable=True),
    _moment("due_at", nullable=True),
)

payment = Table(
    "payment",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("payment_id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tier_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("months", Integer, nullable=False),
    Column("provider", Text, nullable=False),
    Column("reference", Text, nullable=False),
    _moment("created_at"),
    _moment("due_at"),
    _moment("settled_at", nullable=True),
    Column("settled_by", Uuid),
)

"""The tables of schema `accounts`; the migrations beside this file make them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid

_metadata = MetaData(schema="accounts")


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


account = Table(
    "account",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    _moment("created_at"),
    Column("is_administrator", Boolean, nullable=False),
    Column("suspension_reason", Text),
    _moment("suspended_until", nullable=True),
)

login_session = Table(
    "login_session",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, primary_key=True),
    Column("key_id", Text, nullable=False),
    _moment("created_at"),
    _moment("expires_at"),
)

attempt = Table(
    "attempt",
    _metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("tries", Integer, nullable=False),
    _moment("window_started_at"),
)

audit_entry = Table(
    "audit_entry",
    _metadata,
    Column("entry_id", Uuid, primary_key=True),
    _moment("at"),
    Column("by_id", Uuid),
    Column("by_name", Text),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

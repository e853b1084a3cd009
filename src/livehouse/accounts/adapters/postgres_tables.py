"""The tables of schema `accounts`; the migrations beside this file make them."""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid

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
    Column("mail", Text),
    Column("pending_mail", Text),
    Column("is_confirmed", Boolean, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("bio", Text, nullable=False),
    Column("locale", Text, nullable=False),
    _moment("deletion_due_at", nullable=True),
    Column("skeleton", Text, nullable=False),
    Column("avatar", Text),
    _moment("renamed_at", nullable=True),
)

retired_name = Table(
    "retired_name",
    _metadata,
    Column("name", Text, primary_key=True),
    _moment("kept_until"),
    Column("skeleton", Text, nullable=False),
    Column("account_id", Uuid),
)

login_session = Table(
    "login_session",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, primary_key=True),
    Column("key_id", Text, nullable=False),
    _moment("created_at"),
    _moment("expires_at"),
    Column("session_id", Uuid, nullable=False),
    _moment("last_used_at"),
    Column("program", Text, nullable=False),
)

access_token = Table(
    "access_token",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("token_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("key_id", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("last_used_at", nullable=True),
)

one_time_token = Table(
    "one_time_token",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mail", Text, nullable=False),
    _moment("expires_at"),
)

mail_queue = Table(
    "mail_queue",
    _metadata,
    Column("mail_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("account_id", Uuid),
    _moment("created_at"),
    _moment("due_at"),
    Column("tries", Integer, nullable=False),
)

block = Table(
    "block",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("blocked_id", Uuid, primary_key=True),
    _moment("blocked_at"),
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

"""Accounts themselves in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, any_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres_reads import PreparedRead
from cpc.images.image import ImageName
from cpc.kernel.errors import Conflict
from livehouse.access.contract import Suspension
from livehouse.accounts.adapters import postgres_tables as tables
from livehouse.accounts.contract import AccountId, AccountName, PersonCard
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.likeness import skeleton, too_similar
from livehouse.accounts.domain.mail_address import MailAddress

_account = tables.account
_retired = tables.retired_name
# Two who take twins of a name at once come one after the other.
_LOCK_SKELETON = text("SELECT pg_advisory_xact_lock(hashtextextended('accounts.skeleton ' || :skeleton, 0))")

ACCOUNT_READ = [column for column in _account.c if column.name not in {"password_hash", "skeleton"}]
CARD = (_account.c.account_id, _account.c.name, _account.c.avatar, _account.c.display_name)
# Every list of channels or people and every channel's page asks for them.
_CARDS = PreparedRead(
    select(*CARD).where(
        _account.c.account_id == any_(bindparam("account_ids", type_=ARRAY(_account.c.account_id.type)))
    )
)


class PostgresAccounts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account: Account, password_hash: str) -> None:
        shape = await self._claim(account, account.created_at)
        await self._connection.execute(
            insert(_account).values(
                account_id=account.id.uuid,
                name=account.name.value,
                skeleton=shape,
                password_hash=password_hash,
                created_at=account.created_at,
                **_values(account),
            )
        )

    async def rename(self, account: Account, former_name: AccountName, kept_until: datetime) -> None:
        shape = await self._claim(account, account.renamed_at or account.created_at)
        await self._connection.execute(
            update(_account)
            .where(_account.c.account_id == account.id.uuid)
            .values(name=account.name.value, skeleton=shape, **_values(account))
        )
        await self._connection.execute(delete(_retired).where(_retired.c.name == account.name.value))
        await self._retire(former_name, kept_until, account.id)

    async def _claim(self, account: Account, at: datetime) -> str:
        """The skeleton of the name, which nobody else can take until this transaction ends."""
        shape = skeleton(account.name.value)
        await self._connection.execute(_LOCK_SKELETON, {"skeleton": shape})
        twins = await self._connection.execute(
            select(_account.c.name).where(
                _account.c.skeleton == shape, _account.c.account_id != account.id.uuid
            )
        )
        kept = await self._connection.execute(
            select(_retired.c.name).where(
                _retired.c.skeleton == shape,
                _retired.c.kept_until > at,
                _retired.c.account_id.is_distinct_from(account.id.uuid),
            )
        )
        names = {row.name for row in (*twins, *kept)}
        if account.name.value in names:
            raise Conflict("name-taken", f"The name '{account.name}' is taken. Choose another one.")
        if names:
            raise too_similar(account.name)
        return shape

    async def _retire(self, name: AccountName, kept_until: datetime, kept_for: AccountId | None) -> None:
        kept = {
            "skeleton": skeleton(name.value),
            "kept_until": kept_until,
            "account_id": None if kept_for is None else kept_for.uuid,
        }
        await self._connection.execute(
            insert(_retired)
            .values(name=name.value, **kept)
            .on_conflict_do_update(index_elements=["name"], set_=kept)
        )

    async def by_id(self, account_id: AccountId, *, for_update: bool = False) -> Account | None:
        query = select(_account).where(_account.c.account_id == account_id.uuid)
        found = await self._connection.execute(query.with_for_update() if for_update else query)
        row = found.one_or_none()
        return None if row is None else to_account(row)

    async def by_name(self, name: AccountName, *, for_update: bool = False) -> Account | None:
        query = select(_account).where(_account.c.name == name.value)
        found = await self._connection.execute(query.with_for_update() if for_update else query)
        row = found.one_or_none()
        return None if row is None else to_account(row)

    async def by_mail(self, mail: MailAddress, limit: int) -> Sequence[Account]:
        found = await self._connection.execute(
            select(_account)
            .where(func.lower(_account.c.mail) == mail.folded)
            .order_by(_account.c.created_at.desc(), _account.c.account_id)
            .limit(limit)
        )
        return [to_account(row) for row in found]

    async def page(
        self, *, prefix: str, suspended_at: datetime | None, after: AccountName | None, limit: int
    ) -> Sequence[Account]:
        columns = _account.c
        name = columns.name.collate("C")
        query = select(_account).order_by(name).limit(limit)
        if prefix:
            query = query.where(name.startswith(prefix, autoescape=True))
        if suspended_at is not None:
            query = query.where(
                columns.suspension_reason.is_not(None),
                or_(columns.suspended_until.is_(None), columns.suspended_until > suspended_at),
            )
        if after is not None:
            query = query.where(name > after.value)
        return [to_account(row) for row in await self._connection.execute(query)]

    async def cards_of(self, account_ids: Collection[AccountId]) -> Mapping[AccountId, PersonCard]:
        rows = await _CARDS.rows(self._connection, account_ids=[each.uuid for each in account_ids])
        return {
            (card := to_card(row.account_id, row.name, row.avatar, row.display_name)).id: card for row in rows
        }

    async def administrators(self) -> Sequence[AccountName]:
        found = await self._connection.execute(select(_account.c.name).where(_account.c.is_administrator))
        return [AccountName(row.name) for row in found]

    async def save(self, account: Account) -> None:
        await self._connection.execute(
            update(_account).where(_account.c.account_id == account.id.uuid).values(**_values(account))
        )

    async def avatars_among(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        found = await self._connection.execute(
            select(_account.c.avatar).where(_account.c.avatar.in_([name.text for name in names])).distinct()
        )
        return frozenset(ImageName(row.avatar) for row in found)

    async def password_hash(self, account_id: AccountId) -> str:
        found = await self._connection.execute(
            select(_account.c.password_hash).where(_account.c.account_id == account_id.uuid)
        )
        return str(found.scalar_one())

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        await self._connection.execute(
            update(_account)
            .where(_account.c.account_id == account_id.uuid)
            .values(password_hash=password_hash)
        )

    async def due_for_deletion(self, now: datetime) -> Account | None:
        found = await self._connection.execute(
            select(_account)
            .where(_account.c.deletion_due_at <= now)
            .order_by(_account.c.deletion_due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = found.one_or_none()
        return None if row is None else to_account(row)

    async def erase(self, account: Account, name_kept_until: datetime) -> None:
        await self._connection.execute(delete(_account).where(_account.c.account_id == account.id.uuid))
        await self._retire(account.name, name_kept_until, None)


def to_account(row: Any) -> Account:
    suspension = None
    if row.suspension_reason is not None:
        suspension = Suspension(row.suspension_reason, row.suspended_until)
    return Account(
        id=AccountId(row.account_id),
        name=AccountName(row.name),
        created_at=row.created_at,
        is_administrator=row.is_administrator,
        suspension=suspension,
        mail=None if row.mail is None else MailAddress(row.mail),
        pending_mail=None if row.pending_mail is None else MailAddress(row.pending_mail),
        is_confirmed=row.is_confirmed,
        display_name=row.display_name,
        bio=row.bio,
        locale=row.locale,
        deletion_due_at=row.deletion_due_at,
        avatar=None if row.avatar is None else ImageName(row.avatar),
        renamed_at=row.renamed_at,
    )


def to_card(account_id: UUID, name: str, avatar: str | None, display_name: str) -> PersonCard:
    """Of the columns `CARD`."""
    picture = None if avatar is None else ImageName(avatar)
    return PersonCard(AccountId(account_id), AccountName(name), picture, display_name)


def _values(account: Account) -> dict[str, Any]:
    """What may change."""
    suspension = account.suspension
    return {
        "is_administrator": account.is_administrator,
        "suspension_reason": None if suspension is None else suspension.reason,
        "suspended_until": None if suspension is None else suspension.until,
        "mail": None if account.mail is None else account.mail.value,
        "pending_mail": None if account.pending_mail is None else account.pending_mail.value,
        "is_confirmed": account.is_confirmed,
        "display_name": account.display_name,
        "bio": account.bio,
        "locale": account.locale,
        "deletion_due_at": account.deletion_due_at,
        "avatar": None if account.avatar is None else account.avatar.text,
        "renamed_at": account.renamed_at,
    }

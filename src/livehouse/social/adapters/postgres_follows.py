"""Who follows which channel, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres_reads import PreparedRead
from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.adapters.postgres_tables import follow as _follow
from livehouse.social.adapters.postgres_tables import follow_tally as _tally
from livehouse.social.adapters.postgres_tables import follower_count as _count
from livehouse.social.application.ports import Place
from livehouse.social.domain.follow import Follow, FollowTally

# The rail of every page asks for one's own.
_OF_ACCOUNT = (
    select(_follow)
    .where(_follow.c.account_id == bindparam("account_id"))
    .order_by(_follow.c.followed_at.desc(), _follow.c.channel_id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_FIRST_OF_ACCOUNT = PreparedRead(_OF_ACCOUNT)
_NEXT_OF_ACCOUNT = PreparedRead(
    _OF_ACCOUNT.where(
        tuple_(_follow.c.followed_at, _follow.c.channel_id)
        < tuple_(
            bindparam("after_at", type_=_follow.c.followed_at.type),
            bindparam("after_id", type_=_follow.c.channel_id.type),
        )
    )
)


class PostgresFollows:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def tally(self, account_id: AccountId, now: datetime) -> FollowTally:
        row = (
            await self._connection.execute(
                upsert(_tally)
                .values(account_id=account_id.uuid, follows=0, window_started_at=now, made_in_window=0)
                # Changes nothing, but holds the row, which DO NOTHING would not.
                .on_conflict_do_update(index_elements=["account_id"], set_={"follows": _tally.c.follows})
                .returning(_tally)
            )
        ).one()
        return FollowTally(account_id, row.follows, row.window_started_at, row.made_in_window)

    async def get(self, account_id: AccountId, channel_id: ChannelId) -> Follow | None:
        found = await self._connection.execute(select(_follow).where(_is(account_id, channel_id)))
        row = found.one_or_none()
        return None if row is None else to_follow(row)

    async def add(self, follow: Follow, tally: FollowTally) -> None:
        await self._connection.execute(
            insert(_follow).values(
                account_id=follow.account_id.uuid,
                channel_id=follow.channel_id.uuid,
                followed_at=follow.followed_at,
                notifies=follow.notifies,
            )
        )
        await self._save_tally(tally)
        # Last, as everybody who follows the same channel waits for this row.
        await self._connection.execute(
            upsert(_count)
            .values(channel_id=follow.channel_id.uuid, followers=1)
            .on_conflict_do_update(index_elements=["channel_id"], set_={"followers": _count.c.followers + 1})
        )

    async def save(self, follow: Follow) -> None:
        await self._connection.execute(
            update(_follow).where(_is(follow.account_id, follow.channel_id)).values(notifies=follow.notifies)
        )

    async def remove(self, follow: Follow, tally: FollowTally) -> None:
        await self._connection.execute(delete(_follow).where(_is(follow.account_id, follow.channel_id)))
        await self._save_tally(tally)
        await self._count_down(follow.channel_id, 1)

    async def of_account(self, account_id: AccountId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        mine = {"account_id": account_id.uuid, "limit": limit}
        if after is None:
            rows = await _FIRST_OF_ACCOUNT.rows(self._connection, **mine)
        else:
            rows = await _NEXT_OF_ACCOUNT.rows(
                self._connection, **mine, after_at=after.at, after_id=after.id.uuid
            )
        return [to_follow(row) for row in rows]

    async def of_channel(self, channel_id: ChannelId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        query = select(_follow).where(_follow.c.channel_id == channel_id.uuid)
        if after is not None:
            query = query.where(
                tuple_(_follow.c.followed_at, _follow.c.account_id) < (after.at, after.id.uuid)
            )
        query = query.order_by(_follow.c.followed_at.desc(), _follow.c.account_id.desc()).limit(limit)
        return [to_follow(row) for row in await self._connection.execute(query)]

    async def followers(self, channel_id: EntityId) -> int:
        counted = await self._connection.scalar(
            select(_count.c.followers).where(_count.c.channel_id == channel_id.uuid)
        )
        return int(counted or 0)

    async def remove_of_channel(self, channel_id: ChannelId, limit: int) -> int:
        followers = [
            follow.account_id.uuid for follow in await self.of_channel(channel_id, after=None, limit=limit)
        ]
        held = select(_tally.c.account_id).where(_tally.c.account_id.in_(followers))
        await self._connection.execute(held.order_by(_tally.c.account_id).with_for_update())
        removed = await self._connection.scalars(
            delete(_follow)
            .where(_follow.c.channel_id == channel_id.uuid, _follow.c.account_id.in_(followers))
            .returning(_follow.c.account_id)
        )
        gone = removed.all()
        if gone:
            await self._connection.execute(
                update(_tally).where(_tally.c.account_id.in_(gone)).values(follows=_tally.c.follows - 1)
            )
            await self._count_down(channel_id, len(gone))
        return len(followers)

    async def _save_tally(self, tally: FollowTally) -> None:
        await self._connection.execute(
            update(_tally)
            .where(_tally.c.account_id == tally.account_id.uuid)
            .values(
                follows=tally.follows,
                window_started_at=tally.window_started_at,
                made_in_window=tally.made_in_window,
            )
        )

    async def _count_down(self, channel_id: ChannelId, by: int) -> None:
        await self._connection.execute(
            update(_count)
            .where(_count.c.channel_id == channel_id.uuid)
            .values(followers=_count.c.followers - by)
        )


def _is(account_id: AccountId, channel_id: ChannelId) -> ColumnElement[bool]:
    return and_(_follow.c.account_id == account_id.uuid, _follow.c.channel_id == channel_id.uuid)


def to_follow(row: Any) -> Follow:
    return Follow(AccountId(row.account_id), ChannelId(row.channel_id), row.followed_at, row.notifies)

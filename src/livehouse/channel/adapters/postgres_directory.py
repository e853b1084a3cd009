"""What is live, the lists of channels and the search, in PostgreSQL.

`channel.directory` has a row for each live channel, small and often written. Those that are offline are read
from `channel.channel` itself, by indexes; its columns `words` and `tag_keys` are made by the database.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, DateTime, TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from cpc.eventbus.postgres_reads import PreparedRead
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.discovery_ports import (
    ENOUGH_BEGIN,
    LEAST_ALIKE,
    DirectoryFilter,
    DirectoryPlace,
    least_similarity,
)
from livehouse.channel.contract import ChannelCard, ChannelId, ChannelName, Privacy

_CARD = """
    c.channel_id, c.owner_id, c.name, c.title, coalesce(k.name, '') AS category, k.slug AS category_slug,
    c.tags, c.language, c.is_mature, c.privacy"""
_NOT_SUSPENDED = """
    (c.suspension_reason IS NULL OR c.suspended_until <= :now)
    AND (c.owner_suspension_reason IS NULL OR c.owner_suspended_until <= :now)"""
_LISTED = f"""
    c.privacy <> 'unlisted' AND {_NOT_SUSPENDED}"""
_CATEGORY = "LEFT JOIN channel.category k ON k.category_id = c.category_id"
# The name is no mistake: it is there, or others begin so.
_FEW_BEGIN = f"count(*) < {ENOUGH_BEGIN} AND NOT coalesce(bool_or(begins.name = :name), false)"
# So many of each kind of likeness are ranked.
_CANDIDATES = 200
# What a word stands in for many channels: that many of them, whichever, are enough to rank.
_FUZZY_LIMIT = 20_000


class PostgresDirectory:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def broadcast_started(self, channel_id: ChannelId, broadcast_id: str, started_at: datetime) -> None:
        await self._connection.execute(
            _sql(
                f"""
                INSERT INTO channel.directory (channel_id, broadcast_id, viewers, started_at, {_TAKEN})
                SELECT c.channel_id, :broadcast_id, 0, :started_at, {_TAKEN_FROM}
                FROM channel.channel c WHERE c.channel_id = :channel_id
                ON CONFLICT (channel_id) DO UPDATE SET
                    broadcast_id = excluded.broadcast_id, viewers = 0, started_at = excluded.started_at
                """  # noqa: S608 - constants of this module
            ),
            {"channel_id": channel_id.uuid, "broadcast_id": broadcast_id, "started_at": started_at},
        )

    async def broadcast_ended(self, channel_id: ChannelId, broadcast_id: str) -> None:
        await self._connection.execute(
            _sql(
                "DELETE FROM channel.directory"
                " WHERE channel_id = :channel_id AND broadcast_id = :broadcast_id"
            ),
            {"channel_id": channel_id.uuid, "broadcast_id": broadcast_id},
        )

    async def viewers_counted(self, channel_id: ChannelId, broadcast_id: str, viewers: int) -> None:
        await self._connection.execute(
            _sql(
                "UPDATE channel.directory SET viewers = :viewers"
                " WHERE channel_id = :channel_id AND broadcast_id = :broadcast_id"
            ),
            {"channel_id": channel_id.uuid, "broadcast_id": broadcast_id, "viewers": viewers},
        )

    async def channel_changed(self, channel_id: ChannelId) -> None:
        await self._connection.execute(
            _sql(
                f"""
                UPDATE channel.directory d SET ({_TAKEN}) = ROW ({_TAKEN_FROM})
                FROM channel.channel c
                WHERE c.channel_id = d.channel_id AND d.channel_id = :channel_id
                """  # noqa: S608 - constants of this module
            ),
            {"channel_id": channel_id.uuid},
        )

    async def viewers_of(self, channel_id: ChannelId) -> int | None:
        found = await self._connection.execute(
            _sql("SELECT viewers FROM channel.directory WHERE channel_id = :channel_id"),
            {"channel_id": channel_id.uuid},
        )
        viewers: int | None = found.scalar_one_or_none()
        return viewers

    async def page(
        self, wanted: DirectoryFilter, *, after: DirectoryPlace | None, limit: int, now: datetime
    ) -> Sequence[ChannelCard]:
        cards: list[ChannelCard] = []
        if after is None or after.is_live:
            cards += await self._live_page(wanted, after, limit, now)
            after = None
        if len(cards) < limit and not wanted.live_only:
            cards += await self._offline_page(wanted, after, limit - len(cards), now)
        return cards

    async def _live_page(
        self, wanted: DirectoryFilter, after: DirectoryPlace | None, limit: int, now: datetime
    ) -> list[ChannelCard]:
        conditions, values = _narrowed("d", wanted)
        if after is not None:
            conditions += """
                AND d.viewers <= :viewers AND (d.viewers < :viewers OR d.channel_id > :channel_id)"""
            values |= {"viewers": after.viewers, "channel_id": after.channel_id.uuid}
        query = f"""
            SELECT {_CARD}, true AS is_live, d.viewers, d.started_at
            FROM channel.directory d JOIN channel.channel c USING (channel_id) {_CATEGORY}
            WHERE d.is_listed AND {_LISTED} {conditions}
            ORDER BY d.viewers DESC, d.channel_id LIMIT :limit"""  # noqa: S608 - constants of this module
        return await self._cards(query, {**values, "limit": limit, "now": now})

    async def _offline_page(
        self, wanted: DirectoryFilter, after: DirectoryPlace | None, limit: int, now: datetime
    ) -> list[ChannelCard]:
        conditions, values = _narrowed("c", wanted)
        if after is not None:
            conditions += " AND c.channel_id > :channel_id"
            values["channel_id"] = after.channel_id.uuid
        query = f"""
            SELECT {_CARD}, false AS is_live, 0 AS viewers, NULL AS started_at
            FROM channel.channel c {_CATEGORY}
            WHERE {_LISTED} {conditions}
                AND NOT EXISTS (SELECT FROM channel.directory d WHERE d.channel_id = c.channel_id)
            ORDER BY c.channel_id LIMIT :limit"""  # noqa: S608 - constants of this module
        return await self._cards(query, {**values, "limit": limit, "now": now})

    async def search(self, text: str, *, limit: int, now: datetime) -> Sequence[ChannelCard]:
        query, values = search_query(text)
        await self._connection.execute(
            _SEARCH_SETTINGS,
            {"limit": str(_FUZZY_LIMIT), "alike": str(least_similarity(str(values["name"])))},
        )
        return await self._cards(query, {**values, "limit": limit, "now": now})

    async def cards(self, channel_ids: Collection[ChannelId], *, now: datetime) -> Sequence[ChannelCard]:
        values = {"channel_ids": [each.uuid for each in channel_ids], "now": now}
        return await self._cards(CARDS_OF, values)

    async def _cards(self, query: str, values: dict[str, object]) -> list[ChannelCard]:
        return [_card(row) for row in await _prepared(query).rows(self._connection, **values)]


CARDS_OF = f"""
    SELECT {_CARD}, d.channel_id IS NOT NULL AS is_live, coalesce(d.viewers, 0) AS viewers, d.started_at
    FROM channel.channel c {_CATEGORY} LEFT JOIN channel.directory d ON d.channel_id = c.channel_id
    WHERE c.channel_id = ANY(:channel_ids) AND {_NOT_SUSPENDED}"""  # noqa: S608 - constants of this module

# For this transaction. The planner would rather read all channels: for what stands in most of them, and for
# what it cannot know to stand in few.
_SEARCH_SETTINGS = text(
    "SELECT set_config('gin_fuzzy_search_limit', :limit, true), set_config('enable_seqscan', 'off', true),"
    " set_config('pg_trgm.similarity_threshold', :alike, true)"
)

# What the directory takes over from the channel, for its own indexes.
_TAKEN = "name, category_id, language, tag_keys, words, is_listed"
_TAKEN_FROM = "c.name, c.category_id, c.language, c.tag_keys, c.words, c.privacy <> 'unlisted'"


def search_query(wanted: str) -> tuple[str, dict[str, object]]:
    """SQL and its values, but for `now` and `limit`.

    Candidates come by index: the name itself, names that begin so, names much like it where it may be a
    mistake, and texts with all the words; of those that are live the most watched first, lest they be missed
    among many.
    """
    name = re.sub(r"\s", "_", wanted)
    words = " & ".join(f"'{word}'" for word in re.findall(r"[^\W_]+", wanted))
    values: dict[str, object] = {"name": name, "words": f"{words}:*" if words else "", "above": _above(name)}
    alike = "{0}.name ~>=~ :name AND {0}.name ~<~ :above"
    by_likeness = ""
    if len(name) >= LEAST_ALIKE:
        alike += f" OR ((SELECT {_FEW_BEGIN} FROM begins) AND {{0}}.name % :name)"  # noqa: S608
        by_likeness = f"""
            UNION (SELECT c.channel_id FROM channel.channel c
                WHERE (SELECT {_FEW_BEGIN} FROM begins) AND {_LISTED} AND c.name % :name
                ORDER BY similarity(c.name, :name) DESC LIMIT {_CANDIDATES})"""  # noqa: S608
    if words:
        alike += " OR {0}.words @@ to_tsquery('simple', :words)"
    by_words = f"""
        UNION (SELECT c.channel_id FROM channel.channel c
            WHERE {_LISTED} AND c.words @@ to_tsquery('simple', :words) LIMIT {_CANDIDATES})"""  # noqa: S608
    return (
        f"""
        WITH begins AS (
            SELECT c.channel_id, c.name FROM channel.channel c
                WHERE {_LISTED} AND c.name ~>=~ :name AND c.name ~<~ :above
                ORDER BY c.name USING ~<~ LIMIT {_CANDIDATES}
        ), found AS (
            SELECT channel_id FROM begins
            {by_likeness}
            UNION (SELECT d.channel_id FROM channel.directory d
                WHERE d.is_listed AND ({alike.format("d")})
                ORDER BY d.viewers DESC, d.channel_id LIMIT {_CANDIDATES})
            {by_words if words else ""}
        )
        SELECT {_CARD}, d.channel_id IS NOT NULL AS is_live, coalesce(d.viewers, 0) AS viewers, d.started_at
        FROM found JOIN channel.channel c USING (channel_id) {_CATEGORY}
            LEFT JOIN channel.directory d ON d.channel_id = c.channel_id
        WHERE {_LISTED}
        ORDER BY c.name = :name DESC, (c.name ~>=~ :name AND c.name ~<~ :above) DESC,
            d.channel_id IS NOT NULL DESC, coalesce(d.viewers, 0) DESC,
            similarity(c.name, :name) DESC, c.name
        LIMIT :limit""",  # noqa: S608 - constants of this module
        values,
    )


def _above(name: str) -> str:
    """The least text above all that begin with `name`, by code points."""
    last = min(ord(name[-1]) + 1, 0x10FFFF)
    return name[:-1] + chr(0xE000 if 0xD800 <= last < 0xE000 else last)


def _narrowed(table: str, wanted: DirectoryFilter) -> tuple[str, dict[str, object]]:
    conditions = ""
    values: dict[str, object] = {}
    if wanted.category_id is not None:
        conditions += f" AND {table}.category_id = :category_id"
        values["category_id"] = wanted.category_id.uuid
    if wanted.tag is not None:
        conditions += f" AND {table}.tag_keys @> ARRAY[CAST(:tag AS text)]"
        values["tag"] = wanted.tag
    if wanted.language is not None:
        conditions += f" AND {table}.language = :language"
        values["language"] = wanted.language
    return conditions, values


_TYPED: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(("channel_id", "category_id"), Uuid()),
    "channel_ids": ARRAY(Uuid()),
    **dict.fromkeys(("now", "started_at"), DateTime(timezone=True)),
}


@lru_cache(64)  # lists with each set of filters, searches of each form
def _prepared(statement: str) -> PreparedRead:
    return PreparedRead(_sql(statement))


def _sql(statement: str) -> TextClause:
    used = [name for name in _TYPED if re.search(rf"(?<!:):{name}\b", statement)]
    return text(statement).bindparams(*(bindparam(name, type_=_TYPED[name]) for name in used))


def _card(row: Any) -> ChannelCard:
    return ChannelCard(
        ChannelId(row.channel_id),
        AccountId(row.owner_id),
        ChannelName(row.name),
        row.title,
        row.category,
        row.category_slug,
        tuple(row.tags),
        row.language,
        row.is_mature,
        Privacy(row.privacy),
        row.is_live,
        row.viewers,
        row.started_at,
    )

"""What finding channels needs from outside: categories, the directory, search and statistics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from livehouse.channel.contract import CategoryId, ChannelCard, ChannelId
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics, Totals
from livehouse.channel.domain.category import Category

LEAST_ALIKE = 3
"""Shorter texts are searched for as beginnings and words only: too many names are a little like them."""

ENOUGH_BEGIN = 5
"""Names that are only alike are searched for where fewer names begin so, and none is the one searched for."""


def least_similarity(name: str) -> float:
    """How much like `name` others must be to be found by it, as pg_trgm counts: what two letters that
    changed places leave, within bounds. Long names that only begin alike are no likely mistakes."""
    return min(max((len(name) - 3) / (len(name) + 5), 0.3), 0.5)


@dataclass(frozen=True, slots=True)
class DirectoryPlace:
    """The last card one has seen; the next page begins after it."""

    is_live: bool
    viewers: int
    channel_id: ChannelId


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryFilter:
    """What a list is narrowed to; None: not by this. tag: without regard to capitals."""

    live_only: bool = False
    category_id: CategoryId | None = None
    tag: str | None = None
    language: str | None = None


class Directory(Protocol):
    """The read model of what is live, and the lists made of it. Its rows come by events of streaming;
    broadcast ids are opaque here. Cards come without avatars and display names, which accounts have.
    """

    async def broadcast_started(self, channel_id: ChannelId, broadcast_id: str, started_at: datetime) -> None:
        """Nothing happens when the channel is gone by now."""
        ...

    async def broadcast_ended(self, channel_id: ChannelId, broadcast_id: str) -> None:
        """Nothing happens when another broadcast runs by now."""
        ...

    async def viewers_counted(self, channel_id: ChannelId, broadcast_id: str, viewers: int) -> None: ...

    async def channel_changed(self, channel_id: ChannelId) -> None:
        """Take over what the channel says of itself by now, if it is live."""
        ...

    async def page(
        self, wanted: DirectoryFilter, *, after: DirectoryPlace | None, limit: int, now: datetime
    ) -> Sequence[ChannelCard]:
        """Live ones first, most watched first; by id among equals. Unlisted ones and those suspended now
        are left out."""
        ...

    async def search(self, text: str, *, limit: int, now: datetime) -> Sequence[ChannelCard]:
        """By name, title and tags: the one of that very name, then names that begin so, then live ones, then
        the most alike. As `page` for what is left out. text: folded, not empty.
        """
        ...

    async def cards(self, channel_ids: Collection[ChannelId], *, now: datetime) -> Sequence[ChannelCard]:
        """In any order. Those suspended now are left out, unlisted ones are not."""
        ...

    async def viewers_of(self, channel_id: ChannelId) -> int | None:
        """How many watch now; None when it is not live."""
        ...


@dataclass(frozen=True, slots=True)
class CategoryCard:
    """live_channels, viewers: now, those in lists only."""

    category: Category
    live_channels: int
    viewers: int


@dataclass(frozen=True, slots=True)
class CategoryPlace:
    viewers: int
    name: str


class Categories(Protocol):
    async def add(self, category: Category) -> bool:
        """False when the name or the slug is taken, also as a former slug; nothing is changed then."""
        ...

    async def save(self, category: Category) -> bool:
        """False when another one has the name or the slug. A slug left behind goes on leading here."""
        ...

    async def by_slug(self, slug: str, *, for_update: bool = False) -> Category | None:
        """Also by a former one. for_update: it stays as it is until the unit of work ends; channels may go on
        choosing it."""
        ...

    async def by_name(self, name: str) -> Category | None:
        """Without regard to capitals."""
        ...

    async def move_some(self, category: Category, into: Category | None, *, limit: int) -> bool:
        """So many of its channels, and of its shows, get `into`, or none. False when no more of them were
        there, but for some that somebody else is changing."""
        ...

    async def remove(self, category: Category, into: Category | None) -> None:
        """What has it still gets `into`, or none; so do its slugs."""
        ...

    async def count(self) -> int: ...

    async def box_art_among(self, paths: Sequence[str]) -> frozenset[str]:
        """Those that any category shows."""
        ...

    async def page(self, query: str, *, after: CategoryPlace | None, limit: int) -> Sequence[CategoryCard]:
        """Most watched first, then by name. query: part of the name, or much like it; empty: all."""
        ...

    async def card(self, category: Category) -> CategoryCard: ...


class StatisticsStore(Protocol):
    async def of(
        self, channel_id: ChannelId, broadcast_id: str, *, for_update: bool = False
    ) -> BroadcastStatistics | None: ...

    async def save(self, statistics: BroadcastStatistics) -> None:
        """Add it, or replace the one of its id. Nothing happens when the channel is gone by now."""
        ...

    async def page(
        self, channel_id: ChannelId, *, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[BroadcastStatistics]:
        """The latest first. before: start and broadcast id of the last one seen."""
        ...

    async def totals(self, channel_id: ChannelId, since: datetime, now: datetime) -> Totals:
        """Of broadcasts that began at `since` or later; one that runs counts up to `now`."""
        ...


class ChatMessageCounts(Protocol):
    """What chat says of a channel's room."""

    async def before(self, channel_id: ChannelId, moment: datetime) -> int:
        """How many messages had been sent by then. Raises `Unavailable`."""
        ...


class FollowerCounts(Protocol):
    """What the social slice says of a channel."""

    async def followers(self, channel_id: ChannelId) -> int: ...

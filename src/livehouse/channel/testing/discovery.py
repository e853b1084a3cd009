"""The directory, the search, categories and statistics, in memory."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from livehouse.channel.application.discovery_ports import (
    ENOUGH_BEGIN,
    LEAST_ALIKE,
    CategoryCard,
    CategoryPlace,
    DirectoryFilter,
    DirectoryPlace,
    least_similarity,
)
from livehouse.channel.contract import ChannelCard, ChannelId, Privacy
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics, Totals
from livehouse.channel.domain.category import Category
from livehouse.channel.domain.channel import Channel
from livehouse.channel.testing.tables import LiveRow, Tables


class InMemoryDirectory:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def broadcast_started(self, channel_id: ChannelId, broadcast_id: str, started_at: datetime) -> None:
        if channel_id in self._tables.channels:
            self._tables.directory[channel_id] = LiveRow(broadcast_id, 0, started_at)

    async def broadcast_ended(self, channel_id: ChannelId, broadcast_id: str) -> None:
        row = self._tables.directory.get(channel_id)
        if row is not None and row.broadcast_id == broadcast_id:
            del self._tables.directory[channel_id]

    async def viewers_counted(self, channel_id: ChannelId, broadcast_id: str, viewers: int) -> None:
        row = self._tables.directory.get(channel_id)
        if row is not None and row.broadcast_id == broadcast_id:
            self._tables.directory[channel_id] = replace(row, viewers=viewers)

    async def channel_changed(self, channel_id: ChannelId) -> None:
        pass  # lists are made of the channels themselves

    async def viewers_of(self, channel_id: ChannelId) -> int | None:
        row = self._tables.directory.get(channel_id)
        return None if row is None else row.viewers

    async def page(
        self, wanted: DirectoryFilter, *, after: DirectoryPlace | None, limit: int, now: datetime
    ) -> Sequence[ChannelCard]:
        cards = sorted((self._card(one) for one in self._listed(now) if _fits(one, wanted)), key=_order)
        following = [card for card in cards if after is None or _order(card) > _order(after)]
        return [card for card in following if card.is_live or not wanted.live_only][:limit]

    async def search(self, text: str, *, limit: int, now: datetime) -> Sequence[ChannelCard]:
        name = re.sub(r"\s", "_", text)
        words = re.findall(r"[^\W_]+", text)
        begin = [one.name.value for one in self._listed(now) if one.name.value.startswith(name)]
        may_be_mistaken = len(name) >= LEAST_ALIKE and len(begin) < ENOUGH_BEGIN and name not in begin
        found = [
            channel
            for channel in self._listed(now)
            if channel.name.value.startswith(name)
            or (may_be_mistaken and similarity(channel.name.value, name) >= least_similarity(name))
            or (words and _has_words(channel, words))
        ]
        cards = [self._card(channel) for channel in found]
        return sorted(
            cards,
            key=lambda card: (
                card.name.value != name,
                not card.name.value.startswith(name),
                not card.is_live,
                -card.viewers,
                -similarity(card.name.value, name),
                card.name.value,
            ),
        )[:limit]

    async def cards(self, channel_ids: Collection[ChannelId], *, now: datetime) -> Sequence[ChannelCard]:
        there = (self._tables.read(one) for one in self._tables.channels.values() if one.id in channel_ids)
        return [self._card(channel) for channel in there if channel.suspension_at(now) is None]

    def _listed(self, now: datetime) -> list[Channel]:
        return [
            self._tables.read(channel)
            for channel in self._tables.channels.values()
            if channel.privacy is not Privacy.UNLISTED and channel.suspension_at(now) is None
        ]

    def _card(self, channel: Channel) -> ChannelCard:
        row = self._tables.directory.get(channel.id)
        return ChannelCard(
            channel.id,
            channel.owner_id,
            channel.name,
            channel.title,
            channel.category,
            channel.category_slug,
            channel.tags,
            channel.language,
            channel.is_mature,
            channel.privacy,
            row is not None,
            0 if row is None else row.viewers,
            None if row is None else row.started_at,
        )


class InMemoryCategories:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, category: Category) -> bool:
        if self._is_taken(category) or category.slug in self._tables.former_slugs:
            return False
        self._tables.categories[category.id] = category
        return True

    async def save(self, category: Category) -> bool:
        leads_to = self._tables.former_slugs.get(category.slug, category.id)
        if self._is_taken(category) or leads_to != category.id:
            return False
        self._tables.former_slugs.pop(category.slug, None)
        before = self._tables.categories[category.id]
        if before.slug != category.slug:
            self._tables.former_slugs[before.slug] = category.id
        self._tables.categories[category.id] = category
        return True

    async def by_slug(self, slug: str, *, for_update: bool = False) -> Category | None:
        for category in self._tables.categories.values():
            if category.slug == slug:
                return category
        former = self._tables.former_slugs.get(slug)
        return None if former is None else self._tables.categories[former]

    async def by_name(self, name: str) -> Category | None:
        named = [one for one in self._tables.categories.values() if one.name.lower() == name.lower()]
        return named[0] if named else None

    async def move_some(self, category: Category, into: Category | None, *, limit: int) -> bool:
        target = None if into is None else into.id
        channels = [one for one in self._tables.channels.values() if one.category_id == category.id]
        shows = [key for key, one in self._tables.content.entries.items() if one.category_id == category.id]
        for channel in channels[:limit]:
            self._tables.channels[channel.id] = replace(channel, category_id=target)
        for key in shows[:limit]:
            entry = self._tables.content.entries[key]
            self._tables.content.entries[key] = replace(entry, category_id=target)
        return max(len(channels), len(shows)) >= limit

    async def remove(self, category: Category, into: Category | None) -> None:
        target = None if into is None else into.id
        for channel in list(self._tables.channels.values()):
            if channel.category_id == category.id:
                self._tables.channels[channel.id] = replace(channel, category_id=target)
        for key, entry in list(self._tables.content.entries.items()):
            if entry.category_id == category.id:
                self._tables.content.entries[key] = replace(entry, category_id=target)
        for slug, leads_to in list(self._tables.former_slugs.items()):
            if leads_to == category.id:
                del self._tables.former_slugs[slug]
                if target is not None:
                    self._tables.former_slugs[slug] = target
        if target is not None:
            self._tables.former_slugs[category.slug] = target
        del self._tables.categories[category.id]

    async def count(self) -> int:
        return len(self._tables.categories)

    async def box_art_among(self, paths: Sequence[str]) -> frozenset[str]:
        shown = {category.box_art for category in self._tables.categories.values()}
        return frozenset(path for path in paths if path in shown)

    async def page(self, query: str, *, after: CategoryPlace | None, limit: int) -> Sequence[CategoryCard]:
        cards = [
            self._card(category)
            for category in self._tables.categories.values()
            if query in category.name.lower() or similarity(category.name.lower(), query) >= 0.3
        ]
        ordered = sorted(cards, key=lambda card: (-card.viewers, card.category.name))
        place = None if after is None else (-after.viewers, after.name)
        return [one for one in ordered if place is None or (-one.viewers, one.category.name) > place][:limit]

    async def card(self, category: Category) -> CategoryCard:
        return self._card(category)

    def _card(self, category: Category) -> CategoryCard:
        live = [
            row.viewers
            for channel_id, row in self._tables.directory.items()
            if self._tables.channels[channel_id].category_id == category.id
            and self._tables.channels[channel_id].privacy is not Privacy.UNLISTED
        ]
        return CategoryCard(category, len(live), sum(live))

    def _is_taken(self, category: Category) -> bool:
        return any(
            other.id != category.id
            and (other.slug == category.slug or other.name.lower() == category.name.lower())
            for other in self._tables.categories.values()
        )


class InMemoryStatistics:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of(
        self, channel_id: ChannelId, broadcast_id: str, *, for_update: bool = False
    ) -> BroadcastStatistics | None:
        return self._tables.statistics.get((channel_id, broadcast_id))

    async def save(self, statistics: BroadcastStatistics) -> None:
        if statistics.channel_id in self._tables.channels:
            self._tables.statistics[statistics.channel_id, statistics.broadcast_id] = statistics

    async def page(
        self, channel_id: ChannelId, *, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[BroadcastStatistics]:
        mine = [one for one in self._tables.statistics.values() if one.channel_id == channel_id]
        ordered = sorted(mine, key=lambda one: (one.started_at, one.broadcast_id), reverse=True)
        earlier = [one for one in ordered if before is None or (one.started_at, one.broadcast_id) < before]
        return earlier[:limit]

    async def totals(self, channel_id: ChannelId, since: datetime, now: datetime) -> Totals:
        counted = [
            one
            for one in self._tables.statistics.values()
            if one.channel_id == channel_id and one.started_at >= since
        ]
        return Totals(
            len(counted),
            sum((one.duration_at(now) for one in counted), timedelta()),
            sum(one.viewer_s_at(one.ended_at or now) for one in counted),
            max((one.peak_viewers for one in counted), default=0),
            sum(one.messages or 0 for one in counted),
        )


def similarity(one: str, other: str) -> float:
    """As pg_trgm: the share of runs of three that two texts have in common."""
    a, b = _trigrams(one), _trigrams(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def _trigrams(text: str) -> set[str]:
    padded = [f"  {word} " for word in re.findall(r"[^\W_]+", text.lower())]
    return {word[place : place + 3] for word in padded for place in range(len(word) - 2)}


def _has_words(channel: Channel, words: list[str]) -> bool:
    """All of them; the last may be the beginning of one."""
    said = " ".join((channel.name.value, channel.title, *channel.tags)).lower()
    there = set(re.findall(r"[^\W_]+", said))
    *whole, last = words
    return there.issuperset(whole) and any(word.startswith(last) for word in there)


def _fits(channel: Channel, wanted: DirectoryFilter) -> bool:
    return (
        wanted.category_id in (None, channel.category_id)
        and wanted.language in (None, channel.language)
        and (wanted.tag is None or wanted.tag in {tag.lower() for tag in channel.tags})
    )


def _order(place: ChannelCard | DirectoryPlace) -> tuple[bool, int, str]:
    channel_id = place.id if isinstance(place, ChannelCard) else place.channel_id
    return not place.is_live, -place.viewers, channel_id.uuid.hex

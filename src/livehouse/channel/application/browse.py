"""Looking around: lists of channels, categories, search."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from cpc.kernel.clock import Clock
from cpc.kernel.cursors import cut_page, page_size, read_cursor, write_cursor
from cpc.kernel.errors import Invalid
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, PersonCards
from livehouse.channel.application.discovery_ports import (
    CategoryCard,
    CategoryPlace,
    DirectoryFilter,
    DirectoryPlace,
)
from livehouse.channel.application.manage_categories import find_category
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import ChannelCard, ChannelId
from livehouse.channel.domain.settings import MAX_TAG_CHARACTERS, valid_language

MAX_SEARCH_CHARACTERS = 60
MAX_FOUND = 50
_CHANNELS, _CATEGORIES = "channels", "categories"


@dataclass(frozen=True, slots=True, eq=False)
class ChannelPage:
    """next_cursor: give it back for the next page; None at the end."""

    channels: Sequence[ChannelCard]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class CategoryPage:
    categories: Sequence[CategoryCard]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Found:
    channels: Sequence[ChannelCard]
    categories: Sequence[CategoryCard]


class ListChannels:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, people: PersonCards, access: Access, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._people = people
        self._access = access
        self._clock = clock

    async def __call__(
        self,
        actor: Actor,
        *,
        live_only: bool = False,
        category: str | None = None,
        tag: str | None = None,
        language: str | None = None,
        cursor: str | None = None,
        limit: int = 24,
    ) -> ChannelPage:
        """category: a slug. Raises `Invalid` (malformed-cursor, malformed-language), `NotFound`
        (no-such-category).
        """
        await self._access.require(actor, Action.LIST_CHANNELS)
        after = read_cursor(cursor, _CHANNELS, _channel_place)
        limit = page_size(limit)
        async with self._unit_of_work() as unit:
            wanted = DirectoryFilter(
                live_only=live_only,
                category_id=(await find_category(unit.categories, category)).id if category else None,
                tag=tag_key(tag) if tag else None,
                language=valid_language(language) if language else None,
            )
            cards = await unit.directory.page(wanted, after=after, limit=limit + 1, now=self._clock.now())
        shown, next_cursor = cut_page(cards, limit, _channel_cursor)
        return ChannelPage(await with_owners(shown, self._people), next_cursor)

    def forget(self) -> None:
        """Some channel has changed. Here nothing is kept."""


class ListCategories:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(
        self, actor: Actor, *, query: str = "", cursor: str | None = None, limit: int = 24
    ) -> CategoryPage:
        """The most watched first. Raises `Invalid` (malformed-cursor, search-too-long)."""
        await self._access.require(actor, Action.LIST_CATEGORIES)
        after = read_cursor(cursor, _CATEGORIES, _category_place)
        limit = page_size(limit)
        async with self._unit_of_work() as unit:
            cards = await unit.categories.page(search_text(query), after=after, limit=limit + 1)
        return CategoryPage(*cut_page(cards, limit, _category_cursor))


class ReadCategory:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, slug: str) -> CategoryCard:
        """Also by a slug it had before. Raises `NotFound` (no-such-category)."""
        await self._access.require(actor, Action.READ_CATEGORY)
        async with self._unit_of_work() as unit:
            return await unit.categories.card(await find_category(unit.categories, slug))


class Search:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, people: PersonCards, access: Access, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._people = people
        self._access = access
        self._clock = clock

    async def __call__(
        self,
        actor: Actor,
        text: str,
        *,
        channels: bool = True,
        categories: bool = True,
        limit: int = 20,
    ) -> Found:
        """What is like `text`, the best first. Raises `Invalid` (search-empty, search-too-long)."""
        await self._access.require(actor, Action.SEARCH)
        wanted = search_text(text)
        if not wanted:
            raise Invalid("search-empty", "Say what to look for.")
        limit = max(1, min(limit, MAX_FOUND))
        async with self._unit_of_work() as unit:
            alike = await unit.categories.page(wanted, after=None, limit=MAX_FOUND) if categories else []
            found: Sequence[ChannelCard] = []
            if channels:
                found = await unit.directory.search(wanted, limit=limit, now=self._clock.now())
        # Most watched first they came; of that very name, or beginning so, goes before.
        best = sorted(alike, key=lambda card: _unlikeness(card.category.name.lower(), wanted))
        return Found(await with_owners(found, self._people), best[:limit])


class FindChannelCards:
    """The `ChannelCards` facade of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, people: PersonCards, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._people = people
        self._clock = clock

    async def of(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelCard]:
        if not channel_ids:
            return {}
        async with self._unit_of_work() as unit:
            found = await unit.directory.cards(channel_ids, now=self._clock.now())
        return {card.id: card for card in await with_owners(found, self._people)}


async def with_owners(cards: Sequence[ChannelCard], people: PersonCards) -> Sequence[ChannelCard]:
    """What is their owners': one look for all of them."""
    of = await people.of({card.owner_id for card in cards})
    return [
        card
        if (owner := of.get(card.owner_id)) is None
        else replace(card, avatar=owner.avatar, display_name=owner.written(card.name.value))
        for card in cards
    ]


def _unlikeness(name: str, wanted: str) -> int:
    return 0 if name == wanted else 1 if name.startswith(wanted) else 2


def search_text(text: str) -> str:
    """In one form of letters and without capitals, white space folded. Raises `Invalid` (search-too-long)."""
    if len(text) > MAX_SEARCH_CHARACTERS * 4:  # before any work on it
        raise _too_long()
    folded = " ".join(unicodedata.normalize("NFKC", text).lower().split()).lstrip("@")
    kept = "".join(sign for sign in folded if unicodedata.category(sign)[0] not in "C")
    if len(kept) > MAX_SEARCH_CHARACTERS:
        raise _too_long()
    return kept.strip()


def tag_key(tag: str) -> str:
    """What tags are compared by."""
    return unicodedata.normalize("NFC", tag.strip()[: MAX_TAG_CHARACTERS * 4]).lower()


def _too_long() -> Invalid:
    return Invalid("search-too-long", f"A search may have at most {MAX_SEARCH_CHARACTERS} characters.")


def _channel_cursor(card: ChannelCard) -> str:
    return write_cursor(_CHANNELS, card.is_live, card.viewers, str(card.id))


def _channel_place(is_live: bool, viewers: int, channel_id: str) -> DirectoryPlace:
    if not 0 <= viewers < 2**31:
        raise ValueError(viewers)
    return DirectoryPlace(bool(is_live), viewers, ChannelId.parse(channel_id))


def _category_cursor(card: CategoryCard) -> str:
    return write_cursor(_CATEGORIES, card.viewers, card.category.name)


def _category_place(viewers: int, name: str) -> CategoryPlace:
    return CategoryPlace(int(viewers), name.strip())

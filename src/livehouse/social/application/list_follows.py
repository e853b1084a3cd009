"""Whom one follows, and who follows a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cpc.kernel.cursors import cut_page, page_size
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, PersonCard, PersonCards
from livehouse.channel.contract import ChannelCard, ChannelCards, Channels
from livehouse.social.application.pages import cursor_at, place_at
from livehouse.social.application.ports import Place, UnitOfWorkFactory
from livehouse.social.domain.follow import Follow


@dataclass(frozen=True, slots=True)
class FollowingPage:
    """next_cursor: give it back for the next page; None at the end."""

    follows: Sequence[tuple[ChannelCard, Follow]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class FollowersPage:
    followers: Sequence[tuple[PersonCard, Follow]]
    next_cursor: str | None


class ListFollowing:
    def __init__(self, unit_of_work: UnitOfWorkFactory, cards: ChannelCards, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._cards = cards
        self._access = access

    async def __call__(self, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> FollowingPage:
        """Newest first; a page has fewer where channels are suspended now.

        Raises `Unauthenticated`, `Forbidden`, `Invalid` (malformed-cursor).
        """
        await self._access.require(actor, Action.LIST_FOLLOWING)
        after, limit = place_at("following", cursor), page_size(limit)
        async with self._unit_of_work() as unit:
            found = await unit.follows.of_account(actor.require_account(), after=after, limit=limit + 1)
        shown, next_cursor = cut_page(
            found, limit, lambda last: cursor_at("following", Place(last.followed_at, last.channel_id))
        )
        channels = await self._cards.of([follow.channel_id for follow in shown])
        return FollowingPage(
            [(channels[follow.channel_id], follow) for follow in shown if follow.channel_id in channels],
            next_cursor,
        )


class ListFollowers:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, channels: Channels, people: PersonCards, access: Access
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._people = people
        self._access = access

    async def __call__(
        self, actor: Actor, channel_name: str, *, cursor: str | None = None, limit: int = 50
    ) -> FollowersPage:
        """Newest first. Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid` (malformed-cursor)."""
        self._access.check(actor, Action.LIST_FOLLOWERS)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.LIST_FOLLOWERS, channel.id)
        after, limit = place_at("followers", cursor), page_size(limit)
        async with self._unit_of_work() as unit:
            found = await unit.follows.of_channel(channel.id, after=after, limit=limit + 1)
        shown, next_cursor = cut_page(
            found, limit, lambda last: cursor_at("followers", Place(last.followed_at, last.account_id))
        )
        people = await self._people.of([follow.account_id for follow in shown])
        return FollowersPage(
            [(people[follow.account_id], follow) for follow in shown if follow.account_id in people],
            next_cursor,
        )


class CountFollowers:
    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._access = access

    async def __call__(self, actor: Actor, channel_name: str) -> int:
        """Raises `NotFound`, `Forbidden`."""
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.COUNT_FOLLOWERS, channel.id)
        async with self._unit_of_work() as unit:
            return await unit.follows.followers(channel.id)

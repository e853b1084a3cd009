"""What administrators read of channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cpc.kernel.clock import Clock
from cpc.kernel.cursors import cut_page, page_size, read_cursor, write_cursor
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, PersonCard, PersonCards
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import ChannelName
from livehouse.channel.domain.channel import Channel, ChannelState

_LISTING = "all-channels"


@dataclass(frozen=True, slots=True)
class AllChannelsPage:
    """Each with its owner, None who is gone. next_cursor: give it back for the next page; None at the end."""

    channels: Sequence[tuple[Channel, PersonCard | None]]
    next_cursor: str | None


class ListAllChannels:
    """Unlisted, suspended and all."""

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
        query: str = "",
        state: ChannelState | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AllChannelsPage:
        """By name. query: what names begin with, in any case.

        Raises `Unauthenticated`, `Forbidden`, `Invalid` (malformed-cursor).
        """
        await self._access.require(actor, Action.LIST_ALL_CHANNELS)
        after = read_cursor(cursor, _LISTING, ChannelName)
        limit = page_size(limit)
        async with self._unit_of_work() as unit:
            found = await unit.channels.page(
                prefix=query.lower(), state=state, now=self._clock.now(), after=after, limit=limit + 1
            )
        shown, next_cursor = cut_page(found, limit, lambda last: write_cursor(_LISTING, last.name.value))
        people = await self._people.of({channel.owner_id for channel in shown})
        return AllChannelsPage([(channel, people.get(channel.owner_id)) for channel in shown], next_cursor)

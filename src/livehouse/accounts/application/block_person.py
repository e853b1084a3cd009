"""Somebody wants nothing to do with somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.cursors import cut_page, page_size, read_cursor, write_cursor
from cpc.kernel.errors import Conflict, Invalid
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import find_account
from livehouse.accounts.contract import AccountName, Actor, PersonBlocked, PersonCard

MAX_BLOCKS = 5_000


@dataclass(frozen=True, slots=True)
class BlockPage:
    """blocks: who, and when it was. next_cursor: give it back for the next page; None at the end."""

    blocks: Sequence[tuple[PersonCard, datetime]]
    next_cursor: str | None


class BlockPerson:
    """Other slices ask `People.has_blocked` and hear `PersonBlocked`. Whoever is blocked is not told."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str) -> None:
        """Doing it twice is fine.

        Raises `Unauthenticated`, `Forbidden`, `NotFound`, `Invalid` (own-name), `Conflict` (too-many-blocks).
        """
        await self._access.require(actor, Action.BLOCK_PERSON)
        account_id = actor.require_account()
        async with self._unit_of_work() as unit:
            blocked = await find_account(unit.accounts, name)
            if blocked.id == account_id:
                raise Invalid("own-name", "That is yourself.")
            if await unit.blocks.count(account_id) >= MAX_BLOCKS:
                raise Conflict("too-many-blocks", f"You have blocked {MAX_BLOCKS} people. Take a block back.")
            now = self._clock.now()
            await unit.blocks.add(account_id, blocked.id, now)
            event = PersonBlocked(account_id, blocked.id, now)
            unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=now))


class UnblockPerson:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, name: str) -> None:
        """Doing it twice is fine. Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        await self._access.require(actor, Action.UNBLOCK_PERSON)
        async with self._unit_of_work() as unit:
            blocked = await find_account(unit.accounts, name)
            await unit.blocks.remove(actor.require_account(), blocked.id)


class ListBlocks:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> BlockPage:
        """By name. Raises `Unauthenticated`, `Forbidden`, `Invalid` (malformed-cursor)."""
        await self._access.require(actor, Action.LIST_BLOCKS)
        after = read_cursor(cursor, "blocks", AccountName)
        limit = page_size(limit)
        async with self._unit_of_work() as unit:
            found = await unit.blocks.page(actor.require_account(), after=after, limit=limit + 1)
        return BlockPage(*cut_page(found, limit, lambda last: write_cursor("blocks", last[0].name.value)))

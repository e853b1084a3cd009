"""Administrators make categories, rename them, and take them away."""

from __future__ import annotations

from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Invalid, NotFound
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, Deeds
from livehouse.channel.application.discovery_ports import Categories
from livehouse.channel.application.page_images import let_go
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import CategoryId
from livehouse.channel.domain.category import (
    MAX_CATEGORIES,
    Category,
    category_slug,
    valid_box_art,
    valid_category_description,
    valid_category_name,
)

MOVED_AT_ONCE = 1_000


class CreateCategory:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, deeds: Deeds, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._deeds = deeds
        self._ids = ids

    async def __call__(
        self, actor: Actor, name: str, *, description: str = "", box_art: str = ""
    ) -> Category:
        """Raises `Unauthenticated`, `Forbidden`, `Invalid`, `Conflict` (category-taken, categories-full)."""
        await self._access.require(actor, Action.CREATE_CATEGORY)
        category_id = CategoryId(self._ids.uuid())
        valid_name = valid_category_name(name)
        category = Category(
            category_id,
            category_slug(valid_name, category_id),
            valid_name,
            valid_category_description(description),
            valid_box_art(box_art),
        )
        async with self._unit_of_work() as unit:
            if await unit.categories.count() >= MAX_CATEGORIES:
                raise Conflict("categories-full", f"There are at most {MAX_CATEGORIES} categories.")
            if not await unit.categories.add(category):
                raise _taken(valid_name)
            deed = self._deeds.event(actor, "create_category", category_id, valid_name)
            unit.outbox.publish(deed)
        await self._deeds.write_down(deed)
        return category


class ChangeCategory:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, deeds: Deeds, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._deeds = deeds
        self._clock = clock

    async def __call__(
        self,
        actor: Actor,
        slug: str,
        *,
        name: str | None = None,
        description: str | None = None,
        box_art: str | None = None,
        expected_version: int | None = None,
    ) -> Category:
        """None leaves a field as it is. A new name makes a new slug; the former one goes on leading here.

        Raises `Unauthenticated`, `Forbidden`, `NotFound`, `PreconditionFailed` (category-changed), `Invalid`,
        `Conflict` (category-taken).
        """
        await self._access.require(actor, Action.CHANGE_CATEGORY)
        deed = None
        async with self._unit_of_work() as unit:
            category = await find_category(unit.categories, slug, for_update=True)
            category.check_version(expected_version)
            changed = replace(
                category,
                description=category.description
                if description is None
                else valid_category_description(description),
                box_art=category.box_art if box_art is None else valid_box_art(box_art),
            )
            if name is not None:
                new_name = valid_category_name(name)
                changed = replace(changed, name=new_name, slug=category_slug(new_name, category.id))
            if changed != category:
                changed = replace(changed, version=category.version + 1)
                if not await unit.categories.save(changed):
                    raise _taken(changed.name)
            await let_go(unit, [category.box_art], [changed.box_art], self._clock.now())
            if changed != category:
                renamed = "" if changed.name == category.name else f"now '{changed.name}'"
                deed = self._deeds.event(actor, "change_category", category.id, category.name, renamed)
                unit.outbox.publish(deed)
        await self._deeds.write_down(deed)
        return changed


class RemoveCategory:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, deeds: Deeds, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._deeds = deeds
        self._clock = clock

    async def __call__(
        self, actor: Actor, slug: str, *, into: str | None = None, expected_version: int | None = None
    ) -> None:
        """into: slug of the category that its channels get and its addresses lead to; None: they get none.
        expected_version: of the one that goes.

        Very many channels are moved some at a time, each time in a unit of work of its own. Should the node
        stop in between, the category is still there, and doing it again goes on.

        Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-category), `PreconditionFailed`
        (category-changed), `Invalid` (merged-into-itself).
        """
        await self._access.require(actor, Action.REMOVE_CATEGORY)
        begun: tuple[CategoryId, CategoryId | None] | None = None
        while True:
            async with self._unit_of_work() as unit:
                category, target = await _both(unit.categories, slug, into)
                category.check_version(expected_version)
                both = category.id, None if target is None else target.id
                if begun is not None and both != begun:
                    raise _no_such_category(slug)  # Somebody else merged one of them meanwhile.
                begun = both
                if await unit.categories.move_some(category, target, limit=MOVED_AT_ONCE):
                    continue
                await unit.categories.remove(category, target)
                await let_go(unit, [category.box_art], [], self._clock.now())
                deed = self._deeds.event(
                    actor,
                    "remove_category" if target is None else "merge_category",
                    category.id,
                    category.name,
                    "" if target is None else f"into '{target.name}'",
                )
                unit.outbox.publish(deed)
            await self._deeds.write_down(deed)
            return


async def _both(categories: Categories, slug: str, into: str | None) -> tuple[Category, Category | None]:
    """Raises `NotFound` (no-such-category), `Invalid` (merged-into-itself)."""
    category = await find_category(categories, slug, for_update=True)
    target = None if into is None else await find_category(categories, into)
    if target is not None and target.id == category.id:
        raise Invalid("merged-into-itself", "A category cannot be merged into itself.")
    return category, target


async def find_category(categories: Categories, slug: str, *, for_update: bool = False) -> Category:
    """Raises `NotFound` (no-such-category)."""
    category = await categories.by_slug(slug.lower(), for_update=for_update)
    if category is None:
        raise _no_such_category(slug)
    return category


async def chosen_category(categories: Categories, text: str) -> Category | None:
    """By name or slug, as somebody typed or chose it; None for an empty one.

    Raises `NotFound` (no-such-category).
    """
    wanted = " ".join(text.split())
    if not wanted:
        return None
    by_name = await categories.by_name(wanted)
    return by_name or await find_category(categories, wanted)


def _no_such_category(slug: str) -> NotFound:
    return NotFound("no-such-category", f"There is no category '{slug[:60]}'.")


def _taken(name: str) -> Conflict:
    return Conflict(
        "category-taken", f"There is a category called '{name}' already, or one with its address."
    )

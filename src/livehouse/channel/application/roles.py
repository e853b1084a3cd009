"""The owner makes editors, moderators and VIPs of a channel, and unmakes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.cursors import cut_page, page_size, read_cursor, write_cursor
from cpc.kernel.errors import Conflict, NotFound
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action, Role, Suspension
from livehouse.accounts.contract import AccountId, AccountName, Actor, Names, People, PersonCard, PersonCards
from livehouse.channel.application.ports import RolePlace, UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelId, ChannelRoleChanged
from livehouse.channel.domain.channel import Channel
from livehouse.channel.domain.role_grant import MAX_ROLES, ChannelRole, RoleGrant

_ROLES_LISTING = "channel-roles"
_OWN_LISTING = "own-channels"


@dataclass(frozen=True, slots=True)
class RoleHolder:
    person: PersonCard
    role: ChannelRole
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class RolePage:
    """next_cursor: give it back for the next page; None at the end."""

    holders: Sequence[RoleHolder]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """role: what one is to it. suspension: the one that counts now, as far as one may know of it."""

    channel: Channel
    role: Role
    suspension: Suspension | None


@dataclass(frozen=True, slots=True)
class OwnChannelPage:
    """The one that is one's own first."""

    channels: Sequence[OwnChannel]
    next_cursor: str | None


class GrantRole:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        people: People,
        names: Names,
        cards: PersonCards,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._people = people
        self._names = names
        self._cards = cards
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str, account_name: str, role: ChannelRole) -> RoleHolder:
        """A role somebody has is replaced; giving the same one again changes nothing.

        Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel, no-such-account), `Conflict`
        (is-owner, person-blocked, too-many-roles).
        """
        self._access.check(actor, Action.GRANT_ROLE)
        async with self._unit_of_work() as unit:
            found = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.GRANT_ROLE, found.id)
        account_id = await self._names.account_called(account_name)
        if account_id == found.owner_id:
            raise Conflict("is-owner", "The channel's owner may everything already.")
        if await self._people.has_blocked(found.owner_id, account_id):
            raise Conflict(
                "person-blocked", "You have blocked this person. Take the block back before you give a role."
            )
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name, for_update=True)  # counted one after the other
            grant = await unit.roles.of(channel.id, account_id)
            if grant is None and await unit.roles.count(channel.id) >= MAX_ROLES:
                raise Conflict("too-many-roles", f"A channel has at most {MAX_ROLES} people with a role.")
            if grant is None or grant.role is not role:
                grant = RoleGrant(channel.id, account_id, role, now)
                await unit.roles.put(grant)
                event = ChannelRoleChanged(
                    channel.id, channel.owner_id, channel.name, channel.version, account_id, role.value
                )
                unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=now))
        # An account erased meanwhile takes the role with it.
        person = (await self._cards.of([account_id])).get(account_id)
        called = PersonCard(account_id, AccountName.parse(account_name))
        return RoleHolder(person or called, role, grant.granted_at)


class RevokeRole:
    """Also how somebody lays down a role of their own."""

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, names: Names, clock: Clock, ids: Ids
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._names = names
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str, account_name: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel, no-such-account, no-role)."""
        self._access.check(actor, Action.REVOKE_ROLE)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.REVOKE_ROLE, channel.id)
        await self._take(channel, await self._names.account_called(account_name))

    async def lay_down(self, actor: Actor, name: str) -> None:
        """One's own. Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel, no-role)."""
        self._access.check(actor, Action.LAY_DOWN_ROLE)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.LAY_DOWN_ROLE, channel.id)
        await self._take(channel, actor.require_account())

    async def _take(self, channel: Channel, account_id: AccountId) -> None:
        async with self._unit_of_work() as unit:
            if not await unit.roles.remove(channel.id, account_id):
                raise NotFound("no-role", "This person has no role on this channel.")
            event = ChannelRoleChanged(
                channel.id, channel.owner_id, channel.name, channel.version, account_id, None
            )
            unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=self._clock.now()))


class TakeRolesAway:
    """For other parts of the node, which have asked already whether it may be."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def __call__(self, account_id: AccountId, channel_id: ChannelId | None = None) -> None:
        """channel_id: None for those of every channel. Doing it twice is fine."""
        async with self._unit_of_work() as unit:
            if channel_id is None:
                await unit.roles.remove_all(account_id)
            else:
                await unit.roles.remove(channel_id, account_id)


class ListRoles:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, cards: PersonCards) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._cards = cards

    async def __call__(
        self, actor: Actor, name: str, *, cursor: str | None = None, limit: int = 50
    ) -> RolePage:
        """Editors, then moderators, then VIPs.

        Raises `Unauthenticated`, `Forbidden`, `NotFound`, `Invalid` (malformed-cursor).
        """
        self._access.check(actor, Action.LIST_ROLES)
        after = read_cursor(cursor, _ROLES_LISTING, _role_place)
        limit = page_size(limit)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.LIST_ROLES, channel.id)
        async with self._unit_of_work() as unit:
            found = await unit.roles.page(channel.id, after=after, limit=limit + 1)
        shown, next_cursor = cut_page(found, limit, _role_cursor)
        people = await self._cards.of([grant.account_id for grant in shown])
        return RolePage(
            [
                RoleHolder(people[grant.account_id], grant.role, grant.granted_at)
                for grant in shown
                if grant.account_id in people
            ],
            next_cursor,
        )


class ListOwnChannels:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock

    async def __call__(self, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> OwnChannelPage:
        """Also suspended ones, and those about to be erased.

        Raises `Unauthenticated`, `Forbidden`, `Invalid` (malformed-cursor).
        """
        await self._access.require(actor, Action.LIST_OWN_CHANNELS)
        account_id = actor.require_account()
        after = read_cursor(cursor, _OWN_LISTING, ChannelId.parse)
        limit = page_size(limit)
        async with self._unit_of_work() as unit:
            own = await unit.channels.by_owner(account_id) if after is None else None
            found = await unit.roles.held_by(account_id, after=after, limit=limit + 1)
        shown, next_cursor = cut_page(found, limit, lambda last: write_cursor(_OWN_LISTING, str(last[0].id)))
        now = self._clock.now()
        channels = [
            OwnChannel(one, granted.role, one.suspension_as(granted.role, now)) for one, granted in shown
        ]
        if own is not None:
            channels.insert(0, OwnChannel(own, Role.OWNER, own.suspension_as(Role.OWNER, now)))
        return OwnChannelPage(channels, next_cursor)


def _role_cursor(grant: RoleGrant) -> str:
    return write_cursor(_ROLES_LISTING, grant.role.value, str(grant.account_id))


def _role_place(role: str, account_id: str) -> RolePlace:
    return RolePlace(ChannelRole(role), AccountId.parse(account_id))

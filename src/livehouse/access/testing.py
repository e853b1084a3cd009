"""Access for tests of other parts: the real rules over standings one can set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Unavailable
from cpc.kernel.ids import EntityId
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import ChannelStanding, Entitlement, Privacy, Role, Supporting

_SUPPORT = frozenset({Role.FOLLOWER, Role.PAID_SUBSCRIBER})


class InMemoryStandings:
    """`ChannelStandings` over a dictionary; `supporters` is the `Supporters` of the same one.

    A paid subscriber of it has a tier with everything.
    """

    def __init__(self) -> None:
        self._roles: dict[tuple[EntityId, EntityId], frozenset[Role]] = {}
        self._suspended: set[EntityId] = set()
        self._for_members: set[EntityId] = set()
        self._chats_for_members: set[EntityId] = set()
        self.supporters = _InMemorySupporters(self._roles)

    def give(self, channel_id: EntityId, account_id: EntityId, roles: Iterable[Role]) -> None:
        self._roles[channel_id, account_id] = frozenset(roles)

    def suspend(self, channel_id: EntityId) -> None:
        self._suspended.add(channel_id)

    def open_for_members_only(self, channel_id: EntityId) -> None:
        self._for_members.add(channel_id)

    def open_chat_for_members_only(self, channel_id: EntityId) -> None:
        self._chats_for_members.add(channel_id)

    async def of(self, channel_id: EntityId, account_id: EntityId | None) -> ChannelStanding:
        roles = frozenset() if account_id is None else self._roles.get((channel_id, account_id), frozenset())
        privacy = Privacy.MEMBERS_ONLY if channel_id in self._for_members else Privacy.PUBLIC
        return ChannelStanding(
            roles - _SUPPORT, channel_id in self._suspended, privacy, channel_id in self._chats_for_members
        )


class _InMemorySupporters:
    """is_away: the tiers cannot be read."""

    is_away = False

    def __init__(self, roles: dict[tuple[EntityId, EntityId], frozenset[Role]]) -> None:
        self._roles = roles

    async def of(self, channel_id: EntityId, account_id: EntityId) -> Supporting:
        roles = self._roles.get((channel_id, account_id), frozenset()) & _SUPPORT
        if Role.PAID_SUBSCRIBER not in roles:
            return Supporting(roles)
        return Supporting(roles, frozenset(Entitlement), badge_months=1)

    async def tiers_with(self, channel_id: EntityId, entitlement: Entitlement) -> Sequence[str]:
        if self.is_away:
            raise Unavailable("database-away", "The database is away.")
        return ["Gold"]


def access_for(*owners: tuple[EntityId, EntityId]) -> DecideAccess:
    """The real rules, where each (channel id, account id) is a channel with its owner."""
    standings = InMemoryStandings()
    for channel_id, account_id in owners:
        standings.give(channel_id, account_id, {Role.OWNER})
    return DecideAccess(standings, standings.supporters, FakeClock())

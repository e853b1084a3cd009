"""What the social slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from cpc.eventbus.envelope import Outbox
from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.contract import Support
from livehouse.social.domain.follow import Follow, FollowTally


@dataclass(frozen=True, slots=True)
class Place:
    """The last entry one has seen of a list by time, newest first; the next page begins after it.

    id: of the entry's other side, where two came at the same time.
    """

    at: datetime
    id: EntityId


class Follows(Protocol):
    """A channel's number of followers is counted in the transaction of each change.

    Whoever changes follows of an account holds its tally first, so that nothing comes in between.
    """

    async def tally(self, account_id: AccountId, now: datetime) -> FollowTally:
        """No other unit of work may change the account's follows until this one ends. now: where a new
        tally's window begins.
        """
        ...

    async def get(self, account_id: AccountId, channel_id: ChannelId) -> Follow | None: ...

    async def add(self, follow: Follow, tally: FollowTally) -> None: ...

    async def save(self, follow: Follow) -> None:
        """Its preferences."""
        ...

    async def remove(self, follow: Follow, tally: FollowTally) -> None: ...

    async def of_account(self, account_id: AccountId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        """Newest first."""
        ...

    async def of_channel(self, channel_id: ChannelId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        """Newest first."""
        ...

    async def followers(self, channel_id: EntityId) -> int: ...

    async def remove_of_channel(self, channel_id: ChannelId, limit: int) -> int:
        """Up to `limit` follows of a channel that is gone, with their tallies; how many there were."""
        ...


class Supports(Protocol):
    async def of(self, channel_id: EntityId, account_id: EntityId) -> Support:
        """One statement whatever there is."""
        ...


class UnitOfWork(Protocol):
    """Commits on a clean exit, rolls back on an exception. Raises `Unavailable`."""

    @property
    def follows(self) -> Follows: ...

    @property
    def supports(self) -> Supports: ...

    @property
    def outbox(self) -> Outbox: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]

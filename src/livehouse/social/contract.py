"""What other slices may know of follows and paid subscriptions: read facades."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cpc.kernel.ids import EntityId
from livehouse.access.contract import Entitlement


@dataclass(frozen=True, slots=True)
class Support:
    """What binds an account to a channel.

    followed_at: None unless it follows. paid_months: begun months of its running paid subscription, counted
    over all times, None without one. entitlements: what its tier opens. badge_months: after how many months
    there is the badge that its tier gives it, None without one.
    """

    followed_at: datetime | None = None
    paid_months: int | None = None
    entitlements: frozenset[Entitlement] = frozenset()
    badge_months: int | None = None


class SupportOfChannels(Protocol):
    """Read facade: what binds people to channels. Raises `Unavailable`."""

    async def support(self, channel_id: EntityId, account_id: EntityId) -> Support: ...

    async def followers(self, channel_id: EntityId) -> int:
        """How many follow the channel; 0 for one that does not exist."""
        ...

"""A person's account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from livehouse.access.contract import Scope, Suspension
from livehouse.accounts.contract import AccountId, AccountName, Actor


@dataclass(frozen=True, slots=True)
class Account:
    """suspension: the last one that was not lifted; its end may have passed."""

    id: AccountId
    name: AccountName
    created_at: datetime
    is_administrator: bool = False
    suspension: Suspension | None = None

    def suspension_at(self, now: datetime) -> Suspension | None:
        """None unless it counts now."""
        suspension = self.suspension
        if suspension is None or (suspension.until is not None and suspension.until <= now):
            return None
        return suspension

    def actor(self, now: datetime, scopes: frozenset[Scope] | None = None) -> Actor:
        """The account as the one who acts. scopes: of the personal access token, None for a login."""
        return Actor(
            self.id,
            self.name,
            scopes=scopes,
            is_administrator=self.is_administrator,
            suspension=self.suspension_at(now),
        )

"""A person's account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cpc.images.image import ImageName
from livehouse.access.contract import Scope, Suspension
from livehouse.accounts.contract import AccountId, AccountName, Actor
from livehouse.accounts.domain.mail_address import MailAddress


@dataclass(frozen=True, slots=True)
class Account:
    """suspension: the last one that was not lifted; its end may have passed.

    mail: an address that was confirmed. pending_mail: one that was not yet.
    is_confirmed: an address was, or none was asked for.
    display_name: the name in the letters its owner likes; empty: as it is.
    deletion_due_at: when it will be erased, for somebody who asked for that.
    """

    id: AccountId
    name: AccountName
    created_at: datetime
    is_administrator: bool = False
    suspension: Suspension | None = None
    mail: MailAddress | None = None
    pending_mail: MailAddress | None = None
    is_confirmed: bool = True
    display_name: str = ""
    bio: str = ""
    locale: str = ""
    deletion_due_at: datetime | None = None
    avatar: ImageName | None = None
    renamed_at: datetime | None = None

    @property
    def shown_name(self) -> str:
        return self.display_name or self.name.value

    def suspension_at(self, now: datetime) -> Suspension | None:
        """None unless it counts now."""
        return None if self.suspension is None else self.suspension.at(now)

    def actor(self, now: datetime, scopes: frozenset[Scope] | None = None) -> Actor:
        """The account as the one who acts. scopes: of the personal access token, None for a login."""
        return Actor(
            self.id,
            self.name,
            scopes=scopes,
            is_administrator=self.is_administrator,
            is_confirmed=self.is_confirmed,
            suspension=self.suspension_at(now),
            display_name=self.display_name,
        )

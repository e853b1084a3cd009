"""What administrators do to accounts, and what is written down of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cpc.kernel.errors import Conflict
from cpc.kernel.ids import EntityId
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account


class AuditEntryId(EntityId):
    prefix: ClassVar[str] = "aud"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing an administrator did. Never changed, and kept when those it names are gone.

    by, by_name: None for the operator at the command line. what: such as `suspend_account`.
    subject: printed id of what it was done to; subject_name: what that was called then.
    """

    id: AuditEntryId
    at: datetime
    by: AccountId | None
    by_name: AccountName | None
    what: str
    subject: str
    subject_name: str
    reason: str


def new_suspension(account: Account, reason: str, until: datetime | None, now: datetime) -> Suspension:
    """Raises `Invalid` (malformed-reason, suspension-end), `Conflict` (is-administrator)."""
    if account.is_administrator:
        raise Conflict(
            "is-administrator", f"'{account.name}' is an administrator: the operator takes that away first."
        )
    return Suspension.new(reason, until, now)

"""What administrators do to accounts, and what is written down of it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from cpc.kernel.errors import Conflict, Invalid
from cpc.kernel.ids import EntityId
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account

MAX_REASON_CHARACTERS = 500
MAX_SUSPENSION = timedelta(days=3660)


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
    if until is not None and not now < until <= now + MAX_SUSPENSION:
        raise Invalid(
            "suspension-end", "A suspension ends in the future, at most ten years from now, or never."
        )
    return Suspension(valid_reason(reason), until)


def valid_reason(reason: str) -> str:
    """One line, without control characters. Raises `Invalid` (malformed-reason)."""
    line = " ".join(reason[: MAX_REASON_CHARACTERS * 4].split())
    kept = "".join(sign for sign in line if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Cn", "Co"})
    if not kept or len(kept) > MAX_REASON_CHARACTERS:
        raise Invalid("malformed-reason", f"Give a reason of 1 to {MAX_REASON_CHARACTERS} characters.")
    return kept

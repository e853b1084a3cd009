"""A person's account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from livehouse.accounts.contract import AccountId, AccountName


@dataclass(frozen=True, slots=True)
class Account:
    id: AccountId
    name: AccountName
    created_at: datetime

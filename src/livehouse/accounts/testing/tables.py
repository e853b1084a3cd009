"""What the in-memory stores share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cpc.eventbus.testing import InMemoryTables
from cpc.images.image import ImageName
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.login_session import LoginSession
from livehouse.accounts.domain.outgoing_mail import MailId, OneTimeToken, OutgoingMail
from livehouse.accounts.domain.personal_access_token import PersonalAccessToken


@dataclass(slots=True)
class Tables(InMemoryTables):
    accounts: dict[AccountId, tuple[Account, str]] = field(default_factory=dict)
    retired_names: dict[AccountName, tuple[datetime, AccountId | None]] = field(default_factory=dict)
    login_sessions: dict[bytes, LoginSession] = field(default_factory=dict)
    access_tokens: dict[bytes, PersonalAccessToken] = field(default_factory=dict)
    one_time_tokens: dict[bytes, OneTimeToken] = field(default_factory=dict)
    mail_queue: dict[MailId, OutgoingMail] = field(default_factory=dict)
    blocks: dict[tuple[AccountId, AccountId], datetime] = field(default_factory=dict)
    attempts: dict[bytes, tuple[int, datetime]] = field(default_factory=dict)
    audit_log: dict[AuditEntryId, AuditEntry] = field(default_factory=dict)
    images_in_doubt: dict[ImageName, datetime] = field(default_factory=dict)

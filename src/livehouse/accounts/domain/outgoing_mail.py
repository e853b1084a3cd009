"""Mail that waits to be sent, and the secrets it brings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.mail_address import MailAddress

ONE_TIME_TOKEN_PURPOSE = "one-time-token"  # noqa: S105 - a label
_PREFIX = "lho_"
_MAX_TOKEN_CHARACTERS = 100
# A provider that is away for a night gets it the next morning; a link in it is made anew for each try.
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))


class MailKind(StrEnum):
    """confirm_mail: brings the link that confirms an address. reset_password: to all accounts of an
    address. The others: a notice, so that the account's owner notices a thief.
    """

    CONFIRM_MAIL = "confirm_mail"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a word
    MAIL_CHANGED = "mail_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word
    RENAMED = "renamed"
    ACCOUNT_DELETION = "account_deletion"
    CHANNEL_DELETION = "channel_deletion"


LINKS_KEPT = 3
"""The newest of a kind of an account: who asked twice may use either."""
LIFETIMES = {MailKind.CONFIRM_MAIL: timedelta(days=1), MailKind.RESET_PASSWORD: timedelta(hours=1)}


class MailId(EntityId):
    prefix: ClassVar[str] = "mal"


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """It holds no secret: the link is made when it is sent, so none lies in the queue.

    account_id: None where the recipient was typed by somebody we do not know: whose it is, is found out
    when it is sent.
    """

    id: MailId
    kind: MailKind
    recipient: MailAddress
    account_id: AccountId | None
    created_at: datetime
    due_at: datetime
    tries: int = 0

    def postponed(self, now: datetime) -> OutgoingMail | None:
        """After a failed try; None when it is given up."""
        if self.tries >= len(_PAUSES):
            return None
        return replace(self, tries=self.tries + 1, due_at=now + _PAUSES[self.tries])


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """What a link proves. Used up by use.

    mail: the address it went to; None where the operator hands it over.
    """

    account_id: AccountId
    key_id: str
    token_hash: bytes = field(repr=False)
    kind: MailKind
    mail: MailAddress | None
    expires_at: datetime

    def counts(self, kind: MailKind, now: datetime) -> bool:
        return self.kind is kind and now < self.expires_at


def new_one_time_token(random_token: Callable[[int], str] = secrets.token_urlsafe) -> str:
    """256 random bits."""
    return _PREFIX + random_token(32)


def could_be_one_time_token(text: str) -> bool:
    return text.startswith(_PREFIX) and len(text) <= _MAX_TOKEN_CHARACTERS and text.isascii()

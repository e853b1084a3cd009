"""What the accounts slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cpc.eventbus.envelope import Transaction
from cpc.images.image import ImageName
from cpc.images.ports import ImagesInDoubt
from livehouse.accounts.contract import AccountId, AccountName, PersonCard
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.login_session import LoginSession, LoginSessionId
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import MailId, MailKind, OneTimeToken, OutgoingMail
from livehouse.accounts.domain.password import Password
from livehouse.accounts.domain.personal_access_token import PersonalAccessToken, PersonalAccessTokenId

Hashes = Sequence[tuple[str, bytes]]
"""(key id, hash) of one token under every key of the ring."""


class Accounts(Protocol):
    async def add(self, account: Account, password_hash: str) -> None:
        """Raises `Conflict`: name-taken, also where the name is kept for an account that had it, or since
        one was erased; name-too-similar."""
        ...

    async def rename(self, account: Account, former_name: AccountName, kept_until: datetime) -> None:
        """account: as it is called now, renamed at `renamed_at`. The name it had is kept for it, and one
        kept for it so far is its own again. Raises `Conflict` as `add`."""
        ...

    async def by_id(self, account_id: AccountId, *, for_update: bool = False) -> Account | None: ...

    async def by_name(self, name: AccountName, *, for_update: bool = False) -> Account | None:
        """for_update: no other unit of work may change it until this one ends."""
        ...

    async def by_mail(self, mail: MailAddress, limit: int) -> Sequence[Account]:
        """Those that confirmed the address, in whatever case; the newest first."""
        ...

    async def page(
        self, *, prefix: str, suspended_at: datetime | None, after: AccountName | None, limit: int
    ) -> Sequence[Account]:
        """By name. prefix: what names begin with. suspended_at: only those suspended at that time."""
        ...

    async def cards_of(self, account_ids: Collection[AccountId]) -> Mapping[AccountId, PersonCard]:
        """Of those that are there."""
        ...

    async def administrators(self) -> Sequence[AccountName]: ...

    async def save(self, account: Account) -> None:
        """All but id, name and creation."""
        ...

    async def avatars_among(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        """Those that are anybody's avatar."""
        ...

    async def password_hash(self, account_id: AccountId) -> str: ...

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None: ...

    async def due_for_deletion(self, now: datetime) -> Account | None:
        """One that no other unit of work is about to erase."""
        ...

    async def erase(self, account: Account, name_kept_until: datetime) -> None:
        """With all that hangs on it. Nobody else gets the name before that time."""
        ...


class LoginSessions(Protocol):
    async def add(self, login_session: LoginSession, *, keep_newest: int) -> None:
        """Also removes the account's expired ones, and its oldest beyond `keep_newest`."""
        ...

    async def find(self, hashes: Hashes) -> tuple[LoginSession, Account] | None:
        """The one whose (key id, token hash) is among `hashes`."""
        ...

    async def of_account(self, account_id: AccountId) -> Sequence[LoginSession]:
        """The one used last first."""
        ...

    async def note_use(self, login_session: LoginSession, at: datetime) -> None: ...

    async def remove(self, hashes: Hashes) -> None: ...

    async def remove_one(self, account_id: AccountId, session_id: LoginSessionId) -> bool: ...

    async def remove_others(self, account_id: AccountId, but: Hashes) -> int: ...


class PersonalAccessTokens(Protocol):
    async def add(self, token: PersonalAccessToken) -> None: ...

    async def find(self, hashes: Hashes) -> tuple[PersonalAccessToken, Account] | None: ...

    async def of_account(self, account_id: AccountId) -> Sequence[PersonalAccessToken]:
        """The oldest first."""
        ...

    async def note_use(self, token: PersonalAccessToken, at: datetime) -> None: ...

    async def remove(self, account_id: AccountId, token_id: PersonalAccessTokenId) -> bool: ...

    async def remove_all(self, account_id: AccountId) -> None: ...


class OneTimeTokens(Protocol):
    async def find(self, hashes: Hashes) -> OneTimeToken | None:
        """It stays. The one whose (key id, token hash) is among `hashes`."""
        ...

    async def add(self, token: OneTimeToken, *, keep_newest: int) -> None:
        """Also removes the account's oldest of that kind beyond `keep_newest`."""
        ...

    async def take(self, hashes: Hashes) -> OneTimeToken | None:
        """It is gone afterwards: of two who take it at once, one gets it."""
        ...

    async def remove_all(self, account_id: AccountId, kind: MailKind) -> None: ...


class MailQueue(Protocol):
    async def add(self, mail: OutgoingMail) -> None: ...

    async def take_due(self, now: datetime, lease_until: datetime) -> OutgoingMail | None:
        """One that waits since longest; nobody else gets it before `lease_until`."""
        ...

    async def postpone(self, mail: OutgoingMail) -> None: ...

    async def remove(self, mail_id: MailId) -> None: ...


class Blocks(Protocol):
    async def add(self, account_id: AccountId, blocked_id: AccountId, at: datetime) -> None:
        """Doing it twice is fine."""
        ...

    async def remove(self, account_id: AccountId, blocked_id: AccountId) -> None: ...

    async def exists(self, account_id: AccountId, blocked_id: AccountId) -> bool: ...

    async def count(self, account_id: AccountId) -> int: ...

    async def page(
        self, account_id: AccountId, *, after: AccountName | None, limit: int
    ) -> Sequence[tuple[PersonCard, datetime]]:
        """By name, with when it was."""
        ...


class AuditLog(Protocol):
    async def add(self, entry: AuditEntry) -> None:
        """The same entry again changes nothing."""
        ...

    async def page(
        self, *, before: AuditEntryId | None, limit: int, subject: str | None = None
    ) -> Sequence[AuditEntry]:
        """The newest first. subject: printed id; None: about everything."""
        ...


@dataclass(frozen=True, slots=True)
class ShareOfRest:
    """Once the limit of `of` has seen more than `after` tries in its window, `key` gets at most `most` of
    those that are left."""

    of: bytes
    after: int
    key: bytes
    most: int


class Attempts(Protocol):
    """Counts tries in windows. Keys are opaque bytes."""

    async def count(
        self,
        limits: Sequence[tuple[bytes, int]],
        now: datetime,
        window_s: int,
        share: ShareOfRest | None = None,
    ) -> datetime | None:
        """Add one try to each (key, most tries in a window), in that order, up to the first that is beyond
        its limit by it: then the start of that one's window. None where all had room.

        share: a limit more, right after that of its `of`, where that is nearly used up.
        """
        ...

    async def forgive(self, keys: Sequence[bytes], *, forget: bool) -> None:
        """Take one try off each key, or all of them; in the order in which they are counted together."""
        ...


class UnitOfWork(Transaction, Protocol):
    @property
    def accounts(self) -> Accounts: ...

    @property
    def login_sessions(self) -> LoginSessions: ...

    @property
    def access_tokens(self) -> PersonalAccessTokens: ...

    @property
    def one_time_tokens(self) -> OneTimeTokens: ...

    @property
    def mail_queue(self) -> MailQueue: ...

    @property
    def blocks(self) -> Blocks: ...

    @property
    def audit_log(self) -> AuditLog: ...

    @property
    def attempts(self) -> Attempts: ...

    @property
    def images_in_doubt(self) -> ImagesInDoubt: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]


class PasswordHasher(Protocol):
    """Slow on purpose, so it works beside the event loop. Raises `Unavailable` when too many wait."""

    async def hash(self, password: Password) -> str: ...

    async def verify(self, password: Password, password_hash: str) -> bool: ...

    async def verify_nothing(self, password: Password) -> None:
        """Spend the time of a check, so that an unknown name cannot be told by the clock."""
        ...

    def needs_rehash(self, password_hash: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """text and html say the same."""

    recipient: MailAddress
    subject: str
    text: str
    html: str


class Letters(Protocol):
    """Puts into words what a mail is to say."""

    def write(self, mail: OutgoingMail, accounts: Sequence[tuple[Account, str | None]]) -> Letter:
        """accounts: whom it concerns, each with the token of its link where the kind brings one."""
        ...


class MailRefused(Exception):
    """The server will not take it, and would not later either."""


class Mailer(Protocol):
    async def send(self, letter: Letter) -> None:
        """Returns once a server has taken it. Raises `Unavailable`, `MailRefused`."""
        ...

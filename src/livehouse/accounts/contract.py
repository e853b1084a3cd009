"""What other slices may know of accounts: ids, names, and who is acting."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, ClassVar, Protocol, Self, get_args, get_type_hints
from uuid import UUID

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.integration_event import IntegrationEvent
from cpc.images.image import ImageName
from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid, Unauthenticated, Unavailable
from cpc.kernel.ids import EntityId, Ids
from livehouse.access.contract import Scope, Suspension

LOGIN_SESSION_COOKIE = "livehouse_session"
DEVICE_COOKIE = "livehouse_device"
"""By it a browser is known at later sign-ins to the same account; it opens nothing."""

FORMER_NAME_KEPT = timedelta(days=90)
"""So long a name that was given up leads to the new one, and only whoever had it may take it again."""

# First parts of the paths this platform serves or may serve: a channel's page lives at /{name}.
RESERVED_NAMES = frozenset(
    """
    about account accounts admin administrator api app assets auth badges billing blog broadcast
    broadcasts browse categories category channel channels chat clips contact creator dashboard
    developer developers directory docs downloads drops edge embed emotes events explore faq favicon
    feed feeds following friends graphql healthz help hls home images inbox index insights jobs legal live
    livehouse login logout manifest me media messages metrics moderator notifications null oauth
    openapi page pages payments popular press privacy problems profile public raid readyz redoc
    register robots root rtmp schedule search security session sessions settings setup sign_in
    sign_out sign_up signin signout signup sitemap staff static status store stream streams studio
    subscribe subscriptions support system team teams terms thumbnails undefined upload user users
    video videos vods wallet watch well_known whep whip ws
    """.split()  # noqa: SIM905 - a list of 150 quoted words reads worse
)


class AccountId(EntityId):
    prefix: ClassVar[str] = "acc"


@dataclass(frozen=True, slots=True, order=True)
class AccountName:
    """The name of an account and of its channel: 3 to 25 of a to z, 0 to 9 and underscore."""

    value: str

    _FORM: ClassVar[re.Pattern[str]] = re.compile(r"[a-z0-9_]{3,25}")

    def __post_init__(self) -> None:
        if not self._FORM.fullmatch(self.value):
            raise Invalid(
                "malformed-name",
                "A name has 3 to 25 characters: letters a to z, digits and underscores.",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Fold the case and check the form. Raises `Invalid`. Reserved names pass: they name no one."""
        # Only ASCII is folded: casefold() would turn the Kelvin sign into a plain k.
        return cls(text.lower() if text.isascii() else text)

    @classmethod
    def parse_new(cls, text: str) -> Self:
        """As `parse`, for a name someone wants to take: also refuses reserved ones."""
        name = cls.parse(text)
        if not name.value.strip("_"):
            raise Invalid("malformed-name", "A name needs a letter or a digit.")
        if name.value in RESERVED_NAMES:
            raise Invalid(
                "reserved-name", f"'{name}' is a page of this site and cannot be taken. Choose another name."
            )
        return name

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in a request: an account, or an anonymous visitor. What access asks of it is known with it.

    display_name: the name in the letters its owner likes; empty: as it is.
    scopes: of the personal access token that was sent; None for a login session.
    is_confirmed: has a confirmed mail address, or the node sends no mail. suspension: None unless it counts.
    """

    account_id: AccountId | None = None
    name: AccountName | None = None
    scopes: frozenset[Scope] | None = None
    is_administrator: bool = False
    is_confirmed: bool = True
    suspension: Suspension | None = None
    display_name: str = ""

    @property
    def is_anonymous(self) -> bool:
        return self.account_id is None

    def require_account(self) -> AccountId:
        """The acting account. Raises `Unauthenticated` for an anonymous visitor."""
        if self.account_id is None:
            raise Unauthenticated("sign-in-required", "Sign in to do this.")
        return self.account_id


ANONYMOUS = Actor()


class ActorResolver(Protocol):
    """Says who holds a login session's token, from the cookie or the bearer header."""

    async def __call__(self, token: str) -> Actor:
        """Raises `Unauthenticated` when the token is unknown, expired or signed out."""
        ...


class ActorChanges(Protocol):
    """Is told when what an `ActorResolver` says of somebody's tokens changes: revoked, suspended, renamed."""

    def followed(self) -> None:
        """From here on each change is told."""
        ...

    def unfollowed(self) -> None:
        """From here on none is. Both may be said again."""
        ...

    def changed(self, account_id: AccountId) -> None: ...


class People(Protocol):
    """Read facade: accounts as those who act, for what is done in their name without their token."""

    async def actor(self, account_id: AccountId) -> Actor:
        """As after a fresh sign-in. Raises `NotFound` (no-such-account)."""
        ...

    async def has_blocked(self, account_id: AccountId, other: AccountId) -> bool: ...


@dataclass(frozen=True, slots=True)
class AdministratorDeed:
    """What an administrator did, for the audit log.

    id: whoever tells of one again uses the same, and it is written once. by: None for the operator.
    what: such as `suspend_channel`. subject: printed id; subject_name: what that was called then.
    """

    id: UUID
    at: datetime
    by: AccountId | None
    by_name: AccountName | None
    what: str
    subject: str
    subject_name: str
    reason: str


class DeedLog(Protocol):
    """Where other slices write down what administrators did to what is theirs."""

    async def __call__(self, deed: AdministratorDeed) -> None:
        """The same one again changes nothing."""
        ...


class DeedHistory(Protocol):
    """Read facade: what administrators did to something."""

    def about(self, subject: EntityId) -> AsyncIterator[Mapping[str, object]]:
        """JSON objects for whom it belongs to, the newest first. Not who did it: that is for
        administrators."""
        ...


@dataclass(frozen=True, slots=True)
class PersonCard:
    """Somebody in a list. display_name: the name in the letters its owner likes; empty: as it is."""

    id: AccountId
    name: AccountName
    avatar: ImageName | None = None
    display_name: str = ""

    @property
    def shown_name(self) -> str:
        return self.written(self.name.value)

    def written(self, name: str) -> str:
        """A name of theirs in their letters, unless they are called otherwise by now."""
        return self.display_name if self.display_name.lower() == name else name


class PersonCards(Protocol):
    """Read facade: people for what another slice shows."""

    async def of(self, account_ids: Collection[AccountId]) -> Mapping[AccountId, PersonCard]:
        """In one look however many they are. Those that are gone are left out."""
        ...


class Names(Protocol):
    """Read facade: whose a name is."""

    async def account_called(self, name: str) -> AccountId:
        """Raises `NotFound` (no-such-account), also for a name that no account could have."""
        ...


@dataclass(frozen=True, slots=True)
class AccountEvent(IntegrationEvent):
    """Integration event: something happened to an account."""

    namespace = "livehouse.accounts"
    area = "accounts"
    source = "/livehouse/accounts"

    account_id: AccountId

    @property
    def partition_key(self) -> str:
        return str(self.account_id)

    @staticmethod
    def written(value: object) -> object:
        """As always; but times, which are in UTC, end in +00:00 here."""
        return value.isoformat() if isinstance(value, datetime) else IntegrationEvent.written(value)

    @classmethod
    def from_cloud_event(cls, event: CloudEvent) -> Self:
        """What `to_cloud_event` wrote, by the types of the fields. Raises `KeyError`, `Invalid`,
        `ValueError` for what is no such event."""
        hints = get_type_hints(cls)
        values: dict[str, Any] = {
            one.name: _read(event.data[one.name], hints[one.name]) for one in fields(cls)
        }
        return cls(**values)


def _read(written: object, hint: object) -> object:
    if written is None and NoneType in get_args(hint):
        return None
    (kind,) = (one for one in get_args(hint) or (hint,) if one is not NoneType)
    return _READERS[kind](str(written))


_READERS: Mapping[object, Callable[[str], object]] = {
    str: str,
    datetime: datetime.fromisoformat,
    AccountId: AccountId.parse,
    AccountName: AccountName,
}


@dataclass(frozen=True, slots=True)
class AdministratorActed(AccountEvent):
    """An administrator did something in another slice. account_id: the administrator; name: theirs; the
    rest: as in `AdministratorDeed`.
    """

    kind = "AdministratorActed.v1"

    name: AccountName | None
    what: str
    subject_id: str
    subject_name: str
    reason: str

    @classmethod
    def deed(cls, event: CloudEvent) -> AdministratorDeed:
        """For the audit log. The event again makes the same one."""
        acted = cls.from_cloud_event(event)
        return AdministratorDeed(
            id=event.id,
            at=event.time,
            by=acted.account_id,
            by_name=acted.name,
            what=acted.what,
            subject=acted.subject_id,
            subject_name=acted.subject_name,
            reason=acted.reason,
        )


@dataclass(frozen=True, slots=True)
class Deeds:
    """Writes down what administrators did: exactly what was committed.

    The event of a deed goes into the outbox of the unit of work that does it, and from there into the audit
    log. Written down right after as well, so that whoever looks finds it there.
    """

    log: DeedLog
    clock: Clock
    ids: Ids

    def event(
        self, actor: Actor, deed: str, subject: EntityId, subject_name: str, reason: str = ""
    ) -> CloudEvent:
        """deed: such as `suspend_channel`. reason: what else there is to say of it."""
        acted = AdministratorActed(
            actor.require_account(), actor.name, deed, str(subject), subject_name, reason
        )
        return acted.to_cloud_event(event_id=self.ids.uuid(), time=self.clock.now())

    async def write_down(self, event: CloudEvent | None) -> None:
        """After the commit. None: there is nothing to. Where the log is away, the event is still to come."""
        if event is not None:
            with suppress(Unavailable):
                await self.log(AdministratorActed.deed(event))


@dataclass(frozen=True, slots=True)
class AccountOpened(AccountEvent):
    """Someone signed up."""

    kind = "AccountOpened.v1"

    name: AccountName
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class AccountSuspended(AccountEvent):
    """An administrator suspended an account. until: None for good."""

    kind = "AccountSuspended.v1"

    name: AccountName
    suspended_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AccountReinstated(AccountEvent):
    """An administrator lifted the suspension of an account. One that is over by itself has no event."""

    kind = "AccountReinstated.v1"

    name: AccountName
    reinstated_at: datetime


@dataclass(frozen=True, slots=True)
class PersonBlocked(AccountEvent):
    """Somebody wants nothing to do with somebody else, who is not to hear of it."""

    kind = "PersonBlocked.v1"

    blocked_id: AccountId
    blocked_at: datetime


@dataclass(frozen=True, slots=True)
class AccountErased(AccountEvent):
    """An account is gone. Whoever keeps something of it erases that too."""

    kind = "AccountErased.v1"

    name: AccountName
    erased_at: datetime


@dataclass(frozen=True, slots=True)
class AccountRenamed(AccountEvent):
    """An account, and its channel with it, goes by another name. name: the new one."""

    kind = "AccountRenamed.v1"

    name: AccountName
    former_name: AccountName
    renamed_at: datetime


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """What a slice keeps of a person, as one file of the export.

    name: such as `chat/messages`. records: JSON objects, read as they are written out. An `ImageName` in one
    puts the picture beside them.
    """

    name: str
    records: AsyncIterator[Mapping[str, object]]


class PersonalData(Protocol):
    """Each slice that keeps something of people implements it: the export gathers them all."""

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]: ...

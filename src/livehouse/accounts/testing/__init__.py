"""In-memory accounts for tests of other parts; they pass the same suite as the PostgreSQL ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.testing import InMemoryDatabase, InMemoryTransaction
from cpc.images.testing import InMemoryImagesInDoubt
from cpc.kernel.errors import NotFound, Unavailable
from livehouse.accounts.application.ports import Letter, MailRefused
from livehouse.accounts.contract import AccountId, Actor, AdministratorActed, AdministratorDeed, PersonCard
from livehouse.accounts.domain.password import Password
from livehouse.accounts.testing.people import (
    InMemoryAccounts,
    InMemoryAttempts,
    InMemoryAuditLog,
    InMemoryBlocks,
    InMemoryMailQueue,
)
from livehouse.accounts.testing.tables import Tables
from livehouse.accounts.testing.tokens import (
    InMemoryAccessTokens,
    InMemoryLoginSessions,
    InMemoryOneTimeTokens,
)

__all__ = [
    "FakePasswordHasher",
    "FakePeople",
    "FakePersonCards",
    "InMemoryAccountsDatabase",
    "RecordingMailer",
]


class InMemoryAccountsDatabase(InMemoryDatabase[Tables]):
    """Give `database.unit_of_work` where a `UnitOfWorkFactory` is wanted."""

    def __init__(self) -> None:
        super().__init__(Tables())

    def unit_of_work(self) -> InMemoryAccountsUnitOfWork:
        return InMemoryAccountsUnitOfWork(self)


class InMemoryAccountsUnitOfWork(InMemoryTransaction[Tables]):
    @property
    def accounts(self) -> InMemoryAccounts:
        return InMemoryAccounts(self._tables)

    @property
    def login_sessions(self) -> InMemoryLoginSessions:
        return InMemoryLoginSessions(self._tables)

    @property
    def access_tokens(self) -> InMemoryAccessTokens:
        return InMemoryAccessTokens(self._tables)

    @property
    def one_time_tokens(self) -> InMemoryOneTimeTokens:
        return InMemoryOneTimeTokens(self._tables)

    @property
    def mail_queue(self) -> InMemoryMailQueue:
        return InMemoryMailQueue(self._tables)

    @property
    def blocks(self) -> InMemoryBlocks:
        return InMemoryBlocks(self._tables)

    @property
    def audit_log(self) -> InMemoryAuditLog:
        return InMemoryAuditLog(self._tables)

    @property
    def attempts(self) -> InMemoryAttempts:
        return InMemoryAttempts(self._tables)

    @property
    def images_in_doubt(self) -> InMemoryImagesInDoubt:
        return InMemoryImagesInDoubt(self._tables.images_in_doubt)


class FakePasswordHasher:
    """Quick and readable; `verified` counts checks, those of unknown names included."""

    def __init__(self) -> None:
        self.verified = 0

    async def hash(self, password: Password) -> str:
        return f"fake${password.text}"

    async def verify(self, password: Password, password_hash: str) -> bool:
        self.verified += 1
        return password_hash.partition("$")[2] == password.text

    async def verify_nothing(self, password: Password) -> None:
        self.verified += 1

    def needs_rehash(self, password_hash: str) -> bool:
        return not password_hash.startswith("fake$")


class RecordingMailer:
    """Keeps letters. is_away: no server answers. refuses: it takes none."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.is_away = False
        self.refuses = False

    async def send(self, letter: Letter) -> None:
        if self.is_away:
            raise Unavailable("mail-away", "The mail server does not answer.")
        if self.refuses:
            raise MailRefused("The mail server said 550: no such user")
        self.sent.append(letter)


class FakePersonCards(dict[AccountId, PersonCard]):
    """The `PersonCards` facade over a dictionary. looks: how often it was asked for any."""

    looks = 0

    async def of(self, account_ids: Collection[AccountId]) -> Mapping[AccountId, PersonCard]:
        self.looks += bool(account_ids)
        return {account_id: card for account_id, card in self.items() if account_id in account_ids}


def told_deeds(events: Sequence[CloudEvent]) -> list[AdministratorDeed]:
    """What administrators did, by the events of it."""
    kind = AdministratorActed.type_name()
    return [AdministratorActed.deed(event) for event in events if event.type == kind]


class RecordedDeeds:
    """A `DeedLog` that may be away."""

    def __init__(self) -> None:
        self.deeds: list[AdministratorDeed] = []
        self.is_away = False

    async def __call__(self, deed: AdministratorDeed) -> None:
        if self.is_away:
            raise Unavailable("database-away", "away")
        self.deeds.append(deed)


class FakePeople:
    """The `People` facade over a list. blocks: pairs of who has blocked whom."""

    def __init__(self, *actors: Actor, blocks: frozenset[tuple[AccountId, AccountId]] = frozenset()) -> None:
        self._actors = {actor.account_id: actor for actor in actors}
        self._blocks = blocks

    async def actor(self, account_id: AccountId) -> Actor:
        if account_id not in self._actors:
            raise NotFound("no-such-account", "There is no such account.")
        return self._actors[account_id]

    async def has_blocked(self, account_id: AccountId, other: AccountId) -> bool:
        return (account_id, other) in self._blocks

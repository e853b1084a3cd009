"""One channel, everybody who may come to it, and every use case on the slices' fakes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from tests.unit.streaming.stage import CHANNEL, Stage

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import EntityId, UuidV7Ids
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import Access, Acting, Action, ChannelStanding, Role, Standing
from livehouse.access.testing import InMemoryStandings
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor, Deeds
from livehouse.accounts.domain.account import Account
from livehouse.accounts.testing import InMemoryAccountsDatabase, RecordedDeeds
from livehouse.channel.contract import ChannelId, ChannelName
from livehouse.channel.domain.channel import Channel
from livehouse.channel.testing import FakeChannels, InMemoryChannelDatabase
from livehouse.chat.testing import InMemoryChatStore
from livehouse.social.application.find_supporters import FindSupporters
from livehouse.social.domain.follow import Follow
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import SubscriptionId
from livehouse.social.domain.payment import PaymentId
from livehouse.social.domain.tier import Benefit, BenefitKind, SubscriptionTier, TierId
from livehouse.social.domain.transitions import grant
from livehouse.social.testing import InMemorySocialDatabase

PAGE = Path(__file__).resolve().parents[3] / "docs/access.md"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OTHER_CHANNEL = ChannelId(UUID(int=10))
OWNER_OF_ANOTHER = "owner of another channel"

# Everybody but those whose token is refused before any use case is reached.
COLUMNS: tuple[str, ...] = (*(role.value for role in Role), OWNER_OF_ANOTHER)


def _person(number: int, name: str, *, is_administrator: bool = False) -> Actor:
    return Actor(AccountId(UUID(int=number)), AccountName(name), is_administrator=is_administrator)


CAST: dict[str, Actor] = {
    Role.ANONYMOUS: ANONYMOUS,
    Role.VIEWER: _person(21, "viewer"),
    Role.FOLLOWER: _person(22, "follower"),
    Role.PAID_SUBSCRIBER: _person(23, "subscriber"),
    Role.VIP: _person(24, "important"),
    Role.MODERATOR: _person(25, "moderates"),
    Role.EDITOR: _person(26, "edits"),
    Role.OWNER: Actor(CHANNEL.owner_id, AccountName("ada")),
    Role.ADMINISTRATOR: _person(28, "in_charge", is_administrator=True),
    OWNER_OF_ANOTHER: _person(29, "elsewhere"),
}
"""By column. What anybody may do to somebody is done to `target`."""
TARGET = _person(30, "target")
EVERY_BENEFIT = (
    Benefit(BenefitKind.BADGE, months=(1,)),
    Benefit(BenefitKind.EMOTE_SLOTS, slots=1),
    Benefit(BenefitKind.MEMBERS_ONLY_CHAT),
    Benefit(BenefitKind.MEMBERS_ONLY_BROADCASTS),
    Benefit(BenefitKind.REPLAYS),
    Benefit(BenefitKind.CUSTOM, text="A postcard"),
)
BY_OTHER_MEANS = {Role.VIEWER, Role.FOLLOWER, Role.PAID_SUBSCRIBER, Role.ADMINISTRATOR}
"""Roles that nobody gives: furnishing lets one follow and another support the channel."""


class RecordingAccess:
    """Passes questions on and keeps them."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.asked: list[tuple[Action, EntityId | None]] = []

    def check(self, actor: Acting, action: Action) -> None:
        self._access.check(actor, action)

    def permit(self, actor: Acting, action: Action, standing: ChannelStanding) -> Standing:
        self.asked.append((action, None))
        return self._access.permit(actor, action, standing)

    async def require(self, actor: Acting, action: Action, channel_id: EntityId | None = None) -> Standing:
        self.asked.append((action, channel_id))
        return await self._access.require(actor, action, channel_id)


class _Everybody:
    """`People` for whom the channel's stream key speaks for the one who acts in this cell."""

    def __init__(self) -> None:
        self.speaker = CAST[Role.OWNER]

    async def actor(self, account_id: AccountId) -> Actor:
        return self.speaker


@dataclass
class World:
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    standings: InMemoryStandings = field(default_factory=InMemoryStandings)
    accounts: InMemoryAccountsDatabase = field(default_factory=InMemoryAccountsDatabase)
    channels: InMemoryChannelDatabase = field(default_factory=InMemoryChannelDatabase)
    chat: InMemoryChatStore = field(default_factory=InMemoryChatStore)
    social: InMemorySocialDatabase = field(default_factory=InMemorySocialDatabase)
    benefits: tuple[Benefit, ...] = EVERY_BENEFIT
    """Of the paid subscriber's tier."""

    def __post_init__(self) -> None:
        self.ids = UuidV7Ids(self.clock)
        self.deeds = Deeds(RecordedDeeds(), self.clock, self.ids)
        supporters = FindSupporters(self.social.unit_of_work, self.clock)
        self.access = RecordingAccess(DecideAccess(self.standings, supporters, self.clock))
        self.people = _Everybody()
        self.when_ready: Callable[[], None] = lambda: None
        self.streaming = Stage(access=self.access, people=self.people)
        self.chat_channels = FakeChannels(CHANNEL)
        owner_elsewhere = CAST[OWNER_OF_ANOTHER].account_id
        assert owner_elsewhere is not None
        elsewhere = replace(
            CHANNEL, id=OTHER_CHANNEL, owner_id=owner_elsewhere, name=ChannelName("elsewhere")
        )
        self.social_channels = FakeChannels(CHANNEL, elsewhere)
        for role in Role:
            account_id = CAST[role].account_id
            if account_id is not None and role not in BY_OTHER_MEANS:
                self.standings.give(CHANNEL.id, account_id, {role})
        self.standings.give(OTHER_CHANNEL, owner_elsewhere, {Role.OWNER})

    async def furnish(self) -> None:
        async with self.accounts.unit_of_work() as unit:
            for actor in (*CAST.values(), TARGET):
                if actor.account_id is not None and actor.name is not None:
                    account = Account(actor.account_id, actor.name, NOW, actor.is_administrator)
                    await unit.accounts.add(account, "fake$correct horse battery")
        async with self.channels.unit_of_work() as channels:
            await channels.channels.add(
                Channel(CHANNEL.id, CHANNEL.owner_id, CHANNEL.name, CHANNEL.title, "", NOW)
            )
        follower = CAST[Role.FOLLOWER].require_account()
        async with self.social.unit_of_work() as social:
            tally = await social.follows.tally(follower, NOW)
            await social.follows.add(Follow(follower, CHANNEL.id, NOW), tally.with_one_more(NOW))
            supporter = CAST[Role.PAID_SUBSCRIBER].require_account()
            tier = SubscriptionTier(
                TierId(UUID(int=41)), CHANNEL.id, "First", Money(1, "EUR"), self.benefits, NOW
            )
            await social.tiers.save(tier)
            subscription_id, payment_id = SubscriptionId(UUID(int=42)), PaymentId(UUID(int=43))
            granted = grant(None, supporter, tier, 1, subscription_id, payment_id, CHANNEL.owner_id, NOW)
            await social.subscriptions.save(granted.subscription)

    async def perform(self, action: Action, actor: Actor) -> None:
        self._was_ready = False
        await self.furnish()
        try:
            await CALLS[action](self, actor)
        finally:
            assert self._was_ready, "a call says when its preparations are done"

    def is_ready(self) -> None:
        """Called by each call when its preparations are done, with the questions they raised."""
        self._was_ready = True
        self.access.asked.clear()
        self.when_ready()


Call = Callable[[World, Actor], Awaitable[object]]
CALLS: dict[Action, Call] = {}


def call(action: Action) -> Callable[[Call], Call]:
    """Says how an action is done."""

    def register(function: Call) -> Call:
        assert action not in CALLS, action
        CALLS[action] = function
        return function

    return register


def documented() -> dict[Action, dict[str, str]]:
    """docs/access.md: by action and column what stands in the cell."""
    cells: dict[Action, dict[str, str]] = {}
    slice_, head = "", [""]
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            slice_ = line[3:]
        elif line.startswith("| Action"):
            head = _split(line)
        elif match := re.match(r"\| `(\w+)` \|", line):
            cells[Action(f"{slice_}.{match.group(1)}")] = dict(zip(head, _split(line), strict=True))
    return cells


def _split(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]

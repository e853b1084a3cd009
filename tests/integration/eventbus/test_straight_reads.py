"""What the slices read straight through the driver is what they read in a transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.contracts.channel.house import House

from cpc.images.image import ImageName
from livehouse.access.contract import Scope, Suspension
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.contract import AccountId, AccountName, PersonCard
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import LoginSession, LoginSessionId
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.personal_access_token import PersonalAccessToken, PersonalAccessTokenId
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.contract import ChannelId, ChannelName, Privacy
from livehouse.channel.domain.channel import Channel
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant
from livehouse.main.wiring.persistence import read_connections, reading
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.ports import Bond, Place
from livehouse.social.domain.follow import Follow
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import FormerTier, SubscriptionId
from livehouse.social.domain.payment import PaymentId
from livehouse.social.domain.tier import Benefit, BenefitKind, SubscriptionTier, TierId
from livehouse.social.domain.transitions import confirm, take_tier
from livehouse.streaming.adapters.postgres import PostgresStreamingUnitOfWork
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast, BroadcastState

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EVE, OWNER = AccountId(UUID(int=8)), AccountId(UUID(int=9))
CHANNEL, OTHER = ChannelId(UUID(int=11)), ChannelId(UUID(int=12))


@pytest.fixture
def asked(engine: AsyncEngine) -> list[str]:
    """Statements that went straight."""
    asked: list[str] = []
    read_connections(engine).listeners.append(lambda statement, _values: asked.append(statement))
    return asked


async def test_of_accounts(engine: AsyncEngine, asked: list[str]) -> None:
    ada = Account(
        EVE,
        AccountName("ada"),
        NOW,
        suspension=Suspension("spam", NOW),
        mail=MailAddress("ada@example.org"),
        is_confirmed=True,
        display_name="Ada",
        avatar=ImageName("ab" * 20),
    )
    until = NOW + timedelta(days=30)
    session = LoginSession(
        LoginSessionId(uuid4()), EVE, "k1", b"\x01", NOW, until, last_used_at=NOW, program="Browser/1"
    )
    token = PersonalAccessToken(
        PersonalAccessTokenId(uuid4()), EVE, "bot", frozenset({Scope.CHAT_WRITE}), "k1", b"\x02", NOW, None
    )
    async with PostgresAccountsUnitOfWork(engine) as unit:
        await unit.accounts.add(ada, "hash")
        await unit.login_sessions.add(session, keep_newest=5)
        await unit.access_tokens.add(token)
    for units in (engine, reading(engine)):
        async with PostgresAccountsUnitOfWork(units) as unit:
            # Kept under a key that is not the active one any more.
            assert await unit.login_sessions.find([("k2", b"x"), ("k1", b"\x01")]) == (session, ada)
            assert await unit.login_sessions.find([("k2", b"\x01"), ("k1", b"x")]) is None
            assert await unit.login_sessions.find([]) is None
            assert await unit.access_tokens.find([("k1", b"\x02")]) == (token, ada)
            assert await unit.access_tokens.find([("k1", b"\x01")]) is None
            card = PersonCard(EVE, ada.name, ada.avatar, "Ada")
            assert await unit.accounts.cards_of([EVE, OWNER]) == {EVE: card}
            assert await unit.accounts.cards_of([]) == {}
    assert len(asked) == 8


async def test_of_channels(engine: AsyncEngine, asked: list[str]) -> None:
    ada = Channel(CHANNEL, OWNER, ChannelName("ada"), "Ada's stream", "", NOW)
    ada = replace(
        ada,
        tags=("Sea", "ß"),
        language="en",
        ladder=(720, 480),
        privacy=Privacy.MEMBERS_ONLY,
        suspension=Suspension("spam", None),
    )
    async with PostgresChannelUnitOfWork(engine) as unit:
        assert await unit.channels.add(ada)
        await unit.roles.put(RoleGrant(CHANNEL, EVE, ChannelRole.EDITOR, NOW))
        await unit.banners.replace(CHANNEL, ImageName("cd" * 20))
    for units in (engine, reading(engine)):
        async with PostgresChannelUnitOfWork(units) as unit:
            assert await unit.channels.with_role(CHANNEL, EVE) == (ada, ChannelRole.EDITOR)
            assert await unit.channels.with_role(CHANNEL, OWNER) == (ada, None)
            assert await unit.channels.with_role(CHANNEL, None) == (ada, None)
            assert await unit.channels.with_role(OTHER, EVE) is None
            assert await unit.channels.with_banner(ChannelName("ada")) == (ada, ImageName("cd" * 20))
            assert await unit.channels.with_banner(ChannelName("bob")) is None
    assert len(asked) == 6


async def test_of_lists(engine: AsyncEngine, asked: list[str]) -> None:
    house = House(partial(PostgresChannelUnitOfWork, engine))
    straight = House(partial(PostgresChannelUnitOfWork, reading(engine)))
    channels = [
        await house.open("painter", viewers=5, category="art", language="en", tags=("Sea",)),
        await house.open("singer", category="music", language="en"),
        await house.open("hidden", viewers=7, privacy=Privacy.UNLISTED),
        await house.open("spammer", suspension=Suspension("spam", None)),
    ]
    for wanted in ({}, {"live_only": True}, {"category": "art"}, {"tag": "sea"}, {"language": "en"}):
        listed = await straight.listed(**wanted)  # type: ignore[arg-type]
        assert listed
        assert listed == await house.listed(**wanted)  # type: ignore[arg-type]
    ids = [channel.id for channel in channels]
    assert await straight.cards.of(ids) == await house.cards.of(ids)
    assert len(asked) >= 6


async def test_of_what_binds_people_to_channels(engine: AsyncEngine, asked: list[str]) -> None:
    benefits = (Benefit(BenefitKind.BADGE, months=(1, 6)), Benefit(BenefitKind.CUSTOM, text="Ein Gruß"))
    tier, dear = (
        SubscriptionTier(TierId(uuid4()), CHANNEL, f"For {amount}", Money(amount, "EUR"), benefits, NOW)
        for amount in (500, 900)
    )
    taken = take_tier(None, EVE, tier, SubscriptionId(uuid4()), PaymentId(uuid4()), NOW)
    assert taken.subscription.pending is not None
    waiting = replace(
        taken.subscription, pending=replace(taken.subscription.pending, provider="manual", reference="ABCD")
    )
    follows = [
        Follow(EVE, channel, NOW + timedelta(seconds=at)) for at, channel in ((0, CHANNEL), (1, OTHER))
    ]
    async with PostgresSocialUnitOfWork(engine) as unit:
        for each in (tier, dear):
            await unit.tiers.save(each)
        await unit.subscriptions.save(waiting)
        assert waiting.pending is not None
        await unit.payments.save(waiting.pending)
        for follow in follows:
            tally = await unit.follows.tally(EVE, NOW)
            await unit.follows.add(follow, tally)
    for units in (engine, reading(engine)):
        async with PostgresSocialUnitOfWork(units) as unit:
            assert await unit.supports.bond(CHANNEL, EVE) == Bond(follows[0], waiting, tier)
            assert await unit.supports.bond(OTHER, EVE) == Bond(follows[1])
            assert await unit.supports.bond(OTHER, OWNER) == Bond()
            assert await unit.follows.of_account(EVE, after=None, limit=5) == follows[::-1]
            after = Place(follows[1].followed_at, OTHER)
            assert await unit.follows.of_account(EVE, after=after, limit=5) == follows[:1]
            assert await unit.follows.of_account(EVE, after=None, limit=1) == follows[1:]
    paid = confirm(waiting, NOW, OWNER)
    running = replace(
        paid.subscription, next_tier_id=dear.id, former=FormerTier(dear.id, NOW + timedelta(days=1))
    )
    async with PostgresSocialUnitOfWork(engine) as unit:
        for payment in paid.settled:
            await unit.payments.save(payment)
        await unit.subscriptions.save(running)
    supports = []
    for units in (engine, reading(engine)):
        async with PostgresSocialUnitOfWork(units) as unit:
            assert await unit.supports.bond(CHANNEL, EVE) == Bond(follows[0], running, tier, dear)
            supports.append(await unit.supports.of(CHANNEL, EVE, NOW))
    assert supports[0] == supports[1]
    assert supports[0].paid_months == 1
    assert len(asked) == 8


async def test_of_broadcasts(engine: AsyncEngine, asked: list[str]) -> None:
    broadcast = Broadcast(BroadcastId(uuid4()), CHANNEL, "node-a", NOW)
    async with PostgresStreamingUnitOfWork(engine) as unit:
        await unit.broadcasts.add(broadcast)
    for units in (engine, reading(engine)):
        async with PostgresStreamingUnitOfWork(units) as unit:
            assert await unit.broadcasts.running_of(CHANNEL) == broadcast
            assert await unit.broadcasts.running_of(OTHER) is None
    assert broadcast.state is BroadcastState.OFFERED
    assert len(asked) == 2

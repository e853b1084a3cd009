"""A sign-in that ends while the password is being changed waits for the change, and is refused."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main.wiring.accounts import build_accounts

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PASSWORD = "correct horse battery"
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def test_the_old_password_leaves_no_login(engine: AsyncEngine) -> None:
    clock = FakeClock()
    ring = KeyRing("k", {"k": b"k" * 32})
    accounts = build_accounts(engine, clock, UuidV7Ids(clock), ring, FakePasswordHasher())
    await accounts.sign_up("ada", PASSWORD)
    async with engine.connect() as changing, engine.connect() as looking:
        async with changing.begin():
            await changing.execute(text("UPDATE accounts.account SET password_hash = 'fake$another one'"))
            await changing.execute(text("DELETE FROM accounts.login_session"))
            signing_in = asyncio.ensure_future(accounts.sign_in("ada", PASSWORD, address="192.0.2.1"))
            while not (await looking.execute(WAITING)).scalar_one():
                assert not signing_in.done(), "it waits for the change"
                await looking.rollback()
        with pytest.raises(Unauthenticated):
            await signing_in
        left = await looking.execute(text("SELECT count(*) FROM accounts.login_session"))
        assert left.scalar_one() == 0

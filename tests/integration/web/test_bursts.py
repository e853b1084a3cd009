"""What one account asks for at once takes no connections from others."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from sqlalchemy import text

from livehouse.main.wiring.persistence import build_engine

pytestmark = pytest.mark.integration

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def test_changes_that_wait_for_a_row_leave_the_connections_to_others(
    visit, ada: httpx.AsyncClient, database_url: str
) -> None:
    """Ada's row is locked; 30 changes of hers, from many addresses, wait for it."""
    login = {"name": "ada", "password": "correct horse battery", "token": "bearer"}
    token = (await ada.post("/api/v1/session", json=login)).json()["access_token"]
    browsers = [visit(address=f"198.51.100.{number}") for number in range(30)]
    engine = build_engine(database_url)
    try:
        async with engine.begin() as locking, engine.connect() as watching:
            await locking.execute(text("SELECT 1 FROM accounts.account FOR UPDATE"))
            changes = [
                asyncio.create_task(
                    browser.patch(
                        "/api/v1/account",
                        json={"bio": f"number {number}"},
                        headers={"Authorization": f"Bearer {token}"},
                    )
                )
                for number, browser in enumerate(browsers)
            ]
            deadline_s = time.monotonic() + 60
            while (await watching.execute(WAITING)).scalar_one() < 2:
                await watching.rollback()  # the view is one snapshot for each transaction
                assert time.monotonic() < deadline_s
            answers = await asyncio.gather(*(browser.get("/api/v1/channels") for browser in browsers))
            assert {answer.status_code for answer in answers} == {200}
            await watching.rollback()
            assert (await watching.execute(WAITING)).scalar_one() == 2
        statuses = {answer.status_code for answer in await asyncio.gather(*changes)}
        assert statuses <= {200, 429}, "none fails for want of a connection"
        assert 200 in statuses
    finally:
        await engine.dispose()

"""GET /api/v1/channels/{name}/chat/messages."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.contract import AccountId, AccountName, Actor
from livehouse.channel.contract import Channels
from livehouse.chat.adapters import chat_metrics
from livehouse.chat.adapters.postgres_chat import PostgresChatUnitOfWork
from livehouse.chat.application.message_commits import MessageCommits
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.ports import UnitOfWork
from livehouse.chat.application.room_modes import RoomModes
from livehouse.chat.application.send_chat_message import SendChatMessage
from livehouse.chat.domain.send_rate import SendRate
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.persistence import build_engine
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.find_supporters import FindSupporters


async def _say(engine: AsyncEngine, channels: Channels, owner_id: str, lines: list[str]) -> None:
    clock = FakeClock()
    ids = UuidV7Ids(clock)

    def unit_of_work() -> UnitOfWork:
        return PostgresChatUnitOfWork(engine)

    commits = MessageCommits(unit_of_work, lambda room, messages: None, chat_metrics.committed, clock, ids)
    modes = RoomModes(channels, FindSupporters(lambda: PostgresSocialUnitOfWork(engine), clock), clock)
    send = SendChatMessage(commits, SendRate(), clock, ids, build_access(engine, clock), modes)
    room = await OpenChatRoom(unit_of_work, channels, clock, ids)("ada")
    ada = Actor(AccountId.parse(owner_id), AccountName("ada"))
    for n, line in enumerate(lines):
        await send(await send.admit(room, ada), nonce=f"n{n}", text=line)


async def test_history_page_by_page(ada: httpx.AsyncClient, use_cases: Any, database_url: str) -> None:
    empty = await ada.get("/api/v1/channels/ada/chat/messages")
    assert (empty.status_code, empty.json()) == (200, {"messages": []})

    account = (await ada.get("/api/v1/session")).json()["account"]
    engine = build_engine(database_url)
    lines = ["<b>one</b>", "@Bob see https://a.example", "three"]
    await _say(engine, use_cases.channel.find_channels, account["id"], lines)
    await engine.dispose()

    newest = (await ada.get("/api/v1/channels/ADA/chat/messages?limit=2")).json()["messages"]
    assert [message["seq"] for message in newest] == [2, 3]
    assert newest[0]["fragments"] == [
        {"type": "mention", "text": "@Bob", "name": "bob"},
        {"type": "text", "text": " see "},
        {"type": "link", "text": "https://a.example", "url": "https://a.example"},
    ]
    assert newest[0]["sender"]["id"] == account["id"]
    assert newest[0]["badges"] == ["broadcaster"]
    older = (await ada.get("/api/v1/channels/ada/chat/messages?before_seq=2")).json()["messages"]
    assert [message["fragments"] for message in older] == [[{"type": "text", "text": "<b>one</b>"}]]


async def test_what_makes_no_sense_is_refused(ada: httpx.AsyncClient) -> None:
    unknown = await ada.get("/api/v1/channels/nobody/chat/messages")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/no-such-channel")
    for query in ("limit=0", "limit=101", "limit=x", "before_seq=0", f"before_seq={2**63}"):
        refused = await ada.get(f"/api/v1/channels/ada/chat/messages?{query}")
        assert refused.status_code in (400, 422), query
        assert refused.headers["content-type"].startswith("application/problem+json")

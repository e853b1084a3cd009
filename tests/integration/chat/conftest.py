"""A chat on real servers: accounts and channels in PostgreSQL, gateways as the chat role starts them."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.application import AccountsUseCases
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.channel.application import ChannelUseCases
from livehouse.chat.adapters.gateway import GatewayOptions
from livehouse.main.wiring.accounts import build_accounts
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.chat import RunningChat, start_chat
from livehouse.main.wiring.persistence import build_engine

PATIENCE_S = 30


@dataclass
class Person:
    name: str
    id: str
    token: str


@dataclass
class Chatter:
    """A WebSocket client that sorts what it hears. Frames are plain dicts."""

    socket: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def hear(self, kind: str, **fields: object) -> dict[str, Any]:
        """The first frame of that type with those fields, come already or yet to come; it is used up."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for frame in self.heard:
                    if frame["type"] == kind and all(
                        frame.get(key) == value for key, value in fields.items()
                    ):
                        self.heard.remove(frame)
                        return frame
                self.heard.append(json.loads(await self.socket.recv()))

    async def seqs_until(self, last: int) -> list[int]:
        """The seqs of live messages, in the order they came, up to and with `last`."""
        return [message["seq"] for message in await self.messages_until(last)]

    async def messages_until(self, last: int) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while not messages or messages[-1]["seq"] < last:
            messages += (await self.hear("messages", history=None))["messages"]
        return messages

    async def say(self, text: str, nonce: str | None = None) -> str:
        nonce = nonce or secrets.token_hex(8)
        await self.send(type="send", nonce=nonce, text=text)
        return nonce

    async def send(self, **frame: object) -> None:
        await self.socket.send(json.dumps(frame))

    async def closed(self) -> int:
        """Read to the end; the close code."""
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionClosedError):  # any code but 1000 and 1001
                async for frame in self.socket:
                    self.heard.append(json.loads(frame))
            await self.socket.wait_closed()
        return self.socket.close_code or 0


@dataclass
class ChatHouse:
    engine: AsyncEngine
    nats_url: str
    accounts: AccountsUseCases
    channel: ChannelUseCases
    stack: AsyncExitStack

    async def sign_up(self, name: str) -> Person:
        signed_in = await self.accounts.sign_up(name, "a long enough pass phrase")
        await self.channel.manager.create(signed_in.account.id, signed_in.account.name)
        return Person(name, str(signed_in.account.id), signed_in.token)

    async def gateway(self, **options: Any) -> RunningChat:
        clock = SystemClock()
        running = await start_chat(
            self.engine,
            clock,
            UuidV7Ids(clock),
            self.channel.find_channels,
            self.accounts.resolve_actor,
            nats_servers=self.nats_url,
            options=GatewayOptions(**options),
        )
        self.stack.push_async_callback(running.close)
        return running

    async def enter(
        self, gateway: RunningChat, channel: str, person: Person | None = None, **options: Any
    ) -> Chatter:
        """Connect and wait for the welcome and the history; both stay in `heard`."""
        headers = {"Authorization": f"Bearer {person.token}"} if person else {}
        chatter = await self.connect(gateway, channel, additional_headers=headers, **options)
        welcome = await chatter.hear("welcome")
        history = await chatter.hear("messages", history=True)
        chatter.heard = [welcome, history, *chatter.heard]
        return chatter

    async def connect(self, gateway: RunningChat, channel: str, **options: Any) -> Chatter:
        scheme = "wss" if "ssl" in options else "ws"
        socket = await self.stack.enter_async_context(
            connect(f"{scheme}://127.0.0.1:{gateway.gateway.port}/chat/{channel}", **options)
        )
        return Chatter(socket)


@pytest.fixture
async def house(database_url: str, nats_url: str) -> AsyncIterator[ChatHouse]:
    async with open_house(database_url, nats_url) as house:
        yield house


class open_house:  # noqa: N801  # reads as the verb it is
    def __init__(self, database_url: str, nats_url: str) -> None:
        self._database_url = database_url
        self._nats_url = nats_url
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> ChatHouse:
        clock = SystemClock()
        ids = UuidV7Ids(clock)
        engine = build_engine(self._database_url, pool_size=8)
        self._stack.push_async_callback(engine.dispose)
        keyring = KeyRing("k1", {"k1": secrets.token_bytes(32)})
        return ChatHouse(
            engine=engine,
            nats_url=self._nats_url,
            accounts=build_accounts(engine, clock, ids, keyring, FakePasswordHasher()),
            channel=build_channel(engine, clock, ids),
            stack=self._stack,
        )

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


@pytest.fixture
def opens_house() -> type[open_house]:
    """For a test with servers of its own."""
    return open_house

"""The process that is measured: a chat gateway as the chat role runs it. Settings: JSON in argv[1]."""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop

from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.chat.adapters.gateway import GatewayOptions
from livehouse.main.wiring.accounts import build_accounts
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.chat import start_chat
from livehouse.main.wiring.persistence import build_engine


async def serve(database_url: str, nats_url: str, key: str) -> None:
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    engine = build_engine(database_url)
    keyring = KeyRing("k1", {"k1": bytes.fromhex(key)})
    chat = await start_chat(
        engine,
        clock,
        ids,
        build_channel(engine, clock, ids).find_channels,
        build_accounts(engine, clock, ids, keyring).resolve_actor,
        nats_servers=nats_url,
        options=GatewayOptions(max_sockets_per_address=100_000),
    )
    print(chat.gateway.port, flush=True)
    await chat.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(**json.loads(sys.argv[1])))

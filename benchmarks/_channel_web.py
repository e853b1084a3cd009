"""The process that is measured: the web door as the web role serves it, or a bare FastAPI route with the same
bytes. Settings: JSON in argv[1]. Prints its port."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop
from fastapi import FastAPI, Response
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from cpc.cache.lmdb_cache import LmdbCache
from cpc.cache.metrics import PrometheusCacheCounts
from cpc.cache.ports import Cache
from cpc.images.obstore_store import ObstoreImages
from cpc.images.read_image import ReadImage
from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main.free_ports import free_port
from livehouse.main.wiring.accounts import build_accounts, follow_actor_changes
from livehouse.main.wiring.cache import build_list_reads, build_read_channel_page
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.chat import build_chat
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.processes import build_processes
from livehouse.main.wiring.social import build_social
from livehouse.main.wiring.streaming import StreamingOutside, build_streaming
from livehouse.main.wiring.web import build_known_actors
from livehouse.processes.reading_channel_page import ShownChannels
from livehouse.streaming.testing import FakeHealthSamples, FakeMediaNodes, FakeMediaRouter
from livehouse.web.app import create_app
from livehouse.web.known_actors import KnownActors
from livehouse.web.options import WebOptions
from livehouse.web.use_cases import UseCases


def build_door(
    engine: AsyncEngine,
    key: str,
    cache: Cache,
    registry: CollectorRegistry | None = None,
    known_actors: KnownActors | None = None,
) -> ASGIApp:
    """Everything the role has; media nodes, whom no visit of a page reaches, are fakes.

    registry: what /metrics tells. known_actors: None: each login is looked up.
    """
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    keys = KeyRing("k1", {"k1": bytes.fromhex(key)})
    registry = registry or CollectorRegistry()
    counts = PrometheusCacheCounts(registry)
    channel = build_channel(engine, clock, ids, list_reads=build_list_reads(cache, clock, counts))
    accounts = build_accounts(engine, clock, ids, keys, FakePasswordHasher())
    outside = StreamingOutside(FakeMediaRouter(), FakeMediaNodes(), FakeHealthSamples())
    read_channel_page = build_read_channel_page(engine, clock, cache, counts)
    use_cases = UseCases(
        accounts=accounts,
        channel=channel,
        streaming=build_streaming(engine, channel.find_channels, outside, clock, ids, keys),
        chat=build_chat(engine, channel.find_channels, clock),
        social=build_social(
            engine,
            channel.find_channels,
            clock,
            ids,
            shown=ShownChannels(read_channel_page, channel.find_channels, clock),
        ),
        processes=build_processes(accounts, channel, read_channel_page),
        read_image=ReadImage(ObstoreImages.in_memory()),
    )
    options = WebOptions(
        registry=registry,
        requests_per_second=1e9,
        request_burst=1e9,
        requests_at_once=1_000_000,
        known_actors=known_actors or KnownActors(trusted_s=0),
    )
    return create_app(use_cases, options)


def bare_door(answers: list[str]) -> ASGIApp:
    app = FastAPI()
    channel, relationship = (answer.encode() for answer in answers)

    @app.get("/api/v1/channels/{name}")
    async def get_channel(name: str) -> Response:
        return Response(channel, media_type="application/json")

    @app.get("/api/v1/channels/{name}/relationship")
    async def get_relationship(name: str) -> Response:
        return Response(relationship, media_type="application/json")

    return app


async def serve(settings: dict[str, Any]) -> None:
    following = None
    if "answers" in settings:
        app = bare_door(settings["answers"])
    else:
        engine = build_engine(settings["database_url"])
        known_actors = build_known_actors()
        app = build_door(
            engine, settings["key"], LmdbCache(Path(settings["cache"])), known_actors=known_actors
        )
        following = asyncio.create_task(follow_actor_changes(settings["database_url"], known_actors))
    port = free_port("127.0.0.1")
    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    )
    print(port, flush=True)
    await server.serve()
    if following is not None:
        following.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(json.loads(sys.argv[1])))

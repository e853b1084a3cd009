"""A burst of one address, or of one account, waits for itself; a slow line holds no place."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from cpc.kernel.errors import RateLimited
from livehouse.web.places import Places, RequestPlaces, hold_place

UPLOADS = re.compile("/api/v1/me/avatar")


async def settle() -> None:
    """Everything that can go on has gone on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_places_are_given_in_turn_and_cost_nothing_when_all_are_back() -> None:
    places = Places("address", at_once=2, max_waiting=3)
    order: list[int] = []

    async def one(number: int) -> None:
        await places.take("ada")
        order.append(number)

    waiting = [asyncio.create_task(one(number)) for number in range(5)]
    await settle()
    assert order == [0, 1]
    with pytest.raises(RateLimited) as refused:
        await places.take("ada")
    assert (refused.value.slug, refused.value.retry_after_s) == ("too-many-requests", 1.0)
    await places.take("bob")
    places.give_back("ada")
    await settle()
    assert order == [0, 1, 2]
    waiting[3].cancel()
    await settle()
    places.give_back("ada")
    await settle()
    assert order == [0, 1, 2, 4], "who gave up is passed over"
    for key in ("ada", "ada", "bob"):
        places.give_back(key)
    assert len(places) == 0
    await places.take("ada")
    assert len(places) == 1


async def test_nobody_waits_for_ever() -> None:
    places = Places("account", at_once=1, max_waiting=3, max_wait_s=0.01)
    await places.take("ada")
    with pytest.raises(RateLimited):
        await places.take("ada")
    places.give_back("ada")
    await places.take("ada")
    places.give_back("ada")
    assert len(places) == 0


async def test_a_place_handed_over_to_who_gives_up_in_the_same_moment_is_not_lost() -> None:
    places = Places("address", at_once=1, max_waiting=3)
    await places.take("ada")
    waiting = asyncio.create_task(places.take("ada"))
    await settle()
    places.give_back("ada")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(places) == 0


class Door:
    """An application whose requests go on when told to, behind the layer, and its clients."""

    def __init__(self, at_once: int = 2, max_waiting: int = 100) -> None:
        self.places = Places("address", at_once, max_waiting)
        self.account = Places("account", 1, max_waiting)
        self.refused = 0
        self.running: list[str] = []
        self.go_on: dict[str, asyncio.Event] = {}
        self.layer = RequestPlaces(self._app, self.places, uploads=UPLOADS, on_refused=self._count)

    def _count(self) -> None:
        self.refused += 1

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        while scope["method"] == "PUT" and (await receive()).get("more_body"):
            pass
        if scope["path"].endswith("account"):
            await hold_place(self.account, "ada", scope)
        name = scope["query_string"].decode()
        self.running.append(name)
        await self.go_on.setdefault(name, asyncio.Event()).wait()
        if name == "broken":
            raise OSError(name)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ask(
        self,
        name: str,
        *,
        address: str = "192.0.2.1",
        method: str = "GET",
        path: str = "/api/v1/search",
        body: asyncio.Queue[bytes] | None = None,
        client_reads: asyncio.Event | None = None,
    ) -> asyncio.Task[int]:
        """The answer's status. body: comes in pieces, the last one is empty."""
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": name.encode(),
            "client": (address, 50000),
            "headers": [],
        }
        status = 0

        async def receive() -> Message:
            piece = b"" if body is None else await body.get()
            return {"type": "http.request", "body": piece, "more_body": bool(piece)}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            if client_reads is not None:
                await client_reads.wait()

        async def ask() -> int:
            await self.layer(scope, receive, send)
            return status

        return asyncio.create_task(ask())

    def finish(self, *names: str) -> None:
        for name in names:
            self.go_on.setdefault(name, asyncio.Event()).set()


async def test_a_burst_of_one_address_leaves_others_alone() -> None:
    door = Door()
    burst = [door.ask(f"burst{number}") for number in range(50)]
    await settle()
    assert door.running == ["burst0", "burst1"]
    other = door.ask("other", address="198.51.100.1")
    await settle()
    assert door.running[-1] == "other"
    door.finish("other", *(f"burst{number}" for number in range(50)))
    assert await other == 200
    assert set(await asyncio.gather(*burst)) == {200}, "what waited is carried out"
    assert len(door.places) == 0


async def test_the_queue_has_an_end() -> None:
    door = Door(at_once=1, max_waiting=2)
    burst = [door.ask(f"burst{number}") for number in range(5)]
    await settle()
    door.finish(*(f"burst{number}" for number in range(5)))
    assert sorted(await asyncio.gather(*burst)) == [200, 200, 200, 429, 429]
    assert door.refused == 2


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/v1/session"), ("PUT", "/api/v1/me/avatar")], ids=["body", "upload"]
)
async def test_a_body_that_trickles_in_holds_no_place(method: str, path: str) -> None:
    door = Door(at_once=1)
    body: asyncio.Queue[bytes] = asyncio.Queue()
    slow = door.ask("slow", method=method, path=path, body=body)
    body.put_nowait(b"{")
    await settle()
    assert len(door.places) == 0
    quick = door.ask("quick")
    door.finish("quick")
    assert await quick == 200
    body.put_nowait(b"")
    await settle()
    assert (len(door.places), door.running[-1]) == (1, "slow")
    door.finish("slow")
    assert await slow == 200
    assert len(door.places) == 0


async def test_who_reads_the_answer_slowly_holds_no_place() -> None:
    door = Door(at_once=1)
    reads = asyncio.Event()
    slow = door.ask("slow", client_reads=reads)
    door.finish("slow", "quick")
    await settle()
    assert await door.ask("quick") == 200
    reads.set()
    assert await slow == 200


async def test_changes_of_one_account_wait_for_each_other_wherever_they_come_from() -> None:
    door = Door(at_once=3)
    first = door.ask("first", path="/api/v1/account", method="POST")
    second = door.ask("second", path="/api/v1/account", method="POST", address="198.51.100.1")
    await settle()
    assert door.running == ["first"]
    door.finish("first", "second")
    assert (await first, await second) == (200, 200)
    assert (len(door.account), len(door.places)) == (0, 0)


async def test_a_place_comes_back_after_a_failure_and_after_a_client_that_went_away() -> None:
    door = Door(at_once=1)
    broken = door.ask("broken")
    door.finish("broken")
    with pytest.raises(OSError, match="broken"):
        await broken
    gone = door.ask("gone")
    await settle()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert (len(door.places), door.running) == (0, ["broken", "gone"])


async def test_files_of_the_page_need_no_place() -> None:
    door = Door(at_once=1)
    held = door.ask("held")
    await settle()
    door.finish("file")
    assert await door.ask("file", path="/assets/app.js") == 200
    door.finish("held")
    assert await held == 200

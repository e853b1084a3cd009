"""So many requests of one address are carried out at once, and so many changes of one account.

What is more waits for those of its own, and not with everybody else for a connection to the database.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cpc.kernel.client_address import limit_key
from cpc.kernel.errors import RateLimited
from livehouse.web.problems import domain_problem, http_problem
from livehouse.web.whole_body import again, whole_body

MAX_WAIT_S = 5.0
_DOORS = ("/api/", "/whip/", "/whep/")  # all else asks no database
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HELD = "livehouse.held_places"


@dataclass(slots=True)
class Places:
    """at_once: places of each key. max_waiting: how many wait for one, the first to come is served first;
    nobody longer than `max_wait_s`. A key that nobody holds costs nothing.
    """

    whose: str
    at_once: int
    max_waiting: int
    max_wait_s: float = MAX_WAIT_S
    _taken: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, deque[asyncio.Future[None]]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many keys are held."""
        return len(self._taken)

    async def take(self, key: str) -> None:
        """Raises `RateLimited`."""
        taken = self._taken.get(key, 0)
        if taken < self.at_once:
            self._taken[key] = taken + 1
            return
        queue = self._waiting.setdefault(key, deque())
        if len(queue) >= self.max_waiting:
            raise self._refused()
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(self.max_wait_s):
                await turn
        except BaseException as gave_up:
            if turn.done() and not turn.cancelled():
                self.give_back(key)  # it was handed over in the same moment
            else:
                queue.remove(turn)
            if isinstance(gave_up, TimeoutError):
                raise self._refused() from None
            raise

    def give_back(self, key: str) -> None:
        for turn in self._waiting.get(key, ()):
            if not turn.done():
                self._waiting[key].remove(turn)
                turn.set_result(None)  # the place goes on to who waits longest
                return
        self._waiting.pop(key, None)
        if self._taken[key] > 1:
            self._taken[key] -= 1
        else:
            del self._taken[key]

    def _refused(self) -> RateLimited:
        return RateLimited(
            "too-many-requests", f"Your {self.whose} asks for too much at once. Wait for answers first.", 1.0
        )


async def hold_place(places: Places, key: str, scope: Scope) -> None:
    """Until the answer to the request of that scope begins, which `RequestPlaces` sees to.

    Raises `RateLimited`.
    """
    held: list[tuple[Places, str]] | None = scope.get(_HELD)
    if held is not None:
        await places.take(key)
        held.append((places, key))


class RequestPlaces:
    """ASGI layer. A request has its place from when all of it is there until its answer begins, so that
    a slow line holds none.

    uploads: paths whose bodies are read as they come: those have their place once the last part is there.
    """

    def __init__(
        self, app: ASGIApp, places: Places, *, uploads: re.Pattern[str], on_refused: Callable[[], None]
    ) -> None:
        self._app = app
        self._places = places
        self._uploads = uploads
        self._on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_DOORS):
            await self._app(scope, receive, send)
            return
        key = limit_key(scope["client"][0]) if scope["client"] else "unknown"
        held: list[tuple[Places, str]] = []

        async def send_and_give_back(message: Message) -> None:
            if message["type"] == "http.response.start":
                _give_back(held)
            await send(message)

        try:
            if scope["method"] == "PUT" and self._uploads.fullmatch(scope["path"]) is not None:
                receive = self._taking_place_at_the_end(receive, key, held)
            else:
                if scope["method"] not in _SAFE_METHODS:
                    receive = again(await whole_body(receive), receive)
                scope[_HELD] = held
                await hold_place(self._places, key, scope)
        except RateLimited as error:
            self._on_refused()
            await domain_problem(error, scope["path"])(scope, receive, send)
            return
        except HTTPException as error:  # too large, too slow
            await http_problem(error, scope["path"])(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send_and_give_back)
        finally:
            _give_back(held)

    def _taking_place_at_the_end(self, receive: Receive, key: str, held: list[tuple[Places, str]]) -> Receive:
        async def receive_and_take() -> Message:
            message = await receive()
            is_last = message["type"] == "http.request" and not message.get("more_body", False)
            if is_last and not held:
                await self._places.take(key)
                held.append((self._places, key))
            return message

        return receive_and_take


def _give_back(held: list[tuple[Places, str]]) -> None:
    while held:
        places, key = held.pop()
        places.give_back(key)

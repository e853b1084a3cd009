"""argon2id in a small thread pool of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2

from cpc.kernel.errors import Unavailable
from livehouse.accounts.domain.password import Password

T = TypeVar("T")


class Argon2PasswordHasher:
    """46 MiB, one pass, one lane: the first choice of the OWASP password storage cheat sheet.

    At most `threads` hashes at once and `max_waiting` in the queue, so that a flood of sign-ins takes neither
    the memory nor the cores that live media needs. argon2 releases the GIL.
    """

    def __init__(self, *, threads: int = 2, max_waiting: int = 64) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._places = threads + max_waiting
        self._taken = 0
        # A hash of nobody's password: what an unknown name is checked against.
        self._decoy: str | None = None

    async def hash(self, password: Password) -> str:
        return await self._run(lambda: self._argon2.hash(password.text))

    async def verify(self, password: Password, password_hash: str) -> bool:
        return await self._run(lambda: self._verify(password, password_hash))

    async def verify_nothing(self, password: Password) -> None:
        if self._decoy is None:
            self._decoy = await self._run(lambda: self._argon2.hash("nobody's password"))
        await self.verify(password, self._decoy)

    def needs_rehash(self, password_hash: str) -> bool:
        return self._argon2.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: Password, password_hash: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password.text)
        except argon2.exceptions.VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._taken >= self._places:
            raise Unavailable("sign-in-busy", "Too many people sign in right now. Try again in a moment.")
        self._taken += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        future.add_done_callback(lambda _: self._leave())  # also when the caller has gone
        return await future

    def _leave(self) -> None:
        self._taken -= 1

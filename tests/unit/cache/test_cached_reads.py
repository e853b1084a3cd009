"""Reads through the cache: how old they may be, one at a time, and forgetting what is being read."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cpc.cache.cached_reads import CachedReads
from cpc.cache.testing import InMemoryCache, RecordedCounts
from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import NotFound, Unavailable


class Source:
    """What is read. gate: reads wait until it is open."""

    def __init__(self) -> None:
        self.value = b"one"
        self.reads = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> bytes:
        self.reads += 1
        value = self.value
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return value


class Stage:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.cache, self.counts, self.source = InMemoryCache(self.clock), RecordedCounts(), Source()
        self.reads = self.another_process()

    def another_process(self) -> CachedReads:
        return CachedReads(self.cache, "kind", self.clock, self.counts, fresh_s=2, stale_s=10)

    async def get(self, name: str = "a") -> bytes:
        return await self.reads.get(name, self.source)

    def pass_s(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_fresh_ones_are_served_without_a_look() -> None:
    stage = Stage()
    for _ in range(3):
        assert await stage.get() == b"one"
    assert (stage.source.reads, stage.counts.seen) == (1, ["miss", "hit", "hit"])
    assert await stage.another_process().get("a", stage.source) == b"one"
    assert stage.source.reads == 1


async def test_old_ones_are_served_at_once_and_read_anew_behind() -> None:
    stage = Stage()
    await stage.get()
    stage.pass_s(2)
    stage.source.value = b"two"
    assert await stage.get() == b"one"
    await settled()
    assert await stage.get() == b"two"
    assert stage.counts.seen == ["miss", "stale", "hit"]


async def test_too_old_ones_are_waited_for() -> None:
    stage = Stage()
    await stage.get()
    stage.pass_s(10)
    stage.source.value = b"two"
    assert await stage.get() == b"two"


async def test_many_who_ask_at_once_cost_one_read() -> None:
    stage = Stage()
    stage.source.gate.clear()
    asking = [asyncio.create_task(stage.get()) for _ in range(50)]
    await settled()
    asking[0].cancel()  # whoever asked first may leave
    stage.source.gate.set()
    assert await asyncio.gather(*asking[1:]) == [b"one"] * 49
    assert stage.source.reads == 1


async def test_what_is_forgotten_is_read_anew_at_once() -> None:
    stage = Stage()
    await stage.get()
    stage.source.value = b"two"
    stage.pass_s(0.001)
    stage.reads.forget("a")
    stage.pass_s(0.001)
    assert await stage.get() == b"two"
    assert await stage.get() == b"two"
    assert stage.source.reads == 2


async def test_what_was_being_read_when_it_was_forgotten_is_not_kept() -> None:
    stage = Stage()
    stage.source.gate.clear()
    before = asyncio.create_task(stage.get())
    await settled()
    stage.source.value = b"two"
    stage.another_process().forget("a")
    stage.source.gate.set()
    assert await before == b"one"
    stage.pass_s(0.001)
    assert await stage.get() == b"two"


async def test_what_is_not_there_is_asked_for_each_time() -> None:
    stage = Stage()
    stage.source.error = NotFound("no-such-thing", "no")
    for _ in range(2):
        with pytest.raises(NotFound):
            await stage.get()
    assert stage.source.reads == 2
    stage.source.error = None
    assert await stage.get() == b"one"


async def test_while_nobody_can_be_asked_an_old_answer_does() -> None:
    stage = Stage()
    await stage.get()
    stage.source.error = Unavailable("database-away", "away")
    stage.pass_s(599)
    assert await stage.get() == b"one"
    stage.pass_s(1)
    with pytest.raises(Unavailable):
        await stage.get()
    with pytest.raises(Unavailable):
        await stage.get("never read")


async def test_a_clock_that_went_back_makes_nothing_fresh() -> None:
    stage = Stage()
    await stage.get()
    stage.pass_s(-3600)
    stage.source.value = b"two"
    assert await stage.get() == b"two"


async def test_a_clock_that_went_back_revives_nothing() -> None:
    stage = Stage()
    await stage.get()
    await stage.get("b")
    stage.pass_s(-3600)
    stage.source.value = b"two"
    assert (await stage.get(), await stage.get()) == (b"two", b"two")
    assert stage.source.reads == 3, "what was read after that is kept"
    stage.pass_s(0.001)
    stage.reads.forget("a")
    stage.pass_s(3599.999)
    stage.source.value = b"three"
    assert (await stage.get(), await stage.get("b")) == (b"three", b"three")


async def test_a_clock_set_back_a_little_revives_nothing_that_was_forgotten() -> None:
    stage = Stage()
    await stage.get()
    stage.pass_s(-1)
    stage.source.value = b"two"
    stage.reads.forget("a")
    stage.pass_s(1.001)
    assert await stage.get() == b"two"


async def test_what_was_forgotten_before_the_clock_went_back_is_read_once() -> None:
    stage = Stage()
    stage.reads.forget_all()
    stage.pass_s(-3600)
    await stage.get()
    stage.pass_s(0.001)
    await stage.get()
    stage.pass_s(0.001)
    await stage.get()
    assert stage.source.reads == 2, "the first one at the very moment in which that was seen"


async def test_all_of_a_kind_are_forgotten_with_what_is_being_read() -> None:
    stage = Stage()
    await stage.get("a")
    stage.source.gate.clear()
    before = asyncio.create_task(stage.get("b"))
    await settled()
    stage.source.value = b"two"
    stage.reads.forget_all()
    stage.source.gate.set()
    assert await before == b"one"
    stage.pass_s(0.001)
    assert (await stage.get("a"), await stage.get("b")) == (b"two", b"two")
    assert (await stage.get("a"), stage.source.reads) == (b"two", 4)


async def test_what_was_forgotten_does_while_nobody_can_be_asked() -> None:
    stage = Stage()
    await stage.get()
    stage.reads.forget_all()
    stage.source.error = Unavailable("database-away", "away")
    assert await stage.get() == b"one"

"""What every event transport promises: the memory one and NATS JetStream pass the same suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import nats
import pytest

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.jetstream import JetStreamTransport
from cpc.eventbus.memory import MemoryTransport
from cpc.eventbus.transport import DurableConsumer, EventTransport

STREAMING = DurableConsumer("streaming_reader", ("streaming.>",))
STARTED = DurableConsumer("started_reader", ("streaming.StreamStarted.v1.*",))


@pytest.fixture(params=["memory", pytest.param("jetstream", marks=pytest.mark.integration)])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[EventTransport]:
    if request.param == "memory":
        yield MemoryTransport()
        return
    connection = await nats.connect(request.getfixturevalue("nats_url"))
    yield JetStreamTransport(connection)
    await connection.close()


def event(kind: str = "StreamStarted", key: str = "chn_a", *, event_id: UUID | None = None) -> CloudEvent:
    return CloudEvent(
        id=event_id or uuid4(),
        type=f"cpc.social.{kind}.v1",
        source="/test",
        subject=f"streaming.{kind}.v1.{key}",
        time=datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC),
        partition_key=key,
        data={"title": "Ünïcode <b>", "viewers": 3, "nested": {"list": [1, None, True]}},
        data_schema="urn:cpc:schema:social:StreamStarted.v1",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


class Reader:
    """Runs a consumer and keeps what it handled."""

    def __init__(self, transport: EventTransport, consumer: DurableConsumer) -> None:
        self.handled: list[CloudEvent] = []
        self.attempts: list[UUID] = []
        self.fails: Callable[[CloudEvent], bool] = lambda event: False
        self._changed = asyncio.Condition()
        self._task = asyncio.create_task(transport.consume(consumer, self._handle))

    async def _handle(self, event: CloudEvent) -> None:
        async with self._changed:
            self.attempts.append(event.id)
            self._changed.notify_all()
            if self.fails(event):
                raise RuntimeError("told to fail")
            self.handled.append(event)

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(reached)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_an_event_arrives_as_it_was_sent(transport: EventTransport) -> None:
    sent = event()
    await transport.publish(sent, sequence=1)
    reader = Reader(transport, STREAMING)
    await reader.until(lambda: len(reader.handled) == 1)
    await reader.stop()
    assert reader.handled == [sent]


async def test_events_come_in_the_order_they_were_sent(transport: EventTransport) -> None:
    reader = Reader(transport, STREAMING)
    sent = [event(key=f"chn_{place % 3}") for place in range(12)]
    for place, one in enumerate(sent):
        await transport.publish(one, sequence=place)
    await reader.until(lambda: len(reader.handled) == 12)
    await reader.stop()
    assert reader.handled == sent


async def test_the_same_event_twice_is_kept_once(transport: EventTransport) -> None:
    first, last = event(), event()
    place = await transport.publish(first, sequence=1)
    assert await transport.publish(first, sequence=1) == place
    await transport.publish(last, sequence=2)
    reader = Reader(transport, STREAMING)
    await reader.until(lambda: last in reader.handled)
    await reader.stop()
    assert reader.handled == [first, last]


async def test_a_consumer_sees_only_its_subjects(transport: EventTransport) -> None:
    reader = Reader(transport, STARTED)
    ended, started = event("StreamEnded"), event("StreamStarted")
    await transport.publish(ended, sequence=1)
    await transport.publish(started, sequence=2)
    await reader.until(lambda: len(reader.handled) == 1)
    await reader.stop()
    assert reader.handled == [started]


async def test_every_consumer_gets_every_event_also_one_that_comes_late(transport: EventTransport) -> None:
    sent = event()
    early = Reader(transport, STREAMING)
    await transport.publish(sent, sequence=1)
    await early.until(lambda: early.handled == [sent])
    late = Reader(transport, STARTED)
    await late.until(lambda: late.handled == [sent])
    await early.stop()
    await late.stop()


async def test_a_consumer_goes_on_where_it_stopped(transport: EventTransport) -> None:
    first, second = event(), event()
    await transport.publish(first, sequence=1)
    reader = Reader(transport, STREAMING)
    await reader.until(lambda: reader.handled == [first])
    await _until_confirmed(transport, STREAMING)
    await reader.stop()
    await transport.publish(second, sequence=2)
    resumed = Reader(transport, STREAMING)
    await resumed.until(lambda: second in resumed.handled)
    await resumed.stop()
    assert resumed.handled == [second]


async def test_a_failing_event_holds_up_those_behind_it(transport: EventTransport) -> None:
    poison, behind = event(), event()
    reader = Reader(transport, STREAMING)
    reader.fails = lambda one: one.id == poison.id and reader.attempts.count(poison.id) < 3
    await transport.publish(poison, sequence=1)
    await transport.publish(behind, sequence=2)
    await reader.until(lambda: len(reader.handled) == 2)
    await reader.stop()
    assert reader.attempts == [poison.id] * 3 + [behind.id]


async def test_confirmed_is_what_all_have_handled(transport: EventTransport) -> None:
    assert await transport.confirmed_position([STREAMING]) is None, "one never seen has confirmed nothing"
    assert await transport.confirmed_position([]) == await transport.last_position()
    reader = Reader(transport, STREAMING)
    stuck, behind = event(), event()
    done = event()
    place = await transport.publish(done, sequence=1)
    await reader.until(lambda: reader.handled == [done])
    await _until_confirmed(transport, STREAMING)
    reader.fails = lambda one: one.id == stuck.id
    await transport.publish(stuck, sequence=2)
    await transport.publish(behind, sequence=3)
    await reader.until(lambda: stuck.id in reader.attempts)
    assert await transport.confirmed_position([STREAMING]) == place
    reader.fails = lambda one: False
    await reader.until(lambda: behind in reader.handled)
    await _until_confirmed(transport, STREAMING)
    await reader.stop()


async def _until_confirmed(transport: EventTransport, consumer: DurableConsumer) -> None:
    """Until the consumer has confirmed all there is; a confirmation travels a moment after the handling."""
    async with asyncio.timeout(20):
        # The server says nothing when a confirmation arrives, so one has to ask.
        while await transport.confirmed_position([consumer]) != await transport.last_position():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

"""The transport on NATS JetStream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamConfig, StreamInfo

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.transport import DurableConsumer, EventHandler, StreamPosition, TransportAway
from cpc.eventbus.wire import CONTENT_TYPE, MalformedEvent, decode, encode

log = structlog.get_logger(__name__)

STREAM = "EVENTS"
SUBJECTS = ("streaming.>", "chat.events.>", "channel.>", "accounts.>", "social.>")

_MAX_AGE_S = 7 * 24 * 3600.0
_MAX_BYTES = 256 * 1024 * 1024
_PUBLISH_TIMEOUT_S = 3.0
_FETCH_S = 5.0
_ACK_WAIT_S = 5.0  # how long an event of a killed process waits for the next one
_HEARTBEAT_S = 2.0
_RETRY_S = (0.1, 0.3, 1.0, 3.0)

_AWAY = (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError)


class JetStreamTransport:
    """connection: one that reconnects for ever. The stream is made when it is missing."""

    def __init__(self, connection: Client) -> None:
        self._jetstream: JetStreamContext = connection.jetstream(timeout=_PUBLISH_TIMEOUT_S)
        self._incarnation: str | None = None

    async def publish(self, event: CloudEvent, *, sequence: int) -> StreamPosition:
        try:
            incarnation = self._incarnation or _position(await self._ensure_stream()).incarnation
            kept = await self._jetstream.publish(
                event.subject,
                encode(event, sequence=sequence),
                stream=STREAM,
                headers={"Nats-Msg-Id": str(event.id), "Content-Type": CONTENT_TYPE},
            )
        except _AWAY as error:
            self._incarnation = None  # a stream that is gone is made anew by the next try
            raise TransportAway(f"NATS did not take an event: {error}") from error
        return StreamPosition(incarnation, kept.seq)

    async def last_position(self) -> StreamPosition:
        try:
            return _position(await self._ensure_stream())
        except _AWAY as error:
            raise TransportAway(f"NATS did not answer: {error}") from error

    async def confirmed_position(self, consumers: Sequence[DurableConsumer]) -> StreamPosition | None:
        # The stream is read first: a consumer with nothing left has then handled all up to here.
        last = await self.last_position()
        confirmed = last.sequence
        try:
            for consumer in consumers:
                info = await self._jetstream.consumer_info(STREAM, consumer.name)
                if info.num_pending or info.num_ack_pending:
                    confirmed = min(confirmed, info.ack_floor.stream_seq if info.ack_floor else 0)
        except nats.js.errors.NotFoundError:
            return None
        except _AWAY as error:
            raise TransportAway(f"NATS did not answer: {error}") from error
        return StreamPosition(last.incarnation, confirmed)

    async def consume(self, consumer: DurableConsumer, handle: EventHandler) -> None:
        failures = 0
        while True:
            try:
                pulled = await self._bind(consumer)
                failures = 0
                try:
                    while True:
                        await _handle_next(pulled, handle)
                finally:
                    with contextlib.suppress(*_AWAY):
                        await pulled.unsubscribe()
            except _AWAY as error:
                log.info("event consumer waits for NATS", consumer=consumer.name, error=repr(error))
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1

    async def _bind(self, consumer: DurableConsumer) -> JetStreamContext.PullSubscription:
        await self._ensure_stream()
        config = ConsumerConfig(
            durable_name=consumer.name,
            filter_subjects=list(consumer.subjects),
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_WAIT_S,
            max_ack_pending=1,  # one at a time over all processes: this is what keeps the order
        )
        await self._jetstream.add_consumer(STREAM, config)  # makes it, or changes its subjects
        return await self._jetstream.pull_subscribe_bind(durable=consumer.name, stream=STREAM)

    async def _ensure_stream(self) -> StreamInfo:
        try:
            info = await self._jetstream.stream_info(STREAM)
        except nats.js.errors.NotFoundError:
            info = await self._jetstream.add_stream(
                StreamConfig(
                    name=STREAM,
                    subjects=list(SUBJECTS),
                    max_age=_MAX_AGE_S,
                    max_bytes=_MAX_BYTES,
                    duplicate_window=120,
                )
            )
        self._incarnation = _position(info).incarnation
        return info


async def _handle_next(pulled: JetStreamContext.PullSubscription, handle: EventHandler) -> None:
    try:
        (message,) = await pulled.fetch(1, timeout=_FETCH_S)
    except nats.errors.TimeoutError:
        return
    try:
        event = decode(message.data)
    except MalformedEvent as error:
        log.error("an event that cannot be read was dropped", subject=message.subject, error=str(error))
        await message.term()
        return
    handling = asyncio.ensure_future(handle(event))
    try:
        while not (await asyncio.wait({handling}, timeout=_HEARTBEAT_S))[0]:
            await message.in_progress()
        handling.result()
    except asyncio.CancelledError:
        handling.cancel()
        with contextlib.suppress(Exception):
            await message.nak()
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the event comes again
        log.warning("an event could not be handled yet", type=event.type, id=str(event.id), error=repr(error))
        tries = message.metadata.num_delivered or 1
        await message.nak(delay=_RETRY_S[min(tries, len(_RETRY_S)) - 1])
        return
    await message.ack()


def _position(info: StreamInfo) -> StreamPosition:
    return StreamPosition(info.created.isoformat() if info.created else "", info.state.last_seq)

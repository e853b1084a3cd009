"""The worker's side of the media nodes' reports, and what streaming does every second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Set
from functools import partial

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from cpc.kernel.clock import Clock
from cpc.kernel.errors import DomainError
from livehouse.streaming.adapters.media_messages import ALL_REPORTS
from livehouse.streaming.application import StreamingDuties
from livehouse.streaming.application.media_report import MediaReport
from livehouse.streaming.application.ports import UnitOfWorkFactory

log = structlog.get_logger(__name__)

TICK_S = 1.0
NODE_SILENT_AFTER_S = 5.0
# The end of a broadcast is told for some seconds after it.
_IDLE_AFTER_S = 20.0
_QUEUE_GROUP = "streaming-worker"


class MediaReportListener:
    """Reconciles the newest report of each node; older ones that wait are dropped, for each is the whole
    state."""

    def __init__(
        self, nats_client: Client, duties: StreamingDuties, units: UnitOfWorkFactory, clock: Clock
    ) -> None:
        self._nats = nats_client
        self._duties = duties
        self._units = units
        self._clock = clock
        self._newest: dict[str, MediaReport] = {}
        self._arrived = asyncio.Event()
        self._heard_s: dict[str, float] = {}
        self._connected_since_s: float | None = None
        self._busy_s = clock.monotonic_s()

    async def run(self) -> None:
        """Until cancelled. Errors are logged and the work is taken up again a second later."""
        # Every worker hears all nodes, to know which are silent; one of them reconciles each report.
        await self._nats.subscribe(ALL_REPORTS, cb=self._on_any_report)
        await self._nats.subscribe(ALL_REPORTS, queue=_QUEUE_GROUP, cb=self._on_my_report)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._reconcile_forever())
            tasks.create_task(self._tick_forever())

    async def _on_any_report(self, message: Msg) -> None:
        self._heard_s[message.subject.rpartition(".")[2]] = self._clock.monotonic_s()

    async def _on_my_report(self, message: Msg) -> None:
        try:
            report = msgspec.json.decode(message.data, type=MediaReport)
        except msgspec.DecodeError as error:
            log.warning("unreadable media report", error=str(error))
            return
        self._newest[report.node_id] = report
        self._arrived.set()

    async def _reconcile_forever(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._newest:
                _, report = self._newest.popitem()
                if not await self._attempt(partial(self._reconcile, report)):
                    await asyncio.sleep(TICK_S)

    async def _reconcile(self, report: MediaReport) -> None:
        if await self._duties.reconcile_media_report(report):
            await self._duties.publish_live_states()

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            await self._attempt(self._tick)

    async def _tick(self) -> None:
        async with self._units() as unit:
            running = await unit.broadcasts.running()
        now_s = self._clock.monotonic_s()
        if running:
            self._busy_s = now_s
        elif now_s - self._busy_s > _IDLE_AFTER_S:
            return  # one look a second is all that an idle platform costs
        await self._report_silent_nodes({broadcast.node_id for broadcast in running}, now_s)
        await self._duties.expire_interrupted()
        await self._duties.publish_live_states()

    async def _report_silent_nodes(self, nodes: Set[str], now_s: float) -> None:
        """A media node that died reports nothing: say in its place that it carries nothing."""
        if not self._nats.is_connected:
            self._connected_since_s = None
            return
        if self._connected_since_s is None:
            self._connected_since_s = now_s
        for node_id in nodes:
            heard_s = max(self._heard_s.get(node_id, 0.0), self._connected_since_s)
            if now_s - heard_s > NODE_SILENT_AFTER_S:
                nothing = MediaReport(node_id, self._clock.now())
                await self._duties.reconcile_media_report(nothing, has_running=True)
        self._heard_s = {
            node_id: heard_s
            for node_id, heard_s in self._heard_s.items()
            if now_s - heard_s < 60.0 or node_id in nodes
        }

    async def _attempt(self, work: Callable[[], Awaitable[object]]) -> bool:
        try:
            await work()
        except (DomainError, nats.errors.Error, OSError) as error:
            log.warning("streaming duty put off", error=str(error) or repr(error))
            return False
        except Exception:
            log.exception("streaming duty failed")
            return False
        return True

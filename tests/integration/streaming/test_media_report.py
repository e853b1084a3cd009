"""What a media node answers while it makes a report, with the real native core."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import livehouse_native
import msgspec
import pytest
from tests.streaming_platform import NODE_ID, encoder_offer

from cpc.kernel.clock import SystemClock
from livehouse.streaming.adapters import media_messages as messages
from livehouse.streaming.adapters.native_media_core import NativeMediaNode

pytestmark = pytest.mark.integration

ROOM = "chn_00000000000000000000000000000001"
TRICKLE = (
    "a=ice-ufrag:PqWY\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
)


class LookedAtSlowly:
    """The native core, whose second half of a look waits until it may go on."""

    def __init__(self, core: livehouse_native.MediaNode) -> None:
        self._core = core
        self.is_looking = threading.Event()
        self.may_go_on = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def rooms(self) -> Any:
        self.is_looking.set()
        assert self.may_go_on.wait(60)
        return self._core.rooms()


@pytest.fixture
def core() -> Iterator[LookedAtSlowly]:
    native = livehouse_native.MediaNode(
        host="127.0.0.1", port=0, public_addresses=[], silence_ms=2000, max_sessions=10, shards=1
    )
    yield LookedAtSlowly(native)
    native.close()


@pytest.fixture
def node(core: LookedAtSlowly) -> Iterator[NativeMediaNode]:
    node = NativeMediaNode(core, NODE_ID, SystemClock())  # type: ignore[arg-type]
    yield node
    node.close()


async def test_a_session_that_opens_during_a_report_can_be_patched_after_it(
    core: LookedAtSlowly, node: NativeMediaNode
) -> None:
    report = asyncio.ensure_future(node.report())
    assert await asyncio.to_thread(core.is_looking.wait, 60)
    request = messages.OpenIngestRequest("session", ROOM, encoder_offer(), takeover=False)
    opened = await node.answer("open_ingest", msgspec.json.encode(request))
    assert opened.error is None
    core.may_go_on.set()
    await report
    assert node.open_sessions == 1
    patch = messages.PatchSessionRequest("session", TRICKLE, ["*"])
    assert (await node.answer("patch_session", msgspec.json.encode(patch))).error is None

    await node.answer("close_room", msgspec.json.encode(messages.CloseRoomRequest(ROOM)))
    await node.report()
    assert node.open_sessions == 0, "what is over is forgotten"

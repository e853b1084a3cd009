"""The media nodes as other processes reach them: requests over NATS."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import nats.errors
import nats.js.errors
from nats.aio.client import Client

from cpc.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unavailable,
    Unprocessable,
)
from livehouse.channel.contract import ChannelId
from livehouse.streaming.adapters import media_messages as messages
from livehouse.streaming.application.ports import SessionAnswer, SessionPatch
from livehouse.streaming.domain.sessions import SessionAddress

_ERRORS: dict[str, tuple[type[DomainError], str]] = {
    "malformed_offer": (Invalid, "malformed-offer"),
    "malformed_fragment": (Invalid, "malformed-fragment"),
    "unsupported_codec": (Unprocessable, "unsupported-codec"),
    "offer_direction": (Unprocessable, "offer-direction"),
    "room_busy": (Conflict, "already-live"),
    "too_many_viewings": (Forbidden, "too-many-viewings"),
    "room_empty": (Conflict, "not-live"),
    "no_such_session": (NotFound, "no-such-session"),
    "stale_etag": (PreconditionFailed, "etag-stale"),
}


class NatsMediaRouter:
    """Raises `Unavailable` when a node does not answer in time."""

    def __init__(self, nats: Client, timeout_s: float = 3.0) -> None:
        self._nats = nats
        self._timeout_s = timeout_s

    async def open_ingest(
        self, address: SessionAddress, channel_id: ChannelId, offer: str, *, takeover: bool
    ) -> SessionAnswer:
        request = messages.OpenIngestRequest(address.token, str(channel_id), offer, takeover)
        return _answer(await self._call(address.node_id, "open_ingest", request))

    async def open_playback(
        self,
        address: SessionAddress,
        channel_id: ChannelId,
        offer: str,
        *,
        tag: str | None,
        limit: int | None = None,
    ) -> SessionAnswer:
        request = messages.OpenPlaybackRequest(address.token, str(channel_id), offer, tag, limit)
        return _answer(await self._call(address.node_id, "open_playback", request))

    async def patch_session(
        self, address: SessionAddress, sdpfrag: str, *, if_match: Sequence[str]
    ) -> SessionPatch:
        request = messages.PatchSessionRequest(address.token, sdpfrag, list(if_match))
        outcome = await self._call(address.node_id, "patch_session", request)
        return SessionPatch(outcome.sdpfrag, outcome.etag)

    async def close_session(self, address: SessionAddress) -> bool:
        request = messages.CloseSessionRequest(address.token)
        return (await self._call(address.node_id, "close_session", request)).closed

    async def close_ingest(self, node_id: str, channel_id: ChannelId, digest: bytes) -> bool:
        request = messages.CloseIngestRequest(str(channel_id), digest.hex())
        return (await self._call(node_id, "close_ingest", request)).closed

    async def close_room(self, node_id: str, channel_id: ChannelId) -> None:
        await self._call(node_id, "close_room", messages.CloseRoomRequest(str(channel_id)))

    async def viewers(self, node_id: str, channel_id: ChannelId) -> Collection[str | None]:
        return (await self._call(node_id, "viewers", messages.ViewersRequest(str(channel_id)))).tags

    async def close_viewers(self, node_id: str, channel_id: ChannelId, tags: Collection[str | None]) -> None:
        request = messages.CloseViewersRequest(str(channel_id), list(tags))
        await self._call(node_id, "close_viewers", request)

    async def _call(self, node_id: str, verb: str, request: msgspec.Struct) -> messages.Outcome:
        if not self._nats.is_connected:
            raise _away()
        try:
            answer = await self._nats.request(
                messages.request_subject(node_id, verb), msgspec.json.encode(request), timeout=self._timeout_s
            )
            reply = msgspec.json.decode(answer.data, type=messages.Reply)
        except (TimeoutError, nats.errors.Error, msgspec.DecodeError, OSError) as error:
            raise _away() from error
        if reply.error is not None:
            raise _domain_error(reply.error)
        return reply.ok or messages.Outcome()


class NatsMediaNodes:
    """The register of running media nodes: a KV bucket whose entries pass away with their nodes."""

    def __init__(self, nats: Client) -> None:
        self._nats = nats

    async def choose(self, preferred: str | None = None) -> str:
        entries = await self.running()
        if not entries:
            raise Unavailable("no-media-node", "No media node runs now. Try again in a few seconds.")
        if any(entry.node_id == preferred for entry in entries):
            assert preferred is not None
            return preferred
        return min(entries, key=lambda entry: (entry.sessions, entry.node_id)).node_id

    async def running(self) -> list[messages.NodeEntry]:
        """Raises `Unavailable` when the register cannot be read."""
        if not self._nats.is_connected:
            raise _away()
        try:
            jetstream = self._nats.jetstream()
            bucket = await jetstream.key_value(messages.NODES_BUCKET)
            # Not by `keys()`: each call leaves a consumer behind, and a server allows only so many.
            prefix = f"$KV.{messages.NODES_BUCKET}."
            info = await jetstream.stream_info(f"KV_{messages.NODES_BUCKET}", subjects_filter=f"{prefix}>")
            keys = [subject.removeprefix(prefix) for subject in info.state.subjects or {}]
            entries = [await self._entry(bucket, key) for key in keys]
        except nats.js.errors.NotFoundError:
            return []
        except (TimeoutError, nats.errors.Error, msgspec.DecodeError, OSError) as error:
            raise _away() from error
        return [entry for entry in entries if entry is not None]

    @staticmethod
    async def _entry(bucket: nats.js.kv.KeyValue, key: str) -> messages.NodeEntry | None:
        try:
            entry = await bucket.get(key)
        except nats.js.errors.KeyNotFoundError:
            return None  # passed away since it was listed
        return msgspec.json.decode(entry.value or b"", type=messages.NodeEntry)


def _answer(outcome: messages.Outcome) -> SessionAnswer:
    if outcome.sdp is None or outcome.etag is None:
        raise _away()
    return SessionAnswer(outcome.sdp, outcome.etag)


def _domain_error(failure: messages.Failure) -> DomainError:
    known = _ERRORS.get(failure.kind)
    if known is None:
        return Unavailable("media-node-busy", failure.detail, retry_after_s=2.0)
    kind, slug = known
    return kind(slug, failure.detail)


def _away() -> Unavailable:
    return Unavailable("media-node-away", "The media node does not answer at the moment. Try again shortly.")

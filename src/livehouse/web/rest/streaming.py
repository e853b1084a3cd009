"""Stream keys, and the broadcast that runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from livehouse.streaming.application.create_stream_key import ShownStreamKey
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.rest.shapes import Body, Rfc3339, Shape

router = APIRouter(prefix="/api/v1/channels/{name}", tags=["streaming"])


class StreamKeyShape(Shape):
    id: Annotated[str, Field(examples=["key_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["OBS at home"])]
    created_at: Rfc3339
    expires_at: Annotated[Rfc3339 | None, Field(description="null: does not expire")]
    last_used_at: Annotated[Rfc3339 | None, Field(description="When it last went live")]


class ShownStreamKeyShape(StreamKeyShape):
    stream_key: Annotated[str, Field(description="The secret, shown this once", examples=["lhk_…"])]


class StreamKeyList(Shape):
    stream_keys: list[StreamKeyShape]


class NewStreamKey(Body):
    name: Annotated[str, Field(max_length=200, description="1 to 60 characters", examples=["OBS at home"])]
    expires_in_s: Annotated[
        int | None, Field(ge=60, le=315_360_000, description="Lifetime in seconds; null: does not expire")
    ] = None


class BroadcastShape(Shape):
    id: Annotated[str, Field(examples=["brd_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    channel_id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    state: Annotated[str, Field(description="offered, live or interrupted", examples=["live"])]
    started_at: Annotated[Rfc3339 | None, Field(description="When the first media came")]
    viewers: Annotated[int, Field(ge=0)]
    codec: Annotated[str | None, Field(examples=["AV1"])]
    width: int | None
    height: int | None


class HealthSampleShape(Shape):
    """One second of what the encoder sends."""

    at: Rfc3339
    video_bitrate_bps: int
    audio_bitrate_bps: int
    frames_per_second: float
    loss_fraction: Annotated[float, Field(ge=0, le=1, description="Of packets, before retransmission")]
    rtt_ms: float | None
    viewers: int


class BroadcastHealthShape(Shape):
    samples: Annotated[list[HealthSampleShape], Field(description="The last 120 seconds, oldest first")]


@router.get("/stream-keys")
async def list_stream_keys(name: str, actor: CurrentActor, cases: Cases) -> StreamKeyList:
    """The channel's usable stream keys, without their secrets. For the owner."""
    keys = await cases.streaming.list_stream_keys(actor, name)
    return StreamKeyList(
        stream_keys=[
            StreamKeyShape(
                id=str(key.id),
                name=key.name,
                created_at=key.created_at,
                expires_at=key.expires_at,
                last_used_at=key.last_used_at,
            )
            for key in keys
        ]
    )


@router.post("/stream-keys", status_code=201)
async def create_stream_key(
    name: str, body: NewStreamKey, response: Response, actor: CurrentActor, cases: Cases
) -> ShownStreamKeyShape:
    """Make a stream key. Its secret is in this answer and never shown again. For the owner."""
    lifetime = None if body.expires_in_s is None else timedelta(seconds=body.expires_in_s)
    shown = await cases.streaming.create_stream_key(actor, name, body.name, lifetime)
    response.headers["Location"] = f"/api/v1/channels/{name}/stream-keys/{shown.key.id}"
    return _shown(shown)


@router.post("/stream-keys/{stream_key_id}/rotate")
async def rotate_stream_key(
    name: str, stream_key_id: str, actor: CurrentActor, cases: Cases
) -> ShownStreamKeyShape:
    """Give the key a new secret; an encoder that uses the old one is cut off. For the owner."""
    return _shown(await cases.streaming.rotate_stream_key(actor, name, stream_key_id))


@router.delete("/stream-keys/{stream_key_id}", status_code=204)
async def revoke_stream_key(name: str, stream_key_id: str, actor: CurrentActor, cases: Cases) -> None:
    """Take the key back; an encoder that uses it is cut off. For the owner."""
    await cases.streaming.revoke_stream_key(actor, name, stream_key_id)


@router.get("/broadcast")
async def get_broadcast(name: str, actor: CurrentActor, cases: Cases) -> BroadcastShape:
    """The running broadcast; 404 while the channel is not live."""
    view = await cases.streaming.current_broadcast.of_channel_named(actor, name)
    return BroadcastShape(
        id=str(view.id),
        channel_id=str(view.channel_id),
        state=view.state,
        started_at=view.started_at,
        viewers=view.viewers,
        codec=view.codec,
        width=view.width,
        height=view.height,
    )


@router.delete("/broadcast", status_code=204)
async def end_broadcast(name: str, actor: CurrentActor, cases: Cases) -> None:
    """End the running broadcast for everyone. For the owner, editors and administrators."""
    await cases.streaming.end_broadcast(actor, name)


@router.get("/broadcast/health")
async def get_broadcast_health(name: str, actor: CurrentActor, cases: Cases) -> BroadcastHealthShape:
    """How the encoder's media arrives. For the owner, editors and administrators."""
    samples = await cases.streaming.broadcast_health(actor, name)
    return BroadcastHealthShape(
        samples=[
            HealthSampleShape(
                at=sample.at,
                video_bitrate_bps=sample.video_bitrate_bps,
                audio_bitrate_bps=sample.audio_bitrate_bps,
                frames_per_second=round(sample.frames_per_second, 2),
                loss_fraction=min(1.0, max(0.0, sample.loss_fraction)),
                rtt_ms=sample.rtt_ms,
                viewers=sample.viewers,
            )
            for sample in samples
        ]
    )


def _shown(shown: ShownStreamKey) -> ShownStreamKeyShape:
    return ShownStreamKeyShape(
        id=str(shown.key.id),
        name=shown.key.name,
        created_at=shown.key.created_at,
        expires_at=shown.key.expires_at,
        last_used_at=shown.key.last_used_at,
        stream_key=shown.secret,
    )

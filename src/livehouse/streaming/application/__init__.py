"""Use cases of streaming."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.streaming.application.close_session import CloseSession
from livehouse.streaming.application.create_stream_key import CreateStreamKey
from livehouse.streaming.application.end_broadcast import EndBroadcast
from livehouse.streaming.application.expire_interrupted import ExpireInterrupted
from livehouse.streaming.application.open_ingest import OpenIngest
from livehouse.streaming.application.open_playback import OpenPlayback
from livehouse.streaming.application.patch_session import PatchSession
from livehouse.streaming.application.playback_tokens import IssuePlaybackToken
from livehouse.streaming.application.publish_live_states import PublishLiveStates
from livehouse.streaming.application.queries import BroadcastHealth, CurrentBroadcast, ListStreamKeys
from livehouse.streaming.application.reconcile_media_report import ReconcileMediaReport
from livehouse.streaming.application.revoke_stream_key import RevokeStreamKey
from livehouse.streaming.application.rotate_stream_key import RotateStreamKey


@dataclass(frozen=True, slots=True)
class StreamingUseCases:
    """What the web door calls."""

    open_ingest: OpenIngest
    open_playback: OpenPlayback
    issue_playback_token: IssuePlaybackToken
    patch_session: PatchSession
    close_session: CloseSession
    end_broadcast: EndBroadcast
    create_stream_key: CreateStreamKey
    list_stream_keys: ListStreamKeys
    rotate_stream_key: RotateStreamKey
    revoke_stream_key: RevokeStreamKey
    current_broadcast: CurrentBroadcast
    broadcast_health: BroadcastHealth


@dataclass(frozen=True, slots=True)
class StreamingDuties:
    """What the worker does again and again."""

    reconcile_media_report: ReconcileMediaReport
    expire_interrupted: ExpireInterrupted
    publish_live_states: PublishLiveStates

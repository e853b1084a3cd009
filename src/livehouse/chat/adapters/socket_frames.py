"""What travels over a chat socket: JSON text frames, and codes at its end. All are in docs/chat-socket.md."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import IntEnum

import msgspec

from cpc.kernel.errors import DomainError, RateLimited, Unavailable
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChatModes
from livehouse.chat.application.ports import BroadcastState
from livehouse.chat.contract import CHAT_LIMITS
from livehouse.chat.domain.chat_message import ChatMessage
from livehouse.chat.domain.chat_room import ChatRoom

FRAME_BYTES = 8 * 1024
HISTORY_BYTES = 128 * 1024

# picows writes a frame's header into the bytes before its payload, so that one buffer serves every socket.
HEADER_SPACE = 14


class CloseCode(IntEnum):
    """1xxx: RFC 6455 section 7.4.1 and the IANA registry; 4xxx: ours, after the HTTP status."""

    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    RUBBISH = 4400
    NOT_ALLOWED = 4403
    NO_SUCH_CHANNEL = 4404
    NOT_READING = 4408
    TOO_MANY_SOCKETS = 4429


class Authenticate(msgspec.Struct, tag="authenticate", tag_field="type"):
    access_token: str


class Send(msgspec.Struct, tag="send", tag_field="type"):
    nonce: str
    text: str


class History(msgspec.Struct, tag="history", tag_field="type"):
    before_seq: int | None = None
    limit: int = 50


class Ping(msgspec.Struct, tag="ping", tag_field="type"):
    pass


IncomingFrame = Authenticate | Send | History | Ping

_incoming: msgspec.json.Decoder[IncomingFrame] = msgspec.json.Decoder(IncomingFrame)


def decode_frame(payload: bytes) -> IncomingFrame:
    """Raises `msgspec.DecodeError` with a sentence for what is not a frame of this protocol."""
    return _incoming.decode(payload)


class MessageBatch(msgspec.Struct):
    """Messages of one room with the seqs first_seq, first_seq + 1, …: what gateways tell each other."""

    first_seq: int
    messages: list[msgspec.Raw]


_batch = msgspec.json.Decoder(MessageBatch)


def encode_batch(first_seq: int, messages: Sequence[bytes]) -> bytes:
    return msgspec.json.encode(MessageBatch(first_seq, [msgspec.Raw(message) for message in messages]))


def decode_batch(payload: bytes) -> tuple[int, list[bytes]]:
    """Raises `msgspec.DecodeError`."""
    batch = _batch.decode(payload)
    return batch.first_seq, [bytes(message) for message in batch.messages]


class PublishedBroadcastState(msgspec.Struct):
    """What `livehouse.live.<channel>` carries; fields this door does not need are ignored."""

    state: str
    viewers: int = 0
    started_at: str | None = None
    title: str = ""


_broadcast_state = msgspec.json.Decoder(PublishedBroadcastState)


def decode_broadcast_state(payload: bytes) -> BroadcastState:
    """Raises `msgspec.DecodeError`."""
    published = _broadcast_state.decode(payload)
    return BroadcastState(published.state, published.viewers, published.started_at, published.title)


def message_json(message: ChatMessage) -> bytes:
    return msgspec.json.encode(
        {
            "seq": message.seq,
            "id": str(message.id),
            "sender": {
                "id": str(message.sender.id),
                "name": message.sender.name,
                "display_name": message.sender.display_name,
                "color": message.sender.color,
            },
            "badges": message.badges,
            "badge_months": message.badge_months,
            "fragments": [fragment.to_json() for fragment in message.fragments],
            "sent_at": rfc3339(message.sent_at),
            "nonce": message.nonce,
        }
    )


def messages_frame(messages: Iterable[bytes], *, is_history: bool = False) -> bytearray:
    """Messages that are JSON already: encoded once, whatever the number of sockets."""
    frame = bytearray(HEADER_SPACE)
    frame += b'{"type":"messages","history":true,"messages":[' if is_history else _MESSAGES_HEAD
    frame += b",".join(messages)
    frame += b"]}"
    return frame


def history_frame(found: Sequence[ChatMessage]) -> bytearray:
    """The newest of them, as many as a frame may hold."""
    messages: deque[bytes] = deque()
    size = 0
    for message in reversed(found):
        messages.appendleft(message_json(message))
        size += len(messages[0])
        if size > HISTORY_BYTES:
            break
    return messages_frame(messages, is_history=True)


_MESSAGES_HEAD = b'{"type":"messages","messages":['


def welcome_frame(
    room: ChatRoom, actor: Actor, *, last_seq: int, modes: ChatModes, broadcast: BroadcastState
) -> bytearray:
    allowance = None if actor.account_id is None else room.allowance(actor.account_id)
    you = None
    if actor.account_id is not None:
        can_send = room.conversation.allows_sending(room.participant(actor.account_id))
        you = {
            "id": str(actor.account_id),
            "name": str(actor.name),
            "display_name": actor.display_name or str(actor.name),
            "can_send": can_send,
        }
    return _frame(
        {
            "type": "welcome",
            "channel": {"id": str(room.channel_id), "name": room.channel_name},
            "you": you,
            "limits": {
                "message_characters": CHAT_LIMITS.characters,
                "messages": CHAT_LIMITS.messages if allowance is None else allowance.messages,
                "per_seconds": CHAT_LIMITS.per_seconds,
            },
            "last_seq": last_seq,
            "modes": _modes(modes),
            "broadcast": {
                "state": broadcast.state,
                "viewers": broadcast.viewers,
                "started_at": broadcast.started_at,
            },
        }
    )


def modes_frame(modes: ChatModes) -> bytearray:
    return _frame({"type": "modes", "modes": _modes(modes)})


def _modes(modes: ChatModes) -> dict[str, object]:
    return {
        "slow_mode_s": modes.slow_mode_s,
        "followers_only_min": modes.followers_only_min,
        "members_only": modes.members_only,
        "emotes_only": modes.emotes_only,
    }


def broadcast_frame(broadcast: BroadcastState) -> bytearray:
    return _frame(
        {
            "type": "broadcast",
            "state": broadcast.state,
            "viewers": broadcast.viewers,
            "started_at": broadcast.started_at,
            "title": broadcast.title,
        }
    )


def ack_frame(nonce: str, message: ChatMessage) -> bytearray:
    return _frame({"type": "ack", "nonce": nonce, "seq": message.seq, "id": str(message.id)})


def error_frame(error: DomainError, nonce: str | None = None) -> bytearray:
    """The title is told at `/problems/<slug>`; the same each time, it is left out here."""
    problem: dict[str, object] = {"type": f"/problems/{error.slug}", "detail": error.detail}
    if isinstance(error, RateLimited | Unavailable):
        problem["retry_after_s"] = round(error.retry_after_s, 1)
    frame: dict[str, object] = {"type": "error", "error": problem}
    if nonce is not None:
        frame["nonce"] = nonce
    return _frame(frame)


def pong_frame() -> bytearray:
    return _frame({"type": "pong"})


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _frame(content: dict[str, object]) -> bytearray:
    return bytearray(HEADER_SPACE) + msgspec.json.encode(content)

"""One WebSocket in a chat room: reads its frames, bounds what it may cost, closes it when it misbehaves."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from socket import SO_LINGER, SOL_SOCKET
from typing import Protocol

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from cpc.kernel.errors import DomainError, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from livehouse.accounts.contract import ANONYMOUS, Actor, ActorResolver
from livehouse.chat.adapters import chat_metrics
from livehouse.chat.adapters.gateway_room import GatewayRoom
from livehouse.chat.adapters.socket_frames import (
    FRAME_BYTES,
    HEADER_SPACE,
    Authenticate,
    CloseCode,
    History,
    IncomingFrame,
    Ping,
    Send,
    ack_frame,
    decode_frame,
    error_frame,
    history_frame,
    pong_frame,
)
from livehouse.chat.application import ChatGatewayUseCases
from livehouse.chat.application.send_chat_message import AdmittedSender

log = logging.getLogger(__name__)

WRITE_BUFFER_BYTES = 256 * 1024
STRIKES = 5
FRAMES_IN_WINDOW = 200
FRAMES_WINDOW_S = 10.0
INBOX_FRAMES = 64
CLOSING_S = 1.0
_PATIENCE_S = 2.5


class SocketHome(Protocol):
    """What a socket asks of its gateway."""

    @property
    def use_cases(self) -> ChatGatewayUseCases: ...

    @property
    def resolve_actor(self) -> ActorResolver: ...

    @property
    def identity_trusted_s(self) -> float: ...

    def admit(self, socket: ChatSocket) -> bool: ...

    def forget(self, socket: ChatSocket) -> None: ...

    def address_of(self, peer: str, forwarded_for: list[str]) -> str: ...

    async def room(self, channel_name: str) -> GatewayRoom: ...


class ChatSocket(WSListener):
    """is_token_explicit: it is from a header or a frame, so a bad one is worth an error."""

    __slots__ = (
        "_actor",
        "_actor_checked_at_s",
        "_channel_name",
        "_frames_in_window",
        "_home",
        "_inbox",
        "_is_token_explicit",
        "_loop",
        "_partial",
        "_room",
        "_strikes",
        "_tasks",
        "_token",
        "_transport",
        "_window_started_s",
        "_worker",
        "address",
        "asked_about_at_s",
        "heard_at_s",
        "is_closing",
        "is_pinged",
        "write",
    )

    def __init__(
        self, home: SocketHome, channel_name: str, token: str | None, *, is_token_explicit: bool
    ) -> None:
        self._home = home
        self._channel_name = channel_name
        self._token = token
        self._is_token_explicit = is_token_explicit
        self._actor: Actor = ANONYMOUS
        self._actor_checked_at_s = 0.0
        self._room: GatewayRoom | None = None
        self._transport: WSTransport | None = None
        self._strikes = 0
        self._window_started_s = 0.0
        self._frames_in_window = 0
        self._partial: bytearray | None = None
        self._inbox: deque[IncomingFrame] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] | None = None
        self._loop = asyncio.get_running_loop()
        self.write: Callable[[WSMsgType, bytearray, int], None] = _write_nothing
        self.address = ""
        self.heard_at_s = self._loop.time()
        self.asked_about_at_s = float("-inf")
        self.is_pinged = False
        self.is_closing = False

    # --- called by picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self.write = transport.send_reuse_external_bytearray
        underlying = transport.underlying_transport
        underlying.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        peer = underlying.get_extra_info("peername")
        headers = transport.request.headers
        forwarded_for = headers.getall("X-Forwarded-For", [])
        self.address = self._home.address_of(peer[0] if isinstance(peer, tuple) else "local", forwarded_for)
        headers.clear()  # a kilobyte a socket, with the cookie in it
        if not self._home.admit(self):
            self.close(CloseCode.TOO_MANY_SOCKETS, "too many chats are open from this address", "too-many")
            return
        self._worker = self._loop.create_task(self._closing_at_errors(self._enter()))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.heard_at_s = self._loop.time()
        self.is_pinged = False
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            if not self.is_closing:
                self._leave()
                transport.send_close(frame.get_close_code())
            transport.disconnect()
            return
        if self.is_closing or not self._take_frame():
            return
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.close(CloseCode.PROTOCOL_ERROR, "no extension was agreed on", "rubbish")
        elif kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.BINARY:
            self._strike("not-text", "Send text frames with JSON.")
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._on_text(frame, is_start=kind == WSMsgType.TEXT)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._leave()
        self._home.forget(self)
        self._transport = None

    def pause_writing(self) -> None:
        """More than `WRITE_BUFFER_BYTES` wait: the other side does not read, or cannot keep up."""
        self.close(CloseCode.NOT_READING, "too much is waiting to be read", "not-reading")

    # --- closing

    def close(self, code: CloseCode, reason: str, metric: str) -> None:
        """Say why, wait a moment for the other side's goodbye, then cut."""
        if self.is_closing or self._transport is None:
            return
        self._leave()
        chat_metrics.DROPPED_SOCKETS.labels(metric).inc()
        self._transport.send_close(code, reason)  # type: ignore[arg-type]  # picows takes any code
        self._loop.call_later(CLOSING_S, _cut, self._transport)

    def show_out(self, error: DomainError) -> None:
        """At the door, or from inside: `error` says why."""
        self._send_error(error)
        if isinstance(error, NotFound):
            self.close(CloseCode.NO_SUCH_CHANNEL, "there is no such channel", "no-such-channel")
        else:
            self.close(CloseCode.NOT_ALLOWED, "this chat is not for you", "not-allowed")

    async def who(self) -> Actor:
        if self._token is not None:
            await self._identify()
        return self._actor

    def ping(self) -> None:
        if self._transport is not None and not self.is_closing:
            self.is_pinged = True
            self._transport.send_ping()

    def _leave(self) -> None:
        self.is_closing = True
        self.write = _write_nothing
        if self._room is not None:
            self._room.leave(self)
            self._room = None
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        self._inbox = None

    # --- reading

    def _take_frame(self) -> bool:
        if self.heard_at_s - self._window_started_s > FRAMES_WINDOW_S:
            self._window_started_s = self.heard_at_s
            self._frames_in_window = 0
        self._frames_in_window += 1
        if self._frames_in_window > FRAMES_IN_WINDOW:
            self._strike(
                "too-many-frames",
                f"At most {FRAMES_IN_WINDOW} frames in {FRAMES_WINDOW_S:.0f} seconds.",
            )
            return False
        return True

    def _on_text(self, frame: WSFrame, *, is_start: bool) -> None:
        if is_start == (self._partial is not None):
            # RFC 6455 section 5.4: a new message inside a fragmented one, or a continuation of nothing.
            self.close(CloseCode.PROTOCOL_ERROR, "fragments out of order", "rubbish")
            return
        payload = frame.get_payload_as_bytes()
        if self._partial is not None or not frame.fin:
            self._partial = (self._partial or bytearray()) + payload
            if len(self._partial) > FRAME_BYTES:
                self.close(CloseCode.MESSAGE_TOO_BIG, f"a frame has at most {FRAME_BYTES} bytes", "rubbish")
                return
            if not frame.fin:
                return
            payload, self._partial = bytes(self._partial), None
        try:
            incoming = decode_frame(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._strike("malformed-frame", f"This is no frame of the chat protocol: {error}.")
            return
        if isinstance(incoming, Ping):
            self.write(WSMsgType.TEXT, pong_frame(), HEADER_SPACE)
            return
        if self._inbox is None:
            self._inbox = deque()
        if len(self._inbox) >= INBOX_FRAMES:
            self._strike("too-many-frames", "Wait for answers before sending more.")
            return
        self._inbox.append(incoming)
        if self._worker is None:
            self._worker = self._loop.create_task(self._closing_at_errors(self._work()))

    def _strike(self, slug: str, detail: str) -> None:
        self._strikes += 1
        self._send_error(Invalid(slug, detail))
        if self._strikes >= STRIKES:
            self.close(CloseCode.RUBBISH, "too many frames that make no sense", "rubbish")

    # --- working, one frame after the other

    async def _closing_at_errors(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("a chat socket failed")
            self.close(CloseCode.INTERNAL_ERROR, "something unexpected happened on our side", "unexpected")

    async def _enter(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self.who()
                asked_for = await self._home.room(self._channel_name)
                await self._home.use_cases.enter_room(self._actor, asked_for.room)
                # Last, for a room nobody is in may be closed while one waits for something else.
                room = await self._home.room(self._channel_name)
        except (NotFound, Forbidden, Unauthenticated) as error:
            self.show_out(error)
            return
        except (Unavailable, TimeoutError):
            self._send_error(Unavailable("chat-away", "The chat is away for the moment. Try again shortly."))
            self.close(CloseCode.TRY_AGAIN_LATER, "the chat is away for the moment", "away")
            return
        if self.is_closing:
            return
        self._room = room
        self.write(WSMsgType.TEXT, room.welcome(self._actor), HEADER_SPACE)
        room.join(self)
        await self._work()

    async def _work(self) -> None:
        try:
            while self._inbox:
                await self._handle(self._inbox.popleft())
        finally:
            self._worker = None
        self._inbox = None

    async def _handle(self, frame: IncomingFrame) -> None:
        room = self._room
        if room is None:
            return
        match frame:
            case Send(nonce=nonce, text=text):
                await self._check_identity()
                sender = await self._admit(room, nonce)
                if sender is not None:
                    # Not awaited: lines of one socket share a commit, in the order of these tasks.
                    self._spawn(self._send(sender, nonce, text))
            case History(before_seq=before_seq, limit=limit):
                await self._read_history(room, before_seq, limit)
            case Authenticate(access_token=token):
                self._token, self._is_token_explicit = token, True
                await self._check_identity(again=True)
                self.write(WSMsgType.TEXT, room.welcome(self._actor), HEADER_SPACE)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        if self._tasks is None:
            self._tasks = set()
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _admit(self, room: GatewayRoom, nonce: str) -> AdmittedSender | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._home.use_cases.send_message.admit(room.room, self._actor)
        except TimeoutError:
            self._refuse(Unavailable("database-busy", "The database took too long. Send it again."), nonce)
        except DomainError as error:
            self._refuse(error, nonce)
        return None

    async def _send(self, sender: AdmittedSender, nonce: str, text: str) -> None:
        try:
            message = await self._home.use_cases.send_message(sender, nonce=nonce, text=text)
        except DomainError as error:
            self._refuse(error, nonce)
        else:
            self.write(WSMsgType.TEXT, ack_frame(nonce, message), HEADER_SPACE)

    def _refuse(self, error: DomainError, nonce: str) -> None:
        chat_metrics.SEND_ERRORS.labels(error.slug).inc()
        self._send_error(error, nonce)

    async def _read_history(self, room: GatewayRoom, before_seq: int | None, limit: int) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._home.use_cases.read_history(self._actor, room.room, before_seq, limit)
        except TimeoutError:
            self._send_error(Unavailable("history-away", "Older messages are away for the moment."))
        except DomainError as error:
            self._send_error(error)
        else:
            self.write(WSMsgType.TEXT, history_frame(found), HEADER_SPACE)

    # --- who this is

    async def _check_identity(self, *, again: bool = False) -> None:
        """Ask again whose token it is, every few seconds, so that signing out counts here too."""
        is_trusted = self._loop.time() - self._actor_checked_at_s < self._home.identity_trusted_s
        if self._token is None or (is_trusted and not again):
            return
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._identify()
        except TimeoutError:
            self._send_error(Unavailable("accounts-away", "Who you are cannot be checked for the moment."))
        except Unavailable as error:
            # Known until now, so trusted a little longer: the send will fail for the same reason, and say so.
            if again:
                self._send_error(error)

    async def _identify(self) -> None:
        """Raises `Unavailable`."""
        try:
            self._actor = await self._home.resolve_actor(self._token or "")
        except Unauthenticated as error:
            if self._is_token_explicit:
                self._send_error(error)
            self._actor, self._token = ANONYMOUS, None
        self._actor_checked_at_s = self._loop.time()

    def _send_error(self, error: DomainError, nonce: str | None = None) -> None:
        self.write(WSMsgType.TEXT, error_frame(error, nonce), HEADER_SPACE)


def _cut(transport: WSTransport) -> None:
    """Without lingering, or the kernel keeps what nobody reads for minutes."""
    if not transport.is_disconnected:
        underlying = transport.underlying_transport
        underlying.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        underlying.abort()


def _write_nothing(_kind: WSMsgType, _buffer: bytearray, _offset: int) -> None:
    """Stands in for a socket that is not open."""

"""The chat role's door: WebSockets at /chat/{channel name}, on picows."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket as sockets
import ssl
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

import msgspec
from picows import (
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from cpc.kernel.client_address import ProxyTrust, limit_key
from livehouse.accounts.contract import LOGIN_SESSION_COOKIE, ActorResolver
from livehouse.chat.adapters import chat_metrics
from livehouse.chat.adapters.chat_socket import ChatSocket
from livehouse.chat.adapters.doorkeeper import Doorkeeper
from livehouse.chat.adapters.gateway_room import GatewayRoom
from livehouse.chat.adapters.gateway_rooms import GatewayRooms
from livehouse.chat.adapters.socket_frames import FRAME_BYTES, CloseCode
from livehouse.chat.application import ChatGatewayUseCases

log = logging.getLogger(__name__)

PATH_PREFIX = "/chat/"
HANDSHAKE_TIMEOUT_S = 5.0
SWEEP_EVERY_S = 5.0
GOODBYE_S = 2.0
# picows rounds up to 2,048.
READ_BUFFER_BYTES = 1024
KERNEL_SEND_BUFFER_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """port 0: any free one. trusted_proxies: addresses or networks whose X-Forwarded-For is believed.
    silent_s: a socket that says nothing that long is pinged, and cut after as long again.
    identity_trusted_s: after that long a line is taken only once the accounts said again whose token it is.
    """

    host: str = "127.0.0.1"
    port: int = 0
    ssl_context: ssl.SSLContext | None = None
    max_sockets: int = 50_000
    max_sockets_per_address: int = 1_000
    trusted_proxies: tuple[str, ...] = ()
    silent_s: float = 30.0
    identity_trusted_s: float = 5.0


class ChatGateway:
    """A running gateway; made by `serve`."""

    def __init__(
        self,
        use_cases: ChatGatewayUseCases,
        rooms: GatewayRooms,
        resolve_actor: ActorResolver,
        options: GatewayOptions,
    ) -> None:
        self.use_cases = use_cases
        self.resolve_actor = resolve_actor
        self._rooms = rooms
        self._doorkeeper = Doorkeeper(rooms, use_cases.look_at_rooms, use_cases.may_stay)
        self._options = options
        self._proxies = ProxyTrust(options.trusted_proxies)
        self._sockets: set[ChatSocket] = set()
        self._by_address: Counter[str] = Counter()
        self._all_gone = asyncio.Event()
        self._all_gone.set()
        self._server: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def identity_trusted_s(self) -> float:
        return self._options.identity_trusted_s

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the gateway does not listen")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def listen(self) -> None:
        _raise_open_files_limit()
        options = self._options
        self._server = await ws_create_server(
            self._upgrade,
            options.host,
            options.port,
            ssl=options.ssl_context,
            start_serving=False,
            websocket_handshake_timeout=HANDSHAKE_TIMEOUT_S,
            # An adapter, not a logger: picows makes one logger a connection otherwise, and logs its address.
            logger_name=_quiet_logger(),
            enable_auto_pong=False,
            max_frame_size=FRAME_BYTES,
            read_buffer_init_size=READ_BUFFER_BYTES,
            backlog=1024,
        )
        for listening in self._server.sockets:
            # Accepted sockets inherit it: bounds what the kernel keeps for one who does not read.
            listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, KERNEL_SEND_BUFFER_BYTES)
        await self._server.start_serving()
        duties = (self._rooms.run(), self._doorkeeper.run(), self._sweep())
        self._tasks = [asyncio.create_task(duty) for duty in duties]

    async def wait(self) -> None:
        """Runs until cancelled, or until a part of the gateway fails, which it raises."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop listening, say goodbye to every socket, cut those that do not answer."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self._sockets):
            socket.close(CloseCode.SERVICE_RESTART, "the server restarts", "restart")
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._all_gone.wait()
        except TimeoutError:
            log.warning("%d chat sockets did not say goodbye", len(self._sockets))
        await self._rooms.close()

    # --- what sockets ask

    def admit(self, socket: ChatSocket) -> bool:
        self._sockets.add(socket)
        self._all_gone.clear()
        self._by_address[socket.address] += 1
        chat_metrics.SOCKETS.inc()
        return self._by_address[socket.address] <= self._options.max_sockets_per_address

    def forget(self, socket: ChatSocket) -> None:
        if socket not in self._sockets:
            return
        self._sockets.discard(socket)
        if not self._sockets:
            self._all_gone.set()
        chat_metrics.SOCKETS.dec()
        self._by_address[socket.address] -= 1
        if not self._by_address[socket.address]:
            del self._by_address[socket.address]

    def address_of(self, peer: str, forwarded_for: list[str]) -> str:
        """As the limit counts it: an IPv6 /64 is one."""
        return limit_key(self._proxies.address_of(peer, forwarded_for))

    async def room(self, channel_name: str) -> GatewayRoom:
        return await self._rooms.by_name(channel_name)

    # --- the upgrade

    def _upgrade(self, request: WSUpgradeRequest) -> ChatSocket | WSUpgradeResponseWithListener:
        path = urlsplit(request.path.decode("latin-1")).path
        if path == "/healthz":
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(b"ok"), None)
        name = unquote(path.removeprefix(PATH_PREFIX))
        if not path.startswith(PATH_PREFIX) or not name or "/" in name or len(name) > 100:
            return _refused(
                HTTPStatus.NOT_FOUND, "no-such-page", "A chat is a WebSocket at /chat/ and a channel's name."
            )
        if len(self._sockets) >= self._options.max_sockets:
            return _refused(
                HTTPStatus.SERVICE_UNAVAILABLE, "too-many-chats", "Too many chats are open. Try again later."
            )
        bearer = _bearer_token(request)
        token = bearer or _cookie_token(request)
        return ChatSocket(self, name, token, is_token_explicit=bearer is not None)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(SWEEP_EVERY_S, self._options.silent_s / 2))
            now_s = loop.time()
            for socket in list(self._sockets):
                silent_s = now_s - socket.heard_at_s
                if silent_s > 2 * self._options.silent_s:
                    socket.close(CloseCode.GOING_AWAY, "no answer to a ping", "silent")
                elif silent_s > self._options.silent_s and not socket.is_pinged:
                    socket.ping()


async def serve(
    use_cases: ChatGatewayUseCases, rooms: GatewayRooms, resolve_actor: ActorResolver, options: GatewayOptions
) -> ChatGateway:
    """Listen, and return the running gateway. Raises `OSError` when the port cannot be had."""
    gateway = ChatGateway(use_cases, rooms, resolve_actor, options)
    await gateway.listen()
    return gateway


def _bearer_token(request: WSUpgradeRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _cookie_token(request: WSUpgradeRequest) -> str | None:
    """The login cookie, only for pages of this very host: browsers send cookies with sockets of any page.

    Ports may differ (page and chat have one each); cookies do not tell them apart either.
    """
    try:
        origin = urlsplit(request.headers.get("Origin", ""))
        host = urlsplit(f"//{request.headers.get('Host', '')}")
    except ValueError:  # such as a bracket without its other half
        return None
    if origin.scheme not in ("http", "https") or not origin.hostname or origin.hostname != host.hostname:
        return None
    # By hand: `http.cookies` gives up at the first cookie of another program that it does not like.
    for pair in request.headers.get("Cookie", "").split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == LOGIN_SESSION_COOKIE:
            return value.strip() or None
    return None


def _refused(status: HTTPStatus, slug: str, detail: str) -> WSUpgradeResponseWithListener:
    problem = {
        "type": f"/problems/{slug}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    response = WSUpgradeResponse.create_error_response(
        status, msgspec.json.encode(problem), {"Content-Type": "application/problem+json"}
    )
    return WSUpgradeResponseWithListener(response, None)


def _quiet_logger() -> logging.LoggerAdapter[logging.Logger]:
    logger = logging.getLogger("livehouse.chat.picows")
    logger.setLevel(logging.CRITICAL)  # everything below speaks of what strangers sent
    return logging.LoggerAdapter(logger)


def _raise_open_files_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

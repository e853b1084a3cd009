"""`livehouse up`: starts embedded servers and a process a role, keeps them running, stops them in order."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
import time
from datetime import UTC, datetime

import structlog

from cpc.kernel.clock import SystemClock
from livehouse.main.children import NatsChild, PostgresChild, RoleChild
from livehouse.main.data_folder import DataFolder
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.free_ports import free_port, is_port_free
from livehouse.main.migrations import MigrationFailed, migrate
from livehouse.main.resolving import resolve
from livehouse.main.secrets import NodeSecrets
from livehouse.main.settings import ResolvedSettings, Settings
from livehouse.main.supervised_child import SupervisedChild

log = structlog.get_logger(__name__)

_ROLE_PATIENCE_S = 8.0
_NATS_PATIENCE_S = 5.0
_POSTGRES_PATIENCE_S = 20.0
_DATABASE_RETRY_S = 0.5
_WARN_EVERY_S = 10.0
_OPEN_FILES = 65_536


class Supervisor:
    """One run of one node."""

    def __init__(self, settings: Settings) -> None:
        self._asked = settings
        self._folder = DataFolder(settings.data_dir)
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._failure: str | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._nats: EmbeddedNats | None = None
        self._database_migrated = asyncio.Event()

    async def run(self) -> None:
        """Until a signal comes. Raises NodeError with a sentence when the node cannot start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        _allow_many_open_files()
        self._folder.lock()
        self._folder.forget_node()  # A killed one could not.
        os.chdir(self._folder.run)  # A socket's path is short; reach those of the roles by name.
        settings = self._resolve()
        self._describe(settings, is_ready=False)
        servers = self._launch_servers()
        roles = [
            SupervisedChild(RoleChild(role, settings, self._database_migrated), self._clock, self._fail)
            for role in settings.roles
        ]
        for role in roles:
            role.launch()
        announcing = asyncio.create_task(self._announce(settings, [*servers, *roles]))
        migrating = asyncio.create_task(self._migrate(settings, servers))
        try:
            await self._stop.wait()
        finally:
            announcing.cancel()
            migrating.cancel()
            self._folder.forget_node()
            log.info("stopping")
            await asyncio.gather(*(role.stop(_ROLE_PATIENCE_S) for role in roles))
            for server in servers:
                patience_s = _NATS_PATIENCE_S if server.title == "nats" else _POSTGRES_PATIENCE_S
                await server.stop(patience_s)
            self._folder.unlock()
        if self._failure is not None:
            raise NodeError(self._failure)

    def _resolve(self) -> ResolvedSettings:
        """Pick ports, make secrets, decide which servers are ours."""
        secrets = NodeSecrets(self._folder.secrets, self._clock)
        secrets.ensure()
        asked = self._asked
        tcp: list[int] = [port for port in (asked.http_port, asked.chat_port, asked.edge_port) if port]
        ports: dict[str, int] = {}
        for role, name in (("web", "http_port"), ("chat", "chat_port"), ("edge", "edge_port")):
            ports[name] = self._port(name, role, getattr(asked, name), socket.SOCK_STREAM, tcp)
            tcp.append(ports[name])
        ports["media_port"] = self._port(
            "media_port", "media", asked.media_port, socket.SOCK_DGRAM, [], count=asked.media_port_count
        )
        if asked.nats_url is None:
            nats_port = free_port("127.0.0.1", taken=tcp)
            self._nats = EmbeddedNats(
                self._folder.nats, self._folder.logs / "nats.log", nats_port, secrets.nats_password()
            )
        if asked.database_url is None:
            self._postgres = EmbeddedPostgres(self._folder.postgres, self._folder.logs / "postgres.log")
        return resolve(asked, self._folder, self._postgres, self._nats, ports)

    def _port(
        self, name: str, role: str, asked: int, kind: socket.SocketKind, taken: list[int], *, count: int = 1
    ) -> int:
        """The first of `count` ports in a row."""
        host = self._asked.host
        try:
            if asked == 0:
                return free_port(host, kind, taken, count=count)
            for port in range(asked, asked + count) if role in self._asked.roles else ():
                if is_port_free(host, port, kind):
                    continue
                flag = f"--{name.replace('_', '-')}"
                protocol = "TCP" if kind is socket.SOCK_STREAM else "UDP"
                raise NodeError(
                    f"The {protocol} port {port} on {host} is taken by another program or not allowed. "
                    f"Give another one with {flag}, or 0 for any free one."
                )
        except OSError as error:
            raise NodeError(
                f"Nothing can listen on {host}: {error.strerror}. "
                "Give an address of this machine with --host."
            ) from error
        return asked

    def _launch_servers(self) -> list[SupervisedChild]:
        """In the order in which they are stopped later."""
        servers = []
        if self._nats is not None:
            servers.append(SupervisedChild(NatsChild(self._nats), self._clock, self._fail))
        if self._postgres is not None:
            servers.append(SupervisedChild(PostgresChild(self._postgres), self._clock, self._fail))
        for server in servers:
            server.launch()
        return servers

    async def _migrate(self, settings: ResolvedSettings, servers: list[SupervisedChild]) -> None:
        for server in servers:
            if server.title == "postgres":
                await server.ready.wait()
        warn_at_s = time.monotonic()
        while not self._database_migrated.is_set():
            try:
                if self._postgres is not None:
                    await asyncio.to_thread(self._postgres.ensure_database)
                await asyncio.to_thread(migrate, settings.database_dsn)
            except MigrationFailed as error:
                self._fail(str(error))
                return
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the server is away: try again
                if time.monotonic() >= warn_at_s:
                    log.warning("the database does not answer yet", reason=str(error))
                    warn_at_s = time.monotonic() + _WARN_EVERY_S
                await asyncio.sleep(_DATABASE_RETRY_S)
            else:
                self._database_migrated.set()

    async def _announce(self, settings: ResolvedSettings, children: list[SupervisedChild]) -> None:
        await asyncio.gather(*(child.ready.wait() for child in children))
        self._describe(settings, is_ready=True)
        sys.stdout.write(f"ready {settings.front_door_url()}\n")
        sys.stdout.flush()

    def _describe(self, settings: ResolvedSettings, *, is_ready: bool) -> None:
        facts = settings.model_dump(mode="json")
        self._folder.describe_node(
            {"is_ready": is_ready, "started_at": datetime.now(UTC).isoformat(), "settings": facts}
        )

    def _fail(self, reason: str) -> None:
        if self._failure is None:
            self._failure = reason
        self._stop.set()


def _allow_many_open_files() -> None:
    """Each viewer and chatter takes one; children inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, _OPEN_FILES) if hard != resource.RLIM_INFINITY else _OPEN_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

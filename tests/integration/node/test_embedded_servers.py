"""The servers a node brings along really start, stop and keep what they were told."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import asyncpg
import nats
import pytest

from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.integration


async def test_the_application_role_owns_its_database_and_is_no_superuser(database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SELECT current_user") == "livehouse"
        assert (
            await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        )
        await connection.execute(
            "CREATE EXTENSION IF NOT EXISTS citext; CREATE SCHEMA mine; CREATE TABLE mine.t (a int)"
        )
    finally:
        await connection.close()


def test_no_mode_outside_the_data_folder_is_changed_and_nothing_trusts_blindly(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path.parent, tmp_path, closed)}
    server = EmbeddedPostgres(closed / "postgres", closed / "log" / "postgres.log")
    server.start()
    try:
        assert server.sql("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'peer'") == "0"
        assert server.sql("SHOW fsync") == "on"
        assert server.sql("SHOW listen_addresses") == ""
    finally:
        server.stop()
    assert {path: stat.S_IMODE(path.stat().st_mode) for path in before} == before
    assert stat.S_IMODE((closed / "postgres").stat().st_mode) == 0o700


def test_a_data_folder_with_a_very_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / ("path" * 20)
    folder.mkdir(parents=True)
    server = EmbeddedPostgres(folder / "postgres", folder / "postgres.log")
    server.start()
    try:
        assert len(os.fsencode(server.socket_folder)) < 100
        assert server.sql("SELECT 1") == "1"
    finally:
        server.stop()


def test_a_lock_file_left_by_a_kill_does_not_hinder_the_next_start(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", tmp_path / "postgres.log")
    server.start()
    server.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    killed = server._process
    assert killed is not None
    killed.kill()
    # Not reaped, as by the first process of many containers: to the next server the id looks alive.
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
    again = EmbeddedPostgres(tmp_path / "postgres", tmp_path / "postgres.log")
    again.start()
    try:
        assert again.sql("SELECT answer FROM kept") == "42"
    finally:
        again.stop()
        killed.wait()


async def test_nats_wants_a_password_and_keeps_its_streams(nats_server: EmbeddedNats, nats_url: str) -> None:
    stranger = EmbeddedNats(nats_server.folder, nats_server.log_path, nats_server.port, "not the password")
    assert nats_server.is_ready()
    assert not stranger.is_ready()
    connection = await nats.connect(nats_url)
    jetstream = connection.jetstream()
    await jetstream.add_stream(name="KEPT", subjects=["kept.>"])
    acknowledged = await jetstream.publish("kept.one", b"1")
    assert acknowledged.seq == 1
    await connection.close()

"""A whole node, really started: it serves, heals, refuses, stops, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from pathlib import Path

import httpx
import psutil
import pytest
import websockets
from tests.integration.node.running_node import (
    FREE_PORTS,
    ROLES,
    Node,
    StartNode,
    answers,
    livehouse,
    wait_until,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


def test_it_serves_and_heals_whatever_is_killed_and_stops_in_order(start_node: StartNode) -> None:
    node = start_node()
    address = node.wait_ready()
    assert answers(f"{address}/healthz")
    assert httpx.get(f"{address}/readyz").json()["parts"] == {
        "postgresql": "ready",
        "nats": "ready",
        "media": "ready",
    }
    metrics = httpx.get(f"{address}/metrics").text
    for role in ROLES:
        assert f'livehouse_role_up{{role="{role}"}} 1.0' in metrics
        assert f'livehouse_event_loop_lag_seconds_count{{role="{role}"}}' in metrics

    media = node.child("media")
    for name in ("postgres", "nats", "web", "chat", "edge", "worker"):
        _kill_and_wait(node, name)
        wait_until(lambda: answers(f"{address}/readyz"), f"ready after the death of {name}")
    assert node.child("media").pid == media.pid, "media does not stop because something else does"
    _kill_and_wait(node, "media")
    wait_until(lambda: answers(f"{address}/readyz"), "ready after the death of media")

    children = node.descendants()
    assert node.stop() == 0
    assert not [process for process in children if process.is_running()]
    stopping = [json.loads(line)["event"] for line in node.log.splitlines() if line.startswith("{")]
    assert "stopping" in stopping


def _kill_and_wait(node: Node, name: str) -> None:
    before = node.child(name)
    before.send_signal(signal.SIGKILL)
    wait_until(lambda: _another(node, name, before.pid), f"{name} started again")


def _another(node: Node, name: str, pid: int) -> psutil.Process | None:
    try:
        found: psutil.Process = node.child(name)
    except (LookupError, psutil.NoSuchProcess):
        return None
    return found if found.pid != pid else None


def test_a_killed_supervisor_takes_all_along_and_the_next_start_works(start_node: StartNode) -> None:
    node = start_node()
    node.wait_ready()
    created = livehouse("channel", "create", "kept_channel", "--data-dir", str(node.data_dir), "--json")
    assert created.returncode == 0, created.stderr
    children = node.descendants()
    assert len(children) > 8
    node.kill()
    wait_until(lambda: not [each for each in children if each.is_running()], "no child survives", 10)

    again = start_node()
    address = again.wait_ready()
    assert httpx.get(f"{address}/api/v1/channels/kept_channel").status_code == 200


def test_a_second_node_on_the_same_folder_is_refused_with_a_reason(start_node: StartNode) -> None:
    node = start_node("--roles", "edge")
    node.wait_ready()
    second = livehouse("up", "--data-dir", str(node.data_dir), *FREE_PORTS)
    assert second.returncode == 1
    assert f"process {node.supervisor.pid}" in second.stderr
    assert "--data-dir" in second.stderr
    assert node.supervisor.poll() is None


def test_titles_modes_and_niceness(start_node: StartNode) -> None:
    node = start_node()
    node.wait_ready()
    assert {node.child(role).nice() for role in ROLES if role != "media"} == {os.nice(0) + 5}
    assert node.child("media").nice() == os.nice(0)
    for secret in (node.data_dir / "secrets").iterdir():
        assert secret.stat().st_mode & 0o777 == 0o600
    password = json.loads((node.data_dir / "secrets" / "nats.json").read_text())["password"]
    assert password not in node.log
    for process in [psutil.Process(node.supervisor.pid), *node.descendants()]:
        assert password not in " ".join(process.cmdline())
    if os.geteuid() == 0:
        assert node.child("postgres").uids().effective != 0


async def test_a_channel_is_made_with_the_node_down_and_with_it_up(
    start_node: StartNode, tmp_path: Path
) -> None:
    data_dir = tmp_path / "node"
    down = await asyncio.to_thread(
        livehouse, "channel", "create", "made_down", "--data-dir", str(data_dir), "--json"
    )
    assert down.returncode == 0, down.stderr
    node = start_node()
    address = await asyncio.to_thread(node.wait_ready)
    up = await asyncio.to_thread(
        livehouse, "channel", "create", "made_up", "--data-dir", str(data_dir), "--json"
    )
    assert up.returncode == 0, up.stderr
    told = json.loads(up.stdout)
    assert told["channel"] == "made_up"
    assert told["api_url"] == f"{address}/api/v1"
    assert told["whip_url"] == f"{address}/whip"
    assert told["whep_url"] == f"{address}/whep/made_up"
    assert told["page_url"] == f"{address}/made_up"
    async with httpx.AsyncClient() as http:
        for created in (json.loads(down.stdout), told):
            bearer = {"Authorization": f"Bearer {created['access_token']}"}
            signed_in = await http.get(f"{address}/api/v1/session", headers=bearer)
            assert signed_in.json()["account"]["name"] == created["channel"]
            key = {"Authorization": f"Bearer {created['stream_key']}", "Content-Type": "application/sdp"}
            refused = await http.post(f"{address}/whip", headers=key, content="no offer")
            assert refused.status_code == 400, "the key is known, the offer is not one"
    async with websockets.connect(told["chat_url"]) as chat:
        assert json.loads(await chat.recv())["type"] == "welcome"

    taken = await asyncio.to_thread(livehouse, "channel", "create", "made_up", "--data-dir", str(data_dir))
    assert taken.returncode == 1
    assert "made_up" in taken.stderr
    assert "Traceback" not in taken.stderr


def test_servers_elsewhere_are_used_and_left_alone(
    start_node: StartNode, empty_database_url: str, nats_url: str
) -> None:
    environment = {"LIVEHOUSE_DATABASE_URL": empty_database_url, "LIVEHOUSE_NATS_URL": nats_url}
    node = start_node(environment=environment)
    address = node.wait_ready()
    assert answers(f"{address}/readyz")
    for name in ("postgres", "nats"):
        with pytest.raises(LookupError):
            node.child(name)
    assert not (node.data_dir / "postgres").exists()
    assert node.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--http-port", "eighty"), ("--http-port", "'eighty'")),
        (("--host", "203.0.113.7"), ("203.0.113.7", "--host")),
        (("--tls-cert", "/nowhere.pem"), ("--tls-cert", "--tls-key")),
        (("--nonsense",), ("--nonsense",)),
    ],
)
def test_a_bad_flag_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = livehouse("up", "--data-dir", str(tmp_path / "node"), *arguments)
    assert done.returncode in {1, 2}
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    assert all(word in lines[0] for word in words)


def test_a_taken_port_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = livehouse("up", "--data-dir", str(tmp_path / "node"), *FREE_PORTS, "--http-port", port)
    assert done.returncode == 1
    assert f"TCP port {port}" in done.stderr
    assert "--http-port" in done.stderr


def test_doctor_speaks_in_sentences(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = livehouse(
            "doctor", "--data-dir", str(tmp_path / "node"), *FREE_PORTS, "--chat-port", str(port)
        )
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("wrong") and f"TCP port {port}" in line]
    assert [line for line in lines if line.startswith("ok") and "UDP works" in line]
    assert [line for line in lines if line.startswith("ok") and "PostgreSQL can be started" in line]
    assert [line for line in lines if line.startswith("ok") and "Encoders" in line]
    assert all(line.rstrip()[-1] in ".5" or "sysctl" in line for line in lines)

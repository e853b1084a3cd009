"""An encoder that is no browser publishes the film to a real node; what the node says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.film import original
from tests.integration.node.conftest import start_node
from tests.integration.node.running_node import FREE_PORTS, Node, StartNode, livehouse, wait_until

__all__ = ["start_node"]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

PUBLISH_FILM = Path(__file__).parents[3] / "examples" / "publish_film.py"
Publish = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def publish() -> Iterator[Publish]:
    running: list[subprocess.Popen[str]] = []

    def start(url: str, stream_key: str, *more: str) -> subprocess.Popen[str]:
        running.append(
            subprocess.Popen(
                [sys.executable, PUBLISH_FILM, original(), "--url", url, "--key", stream_key, *more],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


class Studio:
    """The owner's view of one channel."""

    def __init__(self, node: Node, name: str) -> None:
        made = livehouse("channel", "create", name, "--json", "--data-dir", str(node.data_dir))
        self.made: dict[str, Any] = json.loads(made.stdout)
        self.http = httpx.Client(
            base_url=f"{self.made['api_url']}/channels/{name}",
            headers={"Authorization": f"Bearer {self.made['access_token']}"},
            timeout=10,
        )

    def broadcast(self) -> dict[str, Any] | None:
        answer = self.http.get("/broadcast")
        return answer.json() if answer.is_success else None

    def state(self) -> str | None:
        broadcast = self.broadcast()
        return broadcast["state"] if broadcast else None

    def close(self) -> None:
        self.http.close()


def test_film_goes_live_is_taken_over_and_cut_off(start_node: StartNode, publish: Publish) -> None:
    node = start_node(*FREE_PORTS)
    node.wait_ready()
    studio = Studio(node, "cinema")
    url, key = studio.made["whip_url"], studio.made["stream_key"]

    first = publish(url, key)
    live = wait_until(lambda: studio.state() == "live" and studio.broadcast(), "the film is live")
    assert live["codec"] == "H264"

    def healthy() -> list[dict[str, Any]]:
        samples = studio.http.get("/broadcast/health").json()["samples"]
        return [
            each for each in samples if each["video_bitrate_bps"] > 100_000 and each["audio_bitrate_bps"] > 0
        ]

    steady = wait_until(lambda: healthy()[2:], "health of some seconds")[-1]
    assert 20 < steady["frames_per_second"] < 40
    assert 0 <= steady["jitter_ms"] < 1_000
    assert steady["playback"] is None, "nobody watches"

    # Media still flows: another encoder is refused, unless it says that it takes over.
    refused = publish(url, key)
    assert refused.wait(60) == 1
    assert refused.stderr is not None
    assert "takeover" in refused.stderr.read()
    publish(f"{url}?takeover=true", key)
    keys = "/stream-keys"
    wait_until(lambda: first.poll() is not None or studio.state() == "live", "the second goes on")
    after = studio.broadcast()
    assert after is not None
    assert after["id"] == live["id"]

    # Revoking the key cuts the encoder off at once; the broadcast waits for its return.
    (only,) = studio.http.get(keys).json()["stream_keys"]
    assert only["last_used_at"] is not None
    assert studio.http.delete(f"{keys}/{only['id']}").status_code == 204
    wait_until(lambda: studio.state() == "interrupted", "the broadcast is interrupted")

    # With a new key the same broadcast goes on.
    fresh = studio.http.post(keys, json={"name": "second"}).json()["stream_key"]
    publish(url, fresh)
    wait_until(lambda: studio.state() == "live", "the broadcast goes on")
    resumed = studio.broadcast()
    assert resumed is not None
    assert resumed["id"] == live["id"]

    assert studio.http.delete("/broadcast").status_code == 204
    assert studio.broadcast() is None
    studio.close()

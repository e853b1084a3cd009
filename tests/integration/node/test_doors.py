"""Every door speaks TLS when there is a certificate; and a folder with a very long path will do."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import httpx
import pytest
import websockets
from tests.certificate import self_signed
from tests.integration.node.running_node import StartNode, livehouse

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return self_signed(tmp_path, "IP:127.0.0.1")


async def test_every_door_speaks_tls(start_node: StartNode, certificate: tuple[Path, Path]) -> None:
    chain, key = certificate
    node = start_node("--tls-cert", str(chain), "--tls-key", str(key))
    address = await asyncio.to_thread(node.wait_ready)
    assert address.startswith("https://")
    settings = node.settings
    trusting = ssl.create_default_context(cafile=str(chain))
    async with httpx.AsyncClient(verify=trusting) as http:
        assert (await http.get(f"{address}/healthz")).status_code == 200
        assert (await http.get(f"https://127.0.0.1:{settings['edge_port']}/healthz")).status_code == 200
        server = (await http.get(f"{address}/api/v1/server")).json()
        assert server["chat_url"] == f"wss://127.0.0.1:{settings['chat_port']}"
        for port in (settings["http_port"], settings["edge_port"]):
            with pytest.raises(httpx.TransportError):
                await http.get(f"http://127.0.0.1:{port}/healthz")
    created = await asyncio.to_thread(
        livehouse, "channel", "create", "secured", "--data-dir", str(node.data_dir), "--json"
    )
    chat_url = json.loads(created.stdout)["chat_url"]
    assert chat_url.startswith("wss://")
    async with websockets.connect(chat_url, ssl=trusting) as chat:
        assert json.loads(await chat.recv())["type"] == "welcome"


def test_a_data_folder_with_a_very_long_path_will_do(start_node: StartNode) -> None:
    node = start_node(name=f"{'long_' * 20}/{'path_' * 20}/data")
    address = node.wait_ready()
    assert httpx.get(f"{address}/readyz").status_code == 200
    assert 'livehouse_role_up{role="worker"} 1.0' in httpx.get(f"{address}/metrics").text

"""The files of deploy/ as they are, in front of a real node: only addresses and certificates are put in."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from zlib import crc32

import httpx
import pytest
import websockets
from PIL import Image
from tests.certificate import self_signed
from tests.integration.node.running_node import Node, StartNode, answers, livehouse, wait_until

from cpc.images.image import MAX_UPLOAD_BYTES
from livehouse.main.free_ports import free_port

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
OFFER = ROOT / "tests/fixtures/sdp/chromium_av1_sendonly.sdp"

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

# So slow a refill that what is left tells how often one asked.
SETTINGS = {"LIVEHOUSE_TRUSTED_PROXIES": "127.0.0.1", "LIVEHOUSE_HTTP_REQUESTS_PER_SECOND": "0.01"}

Certificate = tuple[Path, Path]
Start = Callable[[int, Node, Certificate, Path], list[str]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("certificate"), "DNS:localhost")


def put_in(text: str, replacements: dict[str, str]) -> str:
    """Each of them stands in the file, or the test would test something else."""
    for pattern, replacement in replacements.items():
        text, count = re.subn(pattern, replacement, text)
        assert count, pattern
    return text


def nginx(port: int, node: Node, certificate: Certificate, folder: Path) -> list[str]:
    chain, key = certificate
    site = put_in(
        (DEPLOY / "nginx.conf").read_text(),
        {
            r"listen 80;": f"listen 127.0.0.1:{free_port('127.0.0.1')};",
            r"listen 443": f"listen 127.0.0.1:{port}",
            r" *listen \[::\].*\n": "",
            r"live\.example\.org;": "localhost;",
            r"/etc/letsencrypt/\S+/fullchain\.pem": str(chain),
            r"/etc/letsencrypt/\S+/privkey\.pem": str(key),
            r"127\.0\.0\.1:8080": f"127.0.0.1:{node.settings['http_port']}",
            r"127\.0\.0\.1:8081": f"127.0.0.1:{node.settings['chat_port']}",
        },
    )
    (folder / "site.conf").write_text(site)
    folders = "".join(
        f"{kind}_temp_path {folder / kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder / 'nginx.pid'}; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {folders} include site.conf; }}\n"
    )
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(port: int, node: Node, certificate: Certificate, folder: Path) -> list[str]:
    chain, key = certificate
    door = f"https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {chain} {key}"
    site = put_in(
        (DEPLOY / "Caddyfile").read_text(),
        {
            r"(?m)^live\.example\.org \{": door,
            r"127\.0\.0\.1:8080": f"127.0.0.1:{node.settings['http_port']}",
            r"127\.0\.0\.1:8081": f"127.0.0.1:{node.settings['chat_port']}",
        },
    )
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(options + site)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@pytest.fixture(params=[nginx, caddy], ids=lambda start: start.__name__)
def published(
    request: pytest.FixtureRequest, start_node: StartNode, certificate: Certificate, tmp_path: Path
) -> Iterator[tuple[str, Node, ssl.SSLContext]]:
    """Public address, the node behind it, and what a client trusts."""
    start: Start = request.param
    if shutil.which(start.__name__) is None:
        pytest.skip(f"{start.__name__} is not installed")
    port = free_port("127.0.0.1")
    url = f"https://localhost:{port}"
    node = start_node("--public-url", url, environment=SETTINGS)
    node.wait_ready()
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    log = tmp_path / "proxy.log"
    environment = {**os.environ, "HOME": str(tmp_path)}
    with log.open("wb") as output:
        proxy = subprocess.Popen(
            start(port, node, certificate, tmp_path), stdout=output, stderr=output, env=environment
        )
    try:

        def is_open() -> bool:
            assert proxy.poll() is None, log.read_text()
            try:
                return httpx.get(f"{url}/healthz", verify=trusting).status_code == 200
            except httpx.TransportError:
                return False

        wait_until(is_open, "the proxy")
        yield url, node, trusting
    finally:
        proxy.terminate()
        proxy.wait(30)


async def test_a_node_behind_the_proxy_of_deploy(
    published: tuple[str, Node, ssl.SSLContext],
) -> None:
    url, node, trusting = published
    made = await asyncio.to_thread(
        livehouse, "channel", "create", "proxied", "--data-dir", str(node.data_dir), "--json"
    )
    channel = json.loads(made.stdout)
    assert channel["page_url"] == f"{url}/proxied"
    assert channel["chat_url"].startswith(f"{url.replace('https', 'wss')}/chat/")
    bearer = {"Authorization": f"Bearer {channel['access_token']}"}

    async with httpx.AsyncClient(verify=trusting, base_url=url, timeout=30) as http:
        page = await http.get("/proxied", headers={"Accept": "text/html"})
        assert page.status_code == 200 and "<html" in page.text
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000"

        # As large as one may be, and one byte more: the node answers, not the proxy.
        taken = await http.put("/api/v1/me/avatar", content=picture(MAX_UPLOAD_BYTES), headers=bearer)
        assert taken.status_code == 200, taken.text
        refused = await http.put("/api/v1/me/avatar", content=picture(MAX_UPLOAD_BYTES + 1), headers=bearer)
        assert refused.status_code == 413
        assert refused.headers["Content-Type"] == "application/problem+json"

        stream_key = {"Authorization": f"Bearer {channel['stream_key']}", "Content-Type": "application/sdp"}
        ingest = await http.post(channel["whip_url"], content=OFFER.read_bytes(), headers=stream_key)
        assert ingest.status_code == 201, ingest.text
        session = httpx.URL(channel["whip_url"]).join(ingest.headers["Location"])
        assert (await http.delete(session, headers=stream_key)).status_code == 200

        async with websockets.connect(channel["chat_url"], ssl=trusting, origin=url) as chat:  # type: ignore[arg-type]
            assert json.loads(await chat.recv())["type"] == "welcome"

    # Each visitor has a limit of their own, and what one says about oneself is not believed.
    lie = {"X-Forwarded-For": "198.51.100.7"}
    left = {}
    for visitor in ("127.0.0.2", "127.0.0.3"):
        transport = httpx.AsyncHTTPTransport(verify=trusting, local_address=visitor)
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=lie) as http:
            counts = [(await http.get("/api/v1/server")).headers["RateLimit"] for _ in range(5)]
            left[visitor] = [int(re.search(r'"address";r=(\d+)', count)[1]) for count in counts]  # type: ignore[index]
    whole = range(299, 294, -1)
    assert left == {"127.0.0.2": [*whole], "127.0.0.3": [*whole]}
    assert answers(f"http://127.0.0.1:{node.settings['http_port']}/readyz")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_of_deploy_is_one(tmp_path: Path) -> None:
    unit = put_in(
        (DEPLOY / "livehouse.service").read_text(),
        {r"/opt/livehouse/\.venv/bin/livehouse": sys.executable, r"User=livehouse": "User=root"},
    )
    (tmp_path / "livehouse.service").write_text(unit)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "livehouse.service")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def picture(size: int) -> bytes:
    """A PNG of exactly so many bytes, most of them in a chunk that nobody reads (PNG section 4.7.1)."""
    file = BytesIO()
    Image.new("RGB", (300, 300), "teal").save(file, "png")
    whole = file.getvalue()
    padding = size - len(whole) - 12
    end = whole.rindex(b"IEND") - 4
    chunk = padding.to_bytes(4) + b"juNk" + bytes(padding)
    return whole[:end] + chunk + crc32(chunk[4:]).to_bytes(4) + whole[end:]

"""The pictures of docs/images: a node, a film broadcast by WHIP, some chat, and a browser that looks at it.

python -m tools.screenshots
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright
from tests.e2e.browsers import RealBrowser
from tests.e2e.measuring import video_received
from tests.e2e.pages import ChannelPage, StudioPage, sign_up
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually
from tests.film import original
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
TALK = (
    ("ada", "good evening everybody"),
    ("grace", "perfect timing, it just started"),
    ("linus", "how is the picture for you?"),
    ("grace", "sharp, and no delay to speak of"),
    ("ada", "same here, on the phone over Wi-Fi"),
    ("meadow", "welcome @ada, the butterfly comes next"),
    ("linus", "the film is at https://peach.blender.org"),
    ("grace", "I could watch that rabbit all day"),
)


def broadcast_film(node: RunningNode, stack: ExitStack) -> None:
    made = {name: node.create_channel(name) for name in ("meadow", "ada", "grace", "linus")}
    httpx.patch(
        f"{node.url}/api/v1/channels/meadow",
        json={"title": "Big Buck Bunny, all evening", "category": "Film and Television"},
        headers={"Authorization": f"Bearer {made['meadow']['access_token']}"},
    ).raise_for_status()
    film = [str(original()), "--height", "720", "--bitrate", "3000000"]
    publish = [sys.executable, str(ROOT / "examples/publish_film.py"), *film]
    encoder = subprocess.Popen(
        [*publish, "--url", made["meadow"]["whip_url"], "--key", made["meadow"]["stream_key"]]
    )
    stack.callback(encoder.wait)
    stack.callback(encoder.kill)
    eventually(lambda: node.channel("meadow")["broadcast"])
    for name, text in TALK:
        bearer = {"Authorization": f"Bearer {made[name]['access_token']}"}
        with connect(made["meadow"]["chat_url"], additional_headers=bearer) as chat:
            chat.send(f'{{"type":"send","nonce":"1-{TALK.index((name, text))}","text":"{text}"}}')
            while '"ack"' not in chat.recv(timeout=10):
                pass


def take(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"  docs/images/{name}.png")
    page.context.close()


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with ExitStack() as stack:
        node = RunningNode(
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livehouse-pictures-")))
        )
        stack.callback(node.close)
        node.start()
        broadcast_film(node, stack)
        playwright = stack.enter_context(sync_playwright())
        browser = RealBrowser(playwright, has_camera=True)
        stack.callback(browser.close)

        for name, phone in (("watch", False), ("watch-phone", True)):
            page = browser.open(phone=phone)
            page.emulate_media(color_scheme="dark")
            page.goto(f"{node.url}/meadow")
            ChannelPage(page).wait_for_frames_after(90)
            page.get_by_text("rabbit all day").wait_for()
            take(page, name)

        page = browser.open(script=False)  # without the test's time code in the picture
        page.emulate_media(color_scheme="dark")
        sign_up(page, node.url, "studio_cat")
        page.goto(f"{node.url}/studio")
        studio = StudioPage(page)
        studio.choose("AV1")
        studio.go_live()
        eventually(lambda: (node.channel("studio_cat")["broadcast"] or {}).get("state") == "live")
        watching = browser.open(f"{node.url}/studio_cat")
        eventually(lambda: (seen := video_received(watching)) and seen.frames_decoded > 300, within_s=60)
        take(page, "studio")


if __name__ == "__main__":
    main()

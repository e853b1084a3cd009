"""Real Chromium browsers; the publisher's has the film as camera and the chirps as microphone."""

import os
import shutil
import uuid
from pathlib import Path

import psutil
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright
from tests.film import camera, microphone

INSTRUMENTS = Path(__file__).parent / "instruments.js"
EXECUTABLE = os.environ.get("CHROMIUM", "") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    # Both windows are in the background; neither may be slowed for it.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
]


class RealBrowser:
    """One Chromium with all its processes."""

    def __init__(self, playwright: Playwright, *, has_camera: bool = False) -> None:
        self._refused_by_policy: list[str] = []
        self._mark = f"--livehouse-test={uuid.uuid4().hex}"
        flags = [*FLAGS, self._mark]
        if has_camera:
            flags += [
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera()}",
                f"--use-file-for-fake-audio-capture={microphone()}",
            ]
        self._browser: Browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=flags)

    def open(self, url: str = "about:blank", *, phone: bool = False, script: bool = True) -> Page:
        """A page in a context of its own (own cookies), with the instruments installed."""
        context: BrowserContext = self._browser.new_context(
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 800},
            has_touch=phone,
            is_mobile=phone,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        context.on("console", self._note)
        if script:
            context.add_init_script(path=INSTRUMENTS)
        page = context.new_page()
        page.goto(url)
        return page

    def kill(self) -> None:
        """SIGKILL to every process of this browser, as when the machine loses power."""
        for process in psutil.Process().children(recursive=True):
            try:
                if self._mark in process.cmdline():
                    process.kill()
            except psutil.NoSuchProcess:
                continue

    def close(self) -> None:
        self._browser.close()
        assert not self._refused_by_policy

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self._refused_by_policy.append(message.text)

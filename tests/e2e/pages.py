"""The pages as a person uses them; the tests name no element themselves."""

import re

from playwright.sync_api import Locator, Page, expect
from tests.e2e.measuring import VideoReceived, video_received
from tests.e2e.waiting import eventually

# A browser that encodes and one that decodes share the machine with everything else.
PLAYING_LIMIT_MS = 40_000


class ChannelPage:
    """/{channel}: player and chat."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.video = page.get_by_test_id("player-video")
        self.player_state = page.get_by_test_id("player-state")
        self.unplayable = page.get_by_test_id("player-unplayable")

    def wait_for_state(self, state: str, timeout_ms: float = PLAYING_LIMIT_MS) -> None:
        expect(self.player_state).to_have_attribute("data-state", re.compile(state), timeout=timeout_ms)

    def wait_until_playing(self) -> VideoReceived:
        """Frames are decoded; the newest counters."""
        self.wait_for_state("live")
        return self.wait_for_frames_after(0)

    def wait_for_frames_after(self, decoded: int, within_s: float = 30) -> VideoReceived:
        def look() -> VideoReceived | None:
            seen = video_received(self.page)
            return seen if seen and seen.frames_decoded > decoded else None

        seen = eventually(look, within_s)
        assert seen is not None
        return seen

    def count_frames(self) -> None:
        self.video.evaluate("video => instruments.countFrames(video)")

    def frames_shown(self) -> int:
        """Since `count_frames`, over every connection the page has made."""
        return int(self.page.evaluate("() => instruments.seen.frames"))

    def say(self, text: str) -> None:
        self.page.get_by_test_id("chat-input").fill(text)
        self.page.get_by_test_id("chat-input").press("Enter")

    def line(self, text: str) -> Locator:
        return self.page.get_by_test_id("chat-message").filter(has_text=text)


class StudioPage:
    """/studio: going live with what the browser captures."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.state = page.get_by_test_id("studio-state")
        self.viewers_summary = page.get_by_test_id("viewers-health-summary")
        self.viewers_advice = page.get_by_test_id("viewers-health-advice")

    def choose(self, codec: str, quality: str = "360p") -> None:
        """`codec` as the page names it in its values: AV1, H264, VP9, VP8."""
        self.page.get_by_test_id("codec-select").select_option(codec)
        self.page.get_by_test_id("quality-select").select_option(quality)

    def go_live(self) -> None:
        self.page.get_by_test_id("go-live").click()
        problem = self.page.get_by_test_id("studio-problem")
        is_live = self.page.locator('[data-testid="studio-state"][data-state="live"]')
        expect(is_live.or_(problem)).to_be_visible(timeout=PLAYING_LIMIT_MS)
        assert is_live.is_visible(), problem.inner_text()

    def end_stream(self) -> None:
        self.page.get_by_test_id("end-stream").first.click()
        expect(self.state).to_have_attribute("data-state", "offline")


def sign_up(page: Page, url: str, name: str, mail: str | None = None) -> str:
    """By the form; the password. mail: where the node sends some."""
    password = f"a good long password of {name}"
    page.goto(f"{url}/sign-up")
    page.get_by_test_id("sign-up-name").fill(name)
    page.get_by_test_id("sign-up-password").fill(password)
    if mail is not None:
        page.get_by_test_id("sign-up-mail").fill(mail)
    page.get_by_test_id("sign-up-submit").click()
    expect(page.get_by_test_id("account-menu")).to_be_visible()
    return password


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_test_id("sign-in-name").fill(name)
    page.get_by_test_id("sign-in-password").fill(password)
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_test_id("account-menu")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_test_id("account-menu").click()
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in-link")).to_be_visible()


FOCUS_IS_VISIBLE = """() => {
    const focused = document.activeElement;
    const { outlineStyle, boxShadow } = getComputedStyle(focused);
    return focused === document.body || focused.matches("textarea, input") || outlineStyle !== "none"
        || boxShadow !== "none";
}"""


def walk_by_tab(page: Page, wanted: set[str]) -> None:
    """The Tab key leads to all of these, and one always sees where one is."""
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("() => document.activeElement?.dataset.testid ?? ''")
        assert page.evaluate(FOCUS_IS_VISIBLE), f"the focus on {name!r} cannot be seen"
        reached.add(name)
        if wanted <= reached:
            return
    raise AssertionError(f"not reached by Tab: {wanted - reached}")

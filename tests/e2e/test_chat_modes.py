"""What a room asks of chatters is shown before they write, and what is not there is asked for once."""

import pytest
from playwright.sync_api import Page, Request, expect
from tests.e2e.accessibility import keeps_the_rules_of_wcag
from tests.e2e.browsers import RealBrowser
from tests.e2e.pages import ChannelPage, sign_up
from tests.e2e.running_node import RunningNode

pytestmark = pytest.mark.e2e

# A change of modes is heard within five seconds, on a machine with other work.
HEARD_MS = 30_000


def set_modes(owner: Page, url: str, *, slow: str = "0", followers: str = "off") -> None:
    owner.goto(f"{url}/studio/channel")
    owner.get_by_test_id("settings-slow-mode").select_option(slow)
    owner.get_by_test_id("settings-followers-only").select_option(followers)
    owner.get_by_test_id("settings-save").click()
    expect(owner.get_by_role("status").get_by_text("Saved", exact=True)).to_be_visible()


@pytest.mark.timeout(240)
def test_modes_are_shown_and_what_to_do_about_them(node: RunningNode, viewer: RealBrowser) -> None:
    owner, chatter = viewer.open(), viewer.open()
    sign_up(owner, node.url, "strict_house")
    sign_up(chatter, node.url, "chatty")
    chatter.goto(f"{node.url}/strict_house")
    talking = ChannelPage(chatter)
    talking.say("open to all")
    expect(talking.line("open to all")).to_be_visible()
    modes, hindrance = chatter.get_by_test_id("chat-modes"), chatter.get_by_test_id("chat-hindrance")
    expect(modes).to_be_hidden()

    set_modes(owner, node.url, followers="0")
    expect(modes).to_contain_text("Followers only", timeout=HEARD_MS)
    expect(chatter.get_by_test_id("chat-modes-spoken")).to_have_text("The chat is now: Followers only.")
    expect(hindrance).to_have_attribute("data-way", "follow")
    chatter.get_by_test_id("chat-input").fill("may I?")
    expect(chatter.get_by_test_id("chat-send")).to_be_disabled()
    keeps_the_rules_of_wcag(chatter)
    chatter.get_by_test_id("chat-follow").click()
    expect(hindrance).to_be_hidden()
    expect(chatter.get_by_test_id("chat-input")).to_have_value("may I?")
    chatter.get_by_test_id("chat-send").click()
    expect(talking.line("may I?")).to_be_visible()

    set_modes(owner, node.url, slow="120")
    expect(modes).to_contain_text("Slow mode (2 min)", timeout=HEARD_MS)
    expect(modes).not_to_contain_text("Followers")
    # The line above was said a moment ago: it counts.
    wait = chatter.get_by_test_id("chat-wait")
    expect(wait).to_be_visible()
    before = int(wait.inner_text().split()[0])
    assert 0 < before <= 120
    expect(wait).not_to_have_text(f"{before} s")
    chatter.get_by_test_id("chat-input").fill("patience")
    expect(chatter.get_by_test_id("chat-send")).to_be_disabled()
    # Who has a role waits for nobody.
    owner.goto(f"{node.url}/strict_house")
    for line in ("one", "two"):
        ChannelPage(owner).say(f"the owner's line {line}")
        expect(ChannelPage(owner).line(f"the owner's line {line}")).to_be_visible()
    expect(owner.get_by_test_id("chat-wait")).to_be_hidden()

    set_modes(owner, node.url)
    expect(modes).to_be_hidden(timeout=HEARD_MS)
    expect(wait).to_be_hidden()
    chatter.get_by_test_id("chat-send").click()
    expect(talking.line("patience")).to_be_visible()
    for page in (owner, chatter):
        page.context.close()


def test_an_unknown_channel_is_asked_for_once(node: RunningNode, viewer: RealBrowser) -> None:
    asked: list[str] = []
    page = viewer.open()
    sign_up(page, node.url, "mistyper")

    def note(request: Request) -> None:
        if "no_such_place" in request.url and not request.is_navigation_request():
            asked.append(f"{request.method} {request.url.removeprefix(node.url)}")

    page.on("request", note)
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.goto(f"{node.url}/no_such_place")
    expect(page.get_by_test_id("missing")).to_contain_text('There is no channel "no_such_place"')
    # The picture is asked for at the same time: who comes to a channel that is there need not wait for it.
    assert sorted(asked) == ["GET /api/v1/channels/no_such_place", "POST /whep/no_such_place"]
    page.context.close()

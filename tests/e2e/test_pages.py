"""Every page for every person: sign up, sign in, a phone, the keyboard, a screen reader's rules."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.accessibility import keeps_the_rules_of_wcag
from tests.e2e.browsers import RealBrowser
from tests.e2e.pages import sign_in, sign_out, sign_up, walk_by_tab
from tests.e2e.running_node import RunningNode

pytestmark = pytest.mark.e2e

# What only somebody who is signed in sees.
SETTINGS = ["", "/sign-in", "/tokens", "/blocks", "/data"]
DOCUMENTS = ("/docs/api", "/problems", "/problems/not-live")
COMMUNITY = ["", "/tiers", "/followers"]
CHANNEL = ("", "/about", "/schedule", "/people", "/keys", "/statistics", "/name")
SIGNED_IN = [
    "/studio",
    "/following",
    "/subscriptions",
    *(f"/settings{section}" for section in SETTINGS),
    *(f"/studio/community{section}" for section in COMMUNITY),
    *(f"/studio/channel{section}" for section in CHANNEL),
]


@pytest.fixture(scope="module")
def channel(node: RunningNode) -> dict[str, Any]:
    return node.create_channel("the_stage")


def test_sign_up_sign_out_sign_in(node: RunningNode, viewer: RealBrowser) -> None:
    page = viewer.open()
    password = sign_up(page, node.url, "newcomer")
    page.reload()
    expect(page.get_by_test_id("account-menu")).to_be_visible()
    sign_out(page)

    page.goto(f"{node.url}/sign-in")
    page.get_by_test_id("sign-in-name").fill("newcomer")
    page.get_by_test_id("sign-in-password").fill("not my password")
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_test_id("account-problem")).to_contain_text(re.compile(r"\w+ \w+ \w+"))
    sign_in(page, node.url, "newcomer", password)

    page.goto(f"{node.url}/newcomer")
    expect(page.get_by_test_id("player-offline")).to_be_visible()
    assert not _keys_readable(page), "the login's token is in the hands of scripts"
    page.context.close()


def _keys_readable(page: Page) -> bool:
    readable: bool = page.evaluate("() => document.cookie.includes('livehouse_session')")
    return readable


def test_a_stream_key_is_shown_once(node: RunningNode, viewer: RealBrowser) -> None:
    page = viewer.open()
    sign_up(page, node.url, "key_keeper")
    page.goto(f"{node.url}/studio")
    page.get_by_test_id("stream-key-name").fill("OBS")
    page.get_by_test_id("stream-key-create").click()
    secret = page.get_by_test_id("stream-key-secret")
    expect(secret).to_be_visible()
    key = secret.evaluate("element => (element.querySelector('input') ?? element).value ?? element.innerText")
    assert "lhk_" in key
    page.reload()
    expect(page.get_by_test_id("stream-key").filter(has_text="OBS")).to_be_visible()
    assert key not in page.content()
    page.context.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/browse",
        "/browse/categories",
        "/category/art",
        "/search?q=stage",
        "/sign-in",
        "/sign-up",
        "/the_stage",
        "/nobody_is_here",
        *DOCUMENTS,
        *SIGNED_IN,
    ],
)
def test_each_page_keeps_the_rules_of_wcag(
    node: RunningNode, viewer: RealBrowser, channel: dict[str, Any], path: str
) -> None:
    page = viewer.open()
    if path in SIGNED_IN:
        sign_up(page, node.url, f"owner_of_{SIGNED_IN.index(path)}")
    page.goto(f"{node.url}{path}")
    expect(page.locator("main").locator("h1, h2").first).to_be_visible()
    keeps_the_rules_of_wcag(page)
    page.context.close()


def test_the_administrators_pages_keep_the_rules_of_wcag(
    node: RunningNode, viewer: RealBrowser, channel: dict[str, Any]
) -> None:
    page = viewer.open()
    sign_up(page, node.url, "door_keeper")
    node.make_administrator("door_keeper")
    shown = {
        "": page.locator('[data-testid="administered"][data-name="door_keeper"]'),
        "/channels": page.get_by_test_id("administered").first,
        "/categories": page.get_by_test_id("category").first,
        "/audit-log": page.get_by_test_id("audit-entry").first,
    }
    for section, something in shown.items():
        page.goto(f"{node.url}/admin{section}")
        expect(something).to_be_visible()
        keeps_the_rules_of_wcag(page)

    page.goto(f"{node.url}/admin/channels")
    shown["/channels"].get_by_test_id("suspend").click()
    expect(page.get_by_test_id("suspension-dialog")).to_be_visible()
    keeps_the_rules_of_wcag(page)
    page.context.close()


@pytest.mark.parametrize("path", ["/", "/the_stage", "/sign-up"])
def test_a_phone_shows_it_all_without_scrolling_sideways(
    node: RunningNode, viewer: RealBrowser, channel: dict[str, Any], path: str
) -> None:
    page = viewer.open(f"{node.url}{path}", phone=True)
    expect(page.locator("h1").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    if path == "/the_stage":
        player, chat = page.get_by_test_id("player"), page.get_by_test_id("chat")
        expect(chat).to_be_visible()
        above, below = player.bounding_box(), chat.bounding_box()
        assert above is not None
        assert below is not None
        assert above["width"] == 390
        assert above["y"] + above["height"] <= below["y"] + 1, "the player is on top"
        assert below["y"] < 844, "the chat is in view"
    page.context.close()


def test_all_can_be_reached_with_the_tab_key(
    node: RunningNode, viewer: RealBrowser, channel: dict[str, Any]
) -> None:
    page = viewer.open(f"{node.url}/the_stage")
    expect(page.get_by_test_id("player-offline")).to_be_visible()
    walk_by_tab(page, {"theme-toggle", "sign-in-link", "rail-toggle", "chat-lines", "chat-sign-in"})
    page.context.close()

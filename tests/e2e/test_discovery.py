"""Channels are found by those who look for them, and set up by those who own them."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from tests.e2e.browsers import RealBrowser
from tests.e2e.encoders import FilmEncoder
from tests.e2e.pages import sign_up
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def painter(node: RunningNode) -> Iterator[dict[str, Any]]:
    """A channel that is live in the category Art, and in the lists."""
    made = node.create_channel("seapainter")
    httpx.patch(
        f"{node.url}/api/v1/channels/seapainter",
        json={"title": "Painting the sea", "category": "Art", "tags": ["watercolour"]},
        headers={"Authorization": f"Bearer {made['access_token']}"},
        timeout=10,
    ).raise_for_status()
    with FilmEncoder(made["whip_url"], made["stream_key"]):

        def is_listed() -> bool:
            query = {"live": "true", "category": "art", "tag": "watercolour"}
            page = httpx.get(f"{node.url}/api/v1/channels", params=query, timeout=10).json()
            return any(card["name"] == "seapainter" for card in page["channels"])

        eventually(is_listed)
        yield made


def test_search_finds_a_live_channel_in_spite_of_a_typing_error(
    node: RunningNode, viewer: RealBrowser, painter: dict[str, Any]
) -> None:
    page = viewer.open(f"{node.url}/")
    expect(page.locator("h1").first).to_be_visible()
    page.keyboard.press("/")
    search = page.get_by_test_id("search-input")
    expect(search).to_be_focused()
    page.keyboard.type("seapianter")
    suggestion = page.get_by_test_id("suggestion").filter(has_text="seapainter")
    expect(suggestion).to_contain_text("Live")

    page.keyboard.press("Escape")
    expect(suggestion).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=seapianter$"))
    expect(page.locator('[data-testid="found-channel"][data-channel="seapainter"]')).to_be_visible()

    search.fill("seapainter")
    expect(suggestion).to_be_visible()
    search.press("ArrowDown")
    expect(suggestion).to_have_attribute("aria-selected", "true")
    search.press("Enter")
    expect(page).to_have_url(f"{node.url}/seapainter")
    page.context.close()


def test_browsing_by_category_shows_who_is_live_in_it(
    node: RunningNode, viewer: RealBrowser, painter: dict[str, Any]
) -> None:
    page = viewer.open(f"{node.url}/browse/categories")
    page.locator('[data-testid="category-tile"][data-category="art"]').click()
    expect(page.get_by_test_id("category-name")).to_have_text("Art")
    card = page.locator('[data-testid="live-card"][data-channel="seapainter"]')
    expect(card).to_be_visible()

    page.get_by_test_id("filter-tag").fill("oils")
    page.get_by_test_id("filter-tag").press("Enter")
    expect(page.get_by_test_id("live-empty")).to_be_visible()
    page.get_by_test_id("filters-clear").click()
    expect(card).to_be_visible()
    page.context.close()


def test_the_settings_save_and_tell_of_a_change_made_meanwhile(
    node: RunningNode, viewer: RealBrowser
) -> None:
    page = viewer.open()
    sign_up(page, node.url, "set_upper")
    page.goto(f"{node.url}/studio/channel")
    other = page.context.new_page()
    other.goto(f"{node.url}/studio/channel")

    page.get_by_test_id("settings-category").fill("musi")
    page.get_by_test_id("category-option").filter(has_text="Music").first.click()
    page.get_by_test_id("tags-input").fill("piano,")
    page.get_by_test_id("tags-input").press("Enter")
    expect(page.get_by_test_id("tag")).to_have_text(["piano"])
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()

    other.get_by_test_id("settings-title").fill("An evening at the piano")
    other.get_by_test_id("settings-save").click()
    expect(other.get_by_test_id("settings-conflict")).to_be_visible()
    other.get_by_test_id("settings-reload").click()
    expect(other.get_by_test_id("tag")).to_have_text(["piano"])
    expect(other.get_by_test_id("settings-title")).to_have_value("An evening at the piano")
    other.get_by_test_id("settings-save").click()
    expect(other.get_by_text("Saved", exact=True)).to_be_visible()

    channel = node.channel("set_upper")
    assert (channel["title"], channel["tags"]) == ("An evening at the piano", ["piano"])
    assert channel["category"].startswith("Music")
    page.context.close()


@pytest.mark.timeout(120)
def test_administrators_hear_of_it_when_another_one_changed_a_category(
    node: RunningNode, viewer: RealBrowser
) -> None:
    page = viewer.open()
    sign_up(page, node.url, "cataloguer")
    node.make_administrator("cataloguer")
    page.goto(f"{node.url}/admin/categories")
    page.get_by_test_id("category-new").click()
    page.get_by_test_id("category-name").fill("Kite flying")
    page.get_by_test_id("category-save").click()
    page.get_by_test_id("categories-search").fill("kite")
    row = page.locator('[data-testid="category"][data-slug="kite-flying"]')
    row.get_by_test_id("category-change").click()
    description = row.get_by_test_id("category-description")
    expect(description).to_have_value("")

    other = page.context.new_page()
    other.goto(f"{node.url}/admin/categories")
    other.get_by_test_id("categories-search").fill("kite")
    theirs = other.locator('[data-testid="category"][data-slug="kite-flying"]')
    theirs.get_by_test_id("category-change").click()
    theirs.get_by_test_id("category-description").fill("Up in the air")
    theirs.get_by_test_id("category-save").click()
    expect(theirs).to_contain_text("Up in the air")

    description.fill("Strings attached")
    row.get_by_test_id("category-save").click()
    expect(row.get_by_test_id("category-problem")).to_contain_text("changed meanwhile")
    row.get_by_test_id("category-reload").click()
    expect(description).to_have_value("Up in the air")
    description.fill("Up in the air, strings attached")
    row.get_by_test_id("category-save").click()
    expect(row).to_contain_text("Up in the air, strings attached")

    row.get_by_test_id("category-remove").click()
    page.get_by_test_id("category-remove-confirm").click()
    expect(page.get_by_test_id("categories-empty")).to_be_visible()
    page.context.close()

"""Keeping a channel, all of it in the page: pictures of panels, other people's channels, whose face is whose,
and a role that is gone while one still writes.
"""

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.accessibility import keeps_the_rules_of_wcag
from tests.e2e.browsers import RealBrowser
from tests.e2e.pages import sign_up
from tests.e2e.running_node import RunningNode
from tests.unit.images.uploads import picture

pytestmark = pytest.mark.e2e

PICTURE = {"name": "face.png", "mimeType": "image/png", "buffer": picture()}
IS_LOADED = "image => image.complete && image.naturalWidth > 0"


def newcomer(browser: RealBrowser, node: RunningNode, name: str) -> Page:
    page = browser.open()
    sign_up(page, node.url, name)
    return page


def give_role(owner: Page, url: str, name: str, role: str) -> None:
    owner.goto(f"{url}/studio/channel/people")
    owner.get_by_test_id("role-name").fill(name)
    owner.get_by_test_id("role-choice").select_option(role)
    owner.get_by_test_id("role-give").click()
    expect(owner.get_by_test_id("role-holder").filter(has_text=name)).to_have_attribute("data-role", role)


@pytest.mark.timeout(180)
def test_a_panel_shows_its_picture_on_the_channels_page(node: RunningNode, viewer: RealBrowser) -> None:
    page = newcomer(viewer, node, "panel_painter")
    page.goto(f"{node.url}/studio/channel/about")
    page.get_by_test_id("panel-add").click()
    page.get_by_test_id("panel-title").fill("My gear")

    lie = {**PICTURE, "buffer": b"no picture at all"}
    page.get_by_test_id("panel-file").set_input_files(lie)  # type: ignore[arg-type]
    expect(page.get_by_test_id("panel-picture-problem")).to_be_visible()
    expect(page.get_by_test_id("panel-title")).to_have_value("My gear")

    page.get_by_test_id("panel-file").set_input_files(PICTURE)  # type: ignore[arg-type]
    expect(page.get_by_test_id("panel-picture")).to_be_visible()
    expect(page.get_by_test_id("panel-picture-problem")).to_be_hidden()
    page.get_by_test_id("panel-alt").fill("A desk with two cameras")
    keeps_the_rules_of_wcag(page)
    page.get_by_test_id("about-save").click()
    expect(page.get_by_role("status").get_by_text("Saved", exact=True)).to_be_visible()

    page.goto(f"{node.url}/panel_painter")
    shown = page.get_by_test_id("about").get_by_alt_text("A desk with two cameras")
    expect(shown).to_be_visible()
    assert shown.evaluate(IS_LOADED)
    page.context.close()


@pytest.mark.timeout(180)
def test_whose_channel_is_chosen_in_the_studio(node: RunningNode, viewer: RealBrowser) -> None:
    first, second, helper = (newcomer(viewer, node, name) for name in ("first_room", "second_room", "helper"))
    give_role(first, node.url, "helper", "editor")
    give_role(second, node.url, "helper", "moderator")

    helper.goto(f"{node.url}/studio/channel")
    choice = helper.get_by_test_id("studio-channel")
    expect(choice.locator("option")).to_have_text(["helper (yours)", "first_room", "second_room"])
    choice.select_option("first_room")
    expect(helper).to_have_url(f"{node.url}/studio/channel?channel=first_room")
    helper.get_by_test_id("settings-title").fill("Helped")
    helper.get_by_test_id("settings-save").click()
    expect(helper.get_by_role("status").get_by_text("Saved", exact=True)).to_be_visible()
    assert node.channel("first_room")["title"] == "Helped"
    assert node.channel("helper")["title"] != "Helped"

    # A moderator is led to what is open to moderators; back in history is the channel before.
    choice.select_option("second_room")
    expect(helper).to_have_url(f"{node.url}/studio/channel/people?channel=second_room")
    expect(choice).to_have_value("second_room")
    choice.select_option("helper")
    expect(helper).to_have_url(f"{node.url}/studio/channel/people")
    for page in (first, second, helper):
        page.context.close()


@pytest.mark.timeout(180)
def test_people_in_lists_have_their_faces(node: RunningNode, viewer: RealBrowser) -> None:
    owner, fan = newcomer(viewer, node, "known_to_all"), newcomer(viewer, node, "fan_with_face")
    fan.goto(f"{node.url}/settings")
    fan.get_by_test_id("avatar-file").set_input_files(PICTURE)  # type: ignore[arg-type]
    fan.get_by_test_id("avatar-send").click()
    expect(fan.get_by_test_id("account-menu").locator("img")).to_be_visible()
    fan.goto(f"{node.url}/known_to_all")
    fan.get_by_test_id("follow").click()
    expect(fan.get_by_test_id("unfollow")).to_be_visible()

    owner.goto(f"{node.url}/studio/community/tiers")
    owner.get_by_test_id("tier-new").click()
    owner.get_by_test_id("tier-name").fill("Gold")
    owner.get_by_test_id("tier-price").fill("0")
    owner.get_by_test_id("benefit-custom").fill("A postcard")
    owner.get_by_test_id("tier-save").click()
    expect(owner.get_by_test_id("own-tier")).to_be_visible()
    owner.goto(f"{node.url}/studio/community")
    owner.get_by_test_id("grant-account").fill("fan_with_face")
    owner.get_by_test_id("grant").click()
    expect(owner.get_by_test_id("supporter")).to_be_visible()
    give_role(owner, node.url, "fan_with_face", "vip")
    node.make_administrator("known_to_all")

    lists = {
        "/studio/community": owner.get_by_test_id("supporter"),
        "/studio/community/followers": owner.get_by_test_id("follower"),
        "/studio/channel/people": owner.get_by_test_id("role-holder"),
        "/admin": owner.locator('[data-testid="administered"][data-name="fan_with_face"]'),
        "/admin/channels": owner.locator('[data-testid="administered"][data-name="fan_with_face"]'),
    }
    for path, row in lists.items():
        owner.goto(f"{node.url}{path}")
        expect(row, path).to_contain_text("fan_with_face")
        face = row.locator("img")
        expect(face, path).to_be_visible()
        assert face.evaluate(IS_LOADED), path
    # Without a picture there is the letter, everywhere the same.
    letter = owner.locator('[data-testid="administered"][data-name="known_to_all"]')
    expect(letter).to_contain_text("K")
    expect(letter.locator("img")).to_have_count(0)
    for page in (owner, fan):
        page.context.close()


@pytest.mark.timeout(180)
def test_what_was_typed_stays_when_the_role_is_gone(node: RunningNode, viewer: RealBrowser) -> None:
    owner, editor = newcomer(viewer, node, "changing_mind"), newcomer(viewer, node, "too_late")
    give_role(owner, node.url, "too_late", "editor")
    editor.goto(f"{node.url}/studio/channel/about?channel=changing_mind")
    editor.get_by_test_id("about-description").fill("An hour of careful writing")
    # A role less than an editor's does not save either.
    give_role(owner, node.url, "too_late", "moderator")

    editor.get_by_test_id("about-save").click()
    problem = editor.get_by_test_id("about-problem")
    expect(problem).to_contain_text("What you typed stays here")
    expect(editor.get_by_test_id("about-description")).to_have_value("An hour of careful writing")
    keeps_the_rules_of_wcag(editor)

    give_role(owner, node.url, "too_late", "editor")
    editor.get_by_test_id("about-save").click()
    expect(editor.get_by_role("status").get_by_text("Saved", exact=True)).to_be_visible()
    for page in (owner, editor):
        page.context.close()

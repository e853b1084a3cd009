"""What becomes of a channel and of an account, all of it in the page: people get roles and lose them, a name
changes, an end is announced and taken back, data goes home, an administrator closes a channel and opens it.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.accessibility import keeps_the_rules_of_wcag
from tests.e2e.browsers import RealBrowser
from tests.e2e.encoders import FilmEncoder
from tests.e2e.measuring import likeness_to_the_film
from tests.e2e.pages import ChannelPage, sign_up
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e


@contextmanager
def people(browser: RealBrowser, node: RunningNode, *names: str) -> Iterator[list[Page]]:
    """Everybody in a browser of their own, signed up."""
    pages = [browser.open() for _ in names]
    for page, name in zip(pages, names, strict=True):
        sign_up(page, node.url, name)
    yield pages
    for page in pages:
        page.context.close()


def saved(page: Page) -> Locator:
    return page.get_by_role("status").get_by_text("Saved", exact=True)


def give_role(page: Page, url: str, name: str, role: str) -> Locator:
    page.goto(f"{url}/studio/channel/people")
    page.get_by_test_id("role-name").fill(name)
    page.get_by_test_id("role-choice").select_option(role)
    page.get_by_test_id("role-give").click()
    holder = page.get_by_test_id("role-holder").filter(has_text=name)
    expect(holder).to_have_attribute("data-role", role)
    return holder


@pytest.mark.timeout(240)
def test_an_editor_changes_the_channel_until_the_role_is_taken_back(
    node: RunningNode, viewer: RealBrowser
) -> None:
    with people(viewer, node, "harbour", "right_hand", "watchman") as (owner, editor, moderator):
        editing = give_role(owner, node.url, "right_hand", "editor")
        give_role(owner, node.url, "watchman", "moderator")
        keeps_the_rules_of_wcag(owner)

        editor.goto(f"{node.url}/studio/channel")
        editor.get_by_test_id("studio-channel").select_option("harbour")
        editor.get_by_test_id("settings-title").fill("Ships at noon")
        editor.get_by_test_id("settings-save").click()
        expect(saved(editor)).to_be_visible()

        # A moderator sees it, and is led from the settings to what a moderator may.
        moderator.goto(f"{node.url}/harbour")
        expect(moderator.get_by_test_id("channel-title")).to_have_text("Ships at noon")
        moderator.goto(f"{node.url}/studio/channel?channel=harbour")
        expect(moderator).to_have_url(f"{node.url}/studio/channel/people?channel=harbour")
        expect(moderator.get_by_test_id("settings-title")).to_be_hidden()

        editing.get_by_test_id("role-take").click()
        expect(editing).to_be_hidden()
        editor.goto(f"{node.url}/studio/channel?channel=harbour")
        expect(editor.get_by_test_id("studio-no-role")).to_be_visible()
        assert node.channel("harbour")["title"] == "Ships at noon"


@pytest.mark.timeout(300)
def test_an_old_link_leads_to_the_renamed_channel_which_plays_and_chats(
    node: RunningNode, viewer: RealBrowser
) -> None:
    with people(viewer, node, "old_pier", "old_friend") as (owner, friend):
        owner.goto(f"{node.url}/studio/channel/keys")
        owner.get_by_test_id("stream-key-name").fill("Encoder")
        owner.get_by_test_id("stream-key-create").click()
        stream_key = owner.get_by_test_id("stream-key-secret").input_value()
        with FilmEncoder(f"{node.url}/whip", stream_key):
            eventually(lambda: node.channel("old_pier")["broadcast"], within_s=60)
            owner.goto(f"{node.url}/studio/channel/name")
            owner.get_by_test_id("rename-name").fill("new_pier")
            owner.get_by_test_id("rename-submit").click()
            expect(
                owner.get_by_text("Your channel and your account bear one name: new_pier.")
            ).to_be_visible()

            friend.goto(f"{node.url}/old_pier")
            expect(friend).to_have_url(f"{node.url}/new_pier")
            watching = ChannelPage(friend)
            watching.wait_until_playing()
            eventually(lambda: likeness_to_the_film(watching.video) > 0.9, within_s=60)
            watching.say("found you")
            owner.goto(f"{node.url}/new_pier")
            expect(ChannelPage(owner).line("found you")).to_be_visible()

            # Players that were given the old address get there too, with all they asked.
            answer = httpx.post(
                f"{node.url}/whep/old_pier?latency=low",
                content="v=0\r\n",
                headers={"Content-Type": "application/sdp"},
                timeout=10,
            )
            assert (answer.status_code, answer.headers["location"]) == (308, "/whep/new_pier?latency=low")


@pytest.mark.timeout(180)
def test_an_announced_deletion_is_taken_back_and_the_data_goes_home(
    node: RunningNode, viewer: RealBrowser, tmp_path: Path
) -> None:
    with people(viewer, node, "leaver", "stayer") as (page, other):
        other.goto(f"{node.url}/stayer")
        page.goto(f"{node.url}/stayer")
        page.get_by_test_id("follow").click()
        expect(page.get_by_test_id("unfollow")).to_be_visible()
        ChannelPage(page).say("before I go")
        expect(ChannelPage(other).line("before I go")).to_be_visible()

        page.goto(f"{node.url}/studio/channel/name")
        submit = page.get_by_test_id("deletion-submit")
        page.get_by_test_id("deletion-confirm").fill("leave")
        expect(submit).to_be_disabled()
        page.get_by_test_id("deletion-confirm").fill("leaver")
        expect(submit).to_be_disabled()
        page.get_by_test_id("deletion-password").fill("not my password")
        submit.click()
        expect(page.get_by_test_id("deletion-problem")).to_contain_text("password")
        page.get_by_test_id("deletion-password").fill("a good long password of leaver")
        submit.click()
        due = page.get_by_test_id("deletion-due")
        expect(due).to_contain_text("will be deleted on")
        page.reload()
        expect(due).to_be_visible()
        other.goto(f"{node.url}/leaver")
        expect(other.get_by_test_id("player-offline")).to_be_visible()  # all of it works on
        page.get_by_test_id("deletion-keep").click()
        expect(due).to_be_hidden()
        page.reload()
        expect(page.get_by_test_id("deletion-confirm")).to_be_visible()

        page.goto(f"{node.url}/settings/data")
        with page.expect_download() as downloading:
            page.get_by_test_id("export").click()
        archive = tmp_path / "home.zip"
        downloading.value.save_as(archive)
        expect(page.get_by_test_id("export-done")).to_contain_text("Downloaded")
        assert downloading.value.suggested_filename.endswith(".zip")
        taken = opened(archive)
        assert [account["name"] for account in taken["account"]] == ["leaver"]
        assert [channel["name"] for channel in taken["channel"]] == ["leaver"]
        assert "before I go" in json.dumps(taken["chat_messages"])
        assert "stayer" in json.dumps(taken["social/follows"])
        everything = json.dumps(taken)
        assert "password" not in everything
        assert "a good long" not in everything

        page.get_by_test_id("delete-account").click()
        password = page.get_by_test_id("delete-account-password")
        password.fill("not my password")
        page.get_by_test_id("delete-account-confirm").click()
        expect(page.get_by_test_id("delete-account-dialog").get_by_role("alert")).to_be_visible()
        password.fill("a good long password of leaver")
        page.get_by_test_id("delete-account-confirm").click()
        expect(page.get_by_test_id("delete-account-dialog")).to_be_hidden()
        expect(due).to_contain_text("This account will be deleted in")
        page.reload()
        due.get_by_role("button").click()
        expect(due).to_be_hidden()
        page.reload()
        expect(page.get_by_test_id("delete-account")).to_be_visible()


def opened(archive: Path) -> dict[str, list[dict[str, object]]]:
    """Its files by name, each whole."""
    with zipfile.ZipFile(archive) as home:
        assert home.testzip() is None
        about = json.loads(home.read("about.json"))
        assert about["cut_short"] == []
        assert {f"{name}.json" for name in about["files"]} | {"about.json"} == set(home.namelist())
        return {name: json.loads(home.read(f"{name}.json")) for name in about["files"]}


@pytest.mark.timeout(300)
def test_an_administrator_closes_a_channel_and_opens_it_again(node: RunningNode, viewer: RealBrowser) -> None:
    with people(viewer, node, "night_watch", "loud_corner", "visitor") as (guard, owner, visitor):
        guard.goto(f"{node.url}/admin/channels")
        expect(guard.get_by_test_id("channels-search")).to_be_hidden()  # not yet
        node.make_administrator("night_watch")

        owner.goto(f"{node.url}/studio/channel/keys")
        owner.get_by_test_id("stream-key-name").fill("Encoder")
        owner.get_by_test_id("stream-key-create").click()
        stream_key = owner.get_by_test_id("stream-key-secret").input_value()
        with FilmEncoder(f"{node.url}/whip", stream_key):
            visitor.goto(f"{node.url}/loud_corner")
            watching = ChannelPage(visitor)
            watching.wait_until_playing()

            guard.goto(f"{node.url}/admin/channels")
            act(guard, "channels-search", "loud_corner", "suspend", "Loud after midnight")
            keeps_the_rules_of_wcag(guard)
            watching.wait_for_state("ended")
        visitor.goto(f"{node.url}/loud_corner")
        expect(visitor.get_by_test_id("missing")).to_contain_text("suspended")
        expect(visitor.get_by_test_id("suspension")).to_be_hidden()
        for place in ("/loud_corner", "/studio"):
            owner.goto(f"{node.url}{place}")
            expect(owner.get_by_test_id("suspension")).to_contain_text("Loud after midnight")

        act(guard, "channels-search", "loud_corner", "lift", "It is quiet now")
        visitor.reload()
        expect(visitor.get_by_test_id("player-offline")).to_be_visible()
        owner.goto(f"{node.url}/loud_corner")
        expect(owner.get_by_test_id("player-offline")).to_be_visible()

        # Of the person: they watch and read, and say nothing.
        guard.goto(f"{node.url}/admin")
        act(guard, "people-search", "loud_corner", "suspend", "And still loud")
        suspended = owner.get_by_test_id("account-suspended")
        eventually(lambda: is_told_of(owner, f"{node.url}/settings", suspended))
        expect(suspended).to_contain_text("And still loud")
        act(guard, "people-search", "loud_corner", "lift", "Really quiet")
        eventually(lambda: not is_told_of(owner, f"{node.url}/settings", suspended))

        guard.goto(f"{node.url}/admin/audit-log")
        entries = guard.get_by_test_id("audit-entry")
        reasons = ("Really quiet", "And still loud", "It is quiet now", "Loud after midnight")
        for number, reason in enumerate(reasons):
            entry = entries.nth(number)
            expect(entry).to_contain_text(reason)
            expect(entry).to_contain_text(re.compile("night_watch.*loud_corner", re.DOTALL))
        expect(entries.nth(len(reasons))).to_contain_text("The operator")


def is_told_of(page: Page, url: str, notice: Locator) -> bool:
    """A web process may believe for a moment that somebody is who they were."""
    page.goto(url)
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    return notice.is_visible()


def act(page: Page, search: str, name: str, deed: str, reason: str) -> None:
    """deed: suspend or lift."""
    page.get_by_test_id(search).fill(name)
    row = page.locator(f'[data-testid="administered"][data-name="{name}"]')
    row.get_by_test_id(deed).click()
    dialog = page.get_by_test_id("suspension-dialog")
    dialog.get_by_test_id("suspension-reason").fill(reason)
    dialog.get_by_test_id("suspension-confirm").click()
    expect(dialog).to_be_hidden()
    expect(row.get_by_test_id("lift" if deed == "suspend" else "suspend")).to_be_visible()

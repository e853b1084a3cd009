"""Channels are renamed, suspended, deleted and made again, and others get roles on them, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.web.conftest import sign_up
from tests.unit.images.uploads import picture

from cpc.images.obstore_store import ObstoreImages
from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.main.wiring.channel import build_channel_duties
from livehouse.main.wiring.images import build_collect_images

pytestmark = pytest.mark.integration

API = "/api/v1"
ADA = f"{API}/channels/ada"
CHANNELS = f"{API}/administration/channels"
PASSWORD = {"password": "correct horse battery"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).removeprefix("/problems/")


async def test_a_renamed_channel_answers_under_both_names(visit, ada: httpx.AsyncClient) -> None:
    answer = await ada.post(f"{ADA}/rename", json={"new_name": "Lovelace"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["name"], answer.headers["location"]) == ("lovelace", f"{API}/channels/lovelace")
    session = (await ada.get(f"{API}/session")).json()["account"]
    assert (session["name"], session["display_name"]) == ("lovelace", "Lovelace")
    visitor = visit()
    for path in ("", "/chat/messages?limit=3", "/schedule"):
        moved = await visitor.get(f"{API}/channels/Ada{path}")
        assert problem(moved) == (308, "channel-renamed")
        assert moved.headers["location"] == f"{API}/channels/lovelace{path}"
        assert (await visitor.get(moved.headers["location"])).status_code == 200
    # The method and the body go along (RFC 9110 section 15.4.9).
    changed = await ada.patch(ADA, json={"title": "Engines"}, follow_redirects=True)
    assert (changed.status_code, changed.json()["title"]) == (200, "Engines")
    moved = await visitor.post("/whep/ada", content="v=0\r\n", headers={"Content-Type": "application/sdp"})
    assert (moved.status_code, moved.headers["location"]) == (308, "/whep/lovelace")
    keys = await ada.get(f"{API}/channels/ada/stream-keys")
    assert keys.headers["location"] == f"{API}/channels/lovelace/stream-keys"
    credentials = {"name": "lovelace", "password": "correct horse battery"}
    assert (await visit().post(f"{API}/session", json=credentials)).status_code == 201


async def test_a_name_changes_once_in_a_while_and_the_old_one_is_kept(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock
) -> None:
    for name, expected in (
        ("bob", (409, "name-taken")),
        ("b0b", (409, "name-too-similar")),
        ("api", (400, "reserved-name")),
        ("x", (400, "malformed-name")),
        ("ada", (400, "same-name")),
        ("supp0rt", (409, "name-too-similar")),
    ):
        assert problem(await ada.post(f"{ADA}/rename", json={"new_name": name})) == expected, name
    assert problem(await bob.post(f"{ADA}/rename", json={"new_name": "mine"})) == (403, "not-allowed")
    assert (await ada.post(f"{ADA}/rename", json={"new_name": "lovelace"})).status_code == 200
    again = await ada.post(f"{API}/channels/lovelace/rename", json={"new_name": "byron"})
    assert problem(again) == (429, "renamed-lately")
    assert again.headers["retry-after"] == str(14 * 24 * 3600)
    for name, expected in (("ada", (409, "name-taken")), ("a_d_a", (409, "name-too-similar"))):
        password = {"password": "correct horse battery"}
        taken = await visit().post(f"{API}/accounts", json={"name": name, **password})
        assert problem(taken) == expected
        assert problem(await bob.post(f"{API}/channels/bob/rename", json={"new_name": name})) == expected
    clock.advance(timedelta(days=14))
    back = await ada.post(f"{API}/channels/lovelace/rename", json={"new_name": "ada"})
    assert (back.status_code, back.json()["name"]) == (200, "ada"), "one's own name may be taken back"
    assert (await visit().get(ADA)).status_code == 200
    assert (await visit().get(f"{API}/channels/lovelace")).headers["location"] == ADA


async def test_a_former_name_is_free_after_90_days(
    visit, ada: httpx.AsyncClient, engine: AsyncEngine, clock: FakeClock
) -> None:
    await ada.post(f"{ADA}/rename", json={"new_name": "lovelace"})
    clock.advance(timedelta(days=90))
    assert not await build_channel_duties(engine, clock, UuidV7Ids(clock)).erase_channels()
    assert problem(await visit().get(ADA)) == (404, "no-such-channel")
    newcomer = visit()
    await sign_up(newcomer, "ada")
    assert (await visit().get(ADA)).json()["title"] == "ada's stream"


async def test_of_two_who_want_a_name_at_once_one_gets_it(visit) -> None:
    people = [visit() for _ in range(4)]
    for number, browser in enumerate(people):
        await sign_up(browser, f"person_{'abcd'[number]}")
    wishes = [
        browser.post(f"{API}/channels/person_{'abcd'[number]}/rename", json={"new_name": name})
        for number, (browser, name) in enumerate(
            zip(people, ("grace", "grace", "gr_ace", "grace"), strict=True)
        )
    ]
    answers = await asyncio.gather(*wishes)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert problem(answer)[1] in {"name-taken", "name-too-similar"}
    listed = (await visit().get(f"{API}/channels")).json()["channels"]
    assert len({channel["name"].replace("_", "") for channel in listed}) == 4


async def test_of_two_tabs_that_rename_a_channel_at_once_one_does(ada: httpx.AsyncClient, visit) -> None:
    answers = await asyncio.gather(
        *(ada.post(f"{ADA}/rename", json={"new_name": name}) for name in ("lovelace", "byron"))
    )
    renamed = [answer.json()["name"] for answer in answers if answer.status_code == 200]
    others = [problem(answer) for answer in answers if answer.status_code != 200]
    assert len(renamed) == 1
    # The second finds the account renamed this moment, or the channel under its new name.
    assert others in ([(429, "renamed-lately")], [(308, "channel-renamed")])
    assert (await visit().get(ADA)).headers["location"] == f"{API}/channels/{renamed[0]}"


async def test_roles_over_http(visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    roles = f"{ADA}/roles"
    change = {"title": "By bob"}
    assert problem(await bob.patch(ADA, json=change)) == (403, "not-allowed")
    given = await ada.put(f"{roles}/Bob", json={"role": "editor"})
    assert given.status_code == 200, given.text
    assert (given.json()["name"], given.json()["role"]) == ("bob", "editor")
    assert (await bob.patch(ADA, json=change)).status_code == 200, "at once"
    assert problem(await bob.put(f"{roles}/bob", json={"role": "vip"})) == (403, "not-allowed")
    listed = (await bob.get(roles)).json()
    assert [(one["name"], one["role"]) for one in listed["roles"]] == [("bob", "editor")]
    mine = (await bob.get(f"{API}/me/channels")).json()["channels"]
    assert [(one["name"], one["role"]) for one in mine] == [("bob", "owner"), ("ada", "editor")]
    await ada.put(f"{roles}/bob", json={"role": "vip"})
    assert problem(await bob.patch(ADA, json=change)) == (403, "not-allowed")
    assert problem(await bob.get(roles)) == (403, "not-allowed")
    assert (await bob.delete(f"{roles}/BOB")).status_code == 204, "one lays down one's own"
    assert problem(await ada.delete(f"{roles}/bob")) == (404, "no-role")
    assert problem(await ada.put(f"{roles}/ada", json={"role": "vip"})) == (409, "is-owner")
    assert problem(await ada.put(f"{roles}/nobody", json={"role": "vip"})) == (404, "no-such-account")
    assert problem(await ada.put(f"{roles}/bob", json={"role": "owner"})) == (400, "invalid-request")
    await ada.put(f"{API}/account/blocks/bob")
    assert problem(await ada.put(f"{roles}/bob", json={"role": "vip"})) == (409, "person-blocked")
    assert problem(await visit().get(roles)) == (401, "sign-in-required")


async def test_roles_page_by_page(visit, ada: httpx.AsyncClient) -> None:
    for number, name in enumerate(("anna", "berta", "cleo", "dora", "emil")):
        await sign_up(visit(address=f"192.0.2.{number + 10}"), name)
        await ada.put(f"{ADA}/roles/{name}", json={"role": "moderator" if number % 2 else "vip"})
    whole = (await ada.get(f"{ADA}/roles")).json()["roles"]
    seen, cursor = [], None
    while True:
        page = (
            await ada.get(
                f"{ADA}/roles", params={"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
            )
        ).json()
        seen += page["roles"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole
    assert [one["role"] for one in whole] == ["moderator", "moderator", "vip", "vip", "vip"]
    assert problem(await ada.get(f"{ADA}/roles?cursor=x")) == (400, "malformed-cursor")


async def test_a_suspended_channel_is_seen_by_nobody_but_administrators(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient, root: httpx.AsyncClient, clock: FakeClock
) -> None:
    until = (clock.now() + timedelta(days=2)).isoformat()
    clock.advance(timedelta(seconds=1))
    answer = await root.put(f"{CHANNELS}/ada/suspension", json={"reason": "spam", "until": until})
    assert answer.status_code == 200, answer.text
    assert answer.json()["suspension"] == {"reason": "spam", "until": "2026-01-03T00:00:00Z"}
    clock.advance(timedelta(seconds=1))
    await root.put(f"{CHANNELS}/bob/suspension", json={"reason": "also spam"})
    for browser in (visit(), bob):
        refused = await browser.get(ADA)
        assert problem(refused) == (403, "channel-suspended")
        assert refused.json()["detail"] == "This channel is suspended."
        assert "suspension" not in refused.json()
    for path in (ADA, f"{ADA}/about"):
        refused = await ada.get(path)
        assert problem(refused) == (403, "channel-suspended")
        assert refused.json()["detail"] == "This channel is suspended until 2026-01-03 00:00 UTC: spam"
        assert refused.json()["suspension"] == {"reason": "spam", "until": "2026-01-03T00:00:00Z"}
    forever = (await bob.get(f"{API}/channels/bob")).json()
    assert (forever["detail"], forever["suspension"]) == (
        "This channel is suspended: also spam",
        {"reason": "also spam", "until": None},
    )
    assert problem(await ada.patch(ADA, json={"title": "x"})) == (403, "channel-suspended")
    assert (await root.get(ADA)).status_code == 200
    listed = (await visit().get(f"{API}/channels")).json()["channels"]
    assert [one["name"] for one in listed] == ["in_charge"]
    (own, *_) = (await ada.get(f"{API}/me/channels")).json()["channels"]
    assert own["suspension"]["reason"] == "spam"
    suspended = (await root.get(CHANNELS, params={"state": "suspended"})).json()["channels"]
    assert [one["name"] for one in suspended] == ["ada", "bob"]
    found = (await root.get(CHANNELS, params={"query": "A"})).json()["channels"]
    assert [one["name"] for one in found] == ["ada"]
    clock.advance(timedelta(seconds=1))
    lifted = await root.delete(f"{CHANNELS}/ada/suspension", params={"reason": "a mistake"})
    assert lifted.status_code == 204
    assert (await visit().get(ADA)).status_code == 200
    again = await root.delete(f"{CHANNELS}/ada/suspension", params={"reason": "a mistake"})
    assert problem(again) == (404, "not-suspended")
    log = (await root.get(f"{API}/administration/audit-log")).json()["entries"]
    assert [(one["what"], one["subject_name"], one["by_name"], one["reason"]) for one in log[:2]] == [
        ("reinstate_channel", "ada", "in_charge", "a mistake"),
        ("suspend_channel", "bob", "in_charge", "also spam"),
    ]
    await root.put(f"{CHANNELS}/ada/suspension", json={"reason": "again", "until": until})
    clock.advance(timedelta(days=2))
    assert (await visit().get(ADA)).status_code == 200, "a suspension ends by itself"


async def test_pictures_of_an_erased_channel_go_unless_others_show_them(
    ada: httpx.AsyncClient,
    bob: httpx.AsyncClient,
    engine: AsyncEngine,
    clock: FakeClock,
    image_store: ObstoreImages,
) -> None:
    erase_due = build_channel_duties(engine, clock, UuidV7Ids(clock)).erase_channels
    collect = build_collect_images(engine, clock, image_store)
    banner, shared, panel, panel_of_both = (picture(size=(40 + side, 30)) for side in range(4))
    urls = {"banner": (await ada.put(f"{ADA}/banner", content=banner)).json()["banner_url"]}
    for name, content in (("panel", panel), ("panel of both", panel_of_both), ("shared", shared)):
        urls[name] = (await ada.put(f"{ADA}/about/image", content=content)).json()["image"]
    await bob.put(f"{API}/channels/bob/about/image", content=panel_of_both)
    await ada.put(f"{ADA}/about", json=panels(urls["panel"], urls["panel of both"], urls["shared"]))
    await bob.put(f"{API}/channels/bob/about", json=panels(urls["panel of both"]))
    bobs = (await bob.put(f"{API}/channels/bob/banner", content=shared)).json()["banner_url"]
    assert bobs == urls["shared"], "what shows the same has the same name"
    assert {name: (await bob.get(url)).status_code for name, url in urls.items()} == dict.fromkeys(urls, 200)
    clock.advance(timedelta(hours=2))
    while await collect():
        pass
    assert {name: (await bob.get(url)).status_code for name, url in urls.items()} == dict.fromkeys(urls, 200)

    await ada.post(f"{ADA}/deletion", json=PASSWORD)
    clock.advance(timedelta(days=14))
    assert await erase_due()
    while await collect():
        pass
    assert (await bob.get(urls["banner"])).status_code == 200, "pages that show it still find it for an hour"
    clock.advance(timedelta(hours=1, seconds=1))
    while await collect():
        pass
    kept = {name for name, url in urls.items() if (await bob.get(url)).status_code == 200}
    assert kept == {"panel of both", "shared"}


def panels(*images: str) -> dict[str, object]:
    return {"description": "", "panels": [{"title": "One", "image": image} for image in images]}


async def test_only_administrators_suspend(ada: httpx.AsyncClient, root: httpx.AsyncClient, visit) -> None:
    reason = {"reason": "spam"}
    assert problem(await ada.put(f"{CHANNELS}/ada/suspension", json=reason)) == (403, "not-allowed")
    assert problem(await ada.get(CHANNELS)) == (403, "not-allowed")
    assert problem(await visit().get(CHANNELS)) == (401, "sign-in-required")
    assert problem(await root.put(f"{CHANNELS}/nobody/suspension", json=reason)) == (404, "no-such-channel")
    for body, slug in (
        ({"reason": ""}, "malformed-reason"),
        ({"reason": "x", "until": "2020-01-01T00:00:00Z"}, "suspension-end"),
        ({}, "invalid-request"),
    ):
        assert problem(await root.put(f"{CHANNELS}/ada/suspension", json=body)) == (400, slug)


async def test_a_suspended_channel_is_not_erased(
    ada: httpx.AsyncClient, root: httpx.AsyncClient, engine: AsyncEngine, clock: FakeClock
) -> None:
    erase_due = build_channel_duties(engine, clock, UuidV7Ids(clock)).erase_channels
    await ada.post(f"{ADA}/deletion", json=PASSWORD)
    assert (await root.put(f"{CHANNELS}/ada/suspension", json={"reason": "spam"})).status_code == 200
    clock.advance(timedelta(days=14))
    assert not await erase_due()
    assert problem(await ada.post(f"{API}/channels")) == (409, "channel-exists")
    lifted = await root.delete(f"{CHANNELS}/ada/suspension", params={"reason": "a mistake"})
    assert lifted.status_code == 204, lifted.text
    assert await erase_due()


async def test_a_deleted_channel_goes_after_its_grace_and_can_be_made_again(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient, engine: AsyncEngine, clock: FakeClock
) -> None:
    erase_due = build_channel_duties(engine, clock, UuidV7Ids(clock)).erase_channels
    assert problem(await bob.post(f"{ADA}/deletion", json=PASSWORD)) == (403, "not-allowed")
    wrong = await ada.post(f"{ADA}/deletion", json={"password": "a thief's guess"})
    assert problem(wrong) == (403, "wrong-password")
    asked = await ada.post(f"{ADA}/deletion", json=PASSWORD)
    assert (asked.status_code, asked.json()) == (202, {"deletion_due_at": "2026-01-15T00:00:00Z"})
    clock.advance(timedelta(days=1))
    assert (await ada.post(f"{ADA}/deletion", json=PASSWORD)).json() == asked.json(), (
        "asking again does not put it off"
    )
    assert (await ada.delete(f"{ADA}/deletion")).status_code == 204
    assert (await ada.delete(f"{ADA}/deletion")).status_code == 204
    clock.advance(timedelta(days=14))
    assert not await erase_due(), "it was taken back"
    assert problem(await ada.post(f"{API}/channels")) == (409, "channel-exists")
    await ada.put(f"{ADA}/roles/bob", json={"role": "vip"})
    await ada.post(f"{ADA}/deletion", json=PASSWORD)
    assert (await visit().get(ADA)).status_code == 200, "until then it works"
    clock.advance(timedelta(days=14))
    assert await erase_due()
    assert not await erase_due()
    assert problem(await visit().get(ADA)) == (404, "no-such-channel")
    assert [one["name"] for one in (await bob.get(f"{API}/me/channels")).json()["channels"]] == ["bob"]
    credentials = {"name": "ada", "password": "correct horse battery"}
    assert (await visit().post(f"{API}/session", json=credentials)).status_code == 201
    assert problem(await visit().get(ADA)) == (404, "no-such-channel")
    made = await ada.post(f"{API}/channels")
    assert (made.status_code, made.headers["location"]) == (201, ADA)
    assert problem(await visit().post(f"{API}/channels")) == (401, "sign-in-required")

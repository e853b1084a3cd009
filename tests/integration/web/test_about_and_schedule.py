"""Descriptions, panels and schedules over HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime

import httpx
import icalendar
import pytest
from tests.unit.images.uploads import picture

pytestmark = pytest.mark.integration

ABOUT = "/api/v1/channels/ada/about"
SCHEDULE = "/api/v1/channels/ada/schedule"
SHOW = {
    "title": "Painting; the sea",
    "starts_at": "2026-03-27T02:30",
    "time_zone": "Europe/Paris",
    "duration_min": 90,
    "repeats_on": ["friday", "sunday"],
}


async def test_a_channel_says_something_of_itself(visit, ada: httpx.AsyncClient) -> None:
    browser = visit()
    empty = await browser.get(ABOUT)
    assert empty.json() == {"description": "", "description_html": "", "panels": []}
    body = {
        "description": "I *paint*. <script>alert(1)</script>",
        "panels": [
            {"title": "Shop", "text": "**all**", "link_url": "https://example.org"},
            {"image": "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp", "image_alt": "Brushes"},
        ],
    }
    written = await ada.put(ABOUT, json=body, headers={"If-Match": empty.headers["etag"]})
    assert written.status_code == 200, written.text
    answer = await browser.get("/api/v1/channels/ADA/about")
    assert answer.json() == written.json()
    assert answer.json()["description_html"] == (
        "<p>I <em>paint</em>. &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    )
    assert answer.json()["panels"] == [
        {
            "title": "Shop",
            "text": "**all**",
            "text_html": "<p><strong>all</strong></p>\n",
            "link_url": "https://example.org",
            "image": None,
            "image_alt": "",
        },
        {
            "title": "",
            "text": "",
            "text_html": "",
            "link_url": None,
            "image": "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp",
            "image_alt": "Brushes",
        },
    ]
    unchanged = await browser.get(ABOUT, headers={"If-None-Match": answer.headers["etag"]})
    assert unchanged.status_code == 304
    stale = await ada.put(ABOUT, json=body, headers={"If-Match": empty.headers["etag"]})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/about-changed")


async def test_an_account_asks_for_so_many_previews_and_no_more(visit, ada: httpx.AsyncClient) -> None:
    browser = visit(account_rendering_burst=2.0, account_renderings_per_second=0.01)
    browser.cookies, browser.headers = ada.cookies, ada.headers
    preview = {"description": "I *paint*."}
    seen = await browser.post(f"{ABOUT}/preview", json=preview)
    assert seen.json()["description_html"] == "<p>I <em>paint</em>.</p>\n"
    hostile = await browser.put(
        ABOUT, json={"description": "[" * 5000, "panels": [{"text": "[" * 2500}] * 12}
    )
    assert (hostile.status_code, hostile.json()["type"]) == (400, "/problems/text-too-complex")
    refused = await browser.post(f"{ABOUT}/preview", json=preview)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
    assert int(refused.headers["retry-after"]) > 0
    assert (await browser.patch("/api/v1/channels/ada", json={"title": "Sea"})).status_code == 200


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"description": "x" * 5001}, "description-too-long"),
        ({"description": "x" * 30_000}, "invalid-request"),
        ({"panels": [{"title": "t"}] * 13}, "too-many-panels"),
        ({"panels": [{}]}, "panel-empty"),
        ({"panels": [{"text": "x" * 2501}]}, "panel-text-too-long"),
        ({"panels": [{"title": "t", "image_alt": "x" * 201}]}, "panel-image-alt-too-long"),
        ({"panels": [{"title": "t", "link_url": "javascript:alert(1)"}]}, "malformed-link"),
        ({"panels": [{"title": "t", "image": "https://evil.example/x.webp"}]}, "foreign-image"),
        ({"panels": [{"titel": "t"}]}, "invalid-request"),
    ],
)
async def test_what_cannot_be_said(ada: httpx.AsyncClient, body: dict[str, object], slug: str) -> None:
    answer = await ada.put(ABOUT, json=body)
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}")


async def test_a_schedule_is_made_and_read(visit, ada: httpx.AsyncClient) -> None:
    made = await ada.post(SCHEDULE, json=SHOW)
    assert made.status_code == 201, made.text
    entry = made.json()
    assert entry == {
        "id": entry["id"],
        **SHOW,
        "category": "",
        "category_slug": None,
        "starts_at": "2026-03-27T02:30:00",
        "repeats_until": None,
        "cancelled": [],
        "etag": made.headers["etag"],
    }
    read = (await visit().get(f"{SCHEDULE}?since=2026-03-27T00:00:00Z&days=4")).json()
    assert (read["entries"], read["vacation"]) == ([entry], None)
    # 02:30 is skipped on the 29th: half an hour after the gap.
    assert [(one["day"], one["starts_at"], one["state"]) for one in read["occurrences"]] == [
        ("2026-03-27", "2026-03-27T01:30:00Z", "planned"),
        ("2026-03-29", "2026-03-29T01:30:00Z", "planned"),
    ]
    changed = await ada.patch(f"{SCHEDULE}/{entry['id']}", json={"cancelled": ["2026-03-29"]})
    assert changed.json()["cancelled"] == ["2026-03-29"]
    assert changed.headers["etag"] == changed.json()["etag"] != entry["etag"]
    vacation = {"starts_at": "2026-03-26T00:00:00Z", "ends_at": "2026-03-28T00:00:00Z"}
    assert (await ada.put(f"{SCHEDULE}/vacation", json=vacation)).json() == vacation
    read = (await visit().get(f"{SCHEDULE}?since=2026-03-27T00:00:00Z&days=4")).json()
    assert read["vacation"] == vacation
    assert [one["state"] for one in read["occurrences"]] == ["vacation", "cancelled"]
    assert (await ada.delete(f"{SCHEDULE}/vacation")).status_code == 204
    assert (await ada.delete(f"{SCHEDULE}/{entry['id']}")).status_code == 204
    gone = await ada.delete(f"{SCHEDULE}/{entry['id']}")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/no-such-show")
    assert (await visit().get(SCHEDULE)).json() == {"entries": [], "vacation": None, "occurrences": []}


async def test_a_show_that_was_changed_meanwhile_is_not_changed_or_removed(ada: httpx.AsyncClient) -> None:
    made = await ada.post(SCHEDULE, json=SHOW)
    address, first = f"{SCHEDULE}/{made.json()['id']}", {"If-Match": made.headers["etag"]}
    changed = await ada.patch(address, json={"title": "Drawing", "category": "art"}, headers=first)
    assert changed.status_code == 200
    for refused in (
        await ada.patch(address, json={"title": "Singing"}, headers=first),
        await ada.delete(address, headers=first),
        await ada.delete(address, headers={"If-Match": 'W/"2-00000000"'}),
    ):
        assert (refused.status_code, refused.json()["type"]) == (412, "/problems/show-changed")
    malformed = await ada.delete(address, headers={"If-Match": "2"})
    assert (malformed.status_code, malformed.json()["type"]) == (400, "/problems/malformed-if-match")
    read = (await ada.get(f"{SCHEDULE}?since=2026-03-27T00:00:00Z&days=4")).json()
    (entry,) = read["entries"]
    assert (entry["title"], entry["etag"]) == ("Drawing", changed.headers["etag"])
    assert {(one["category"], one["category_slug"]) for one in read["occurrences"]} == {("Art", "art")}
    assert (await ada.delete(address, headers={"If-Match": entry["etag"]})).status_code == 204


async def test_a_repetition_is_ended_and_made_endless_again(ada: httpx.AsyncClient) -> None:
    entry = (await ada.post(SCHEDULE, json=SHOW)).json()
    address = f"{SCHEDULE}/{entry['id']}"
    assert (await ada.patch(address, json={"repeats_until": "2026-05-01"})).json()["repeats_until"] == (
        "2026-05-01"
    )
    assert (await ada.patch(address, json={"title": "Drawing"})).json()["repeats_until"] == "2026-05-01"
    assert (await ada.patch(address, json={"repeats_until": None})).json()["repeats_until"] is None


async def test_the_calendar_feed(visit, ada: httpx.AsyncClient) -> None:
    entry = (await ada.post(SCHEDULE, json=SHOW)).json()
    browser = visit()
    answer = await browser.get(f"{SCHEDULE}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=300"
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Painting; the sea"
    assert str(event["UID"]).replace("-", "") == entry["id"].removeprefix("sch_")
    assert str(event["URL"]) == "http://live.example/ada"
    assert event["DTSTART"].dt.replace(tzinfo=None) == datetime.fromisoformat(SHOW["starts_at"])
    again = await browser.get(f"{SCHEDULE}.ics", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await browser.get("/api/v1/channels/nobody/schedule.ics")).status_code == 404


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"time_zone": "Europe/Atlantis"}, "no-such-time-zone"),
        ({"starts_at": "2026-03-27T02:30Z"}, "invalid-request"),
        ({"starts_at": "2026-03-27T02:30:30"}, "malformed-start"),
        ({"duration_min": 4}, "invalid-request"),
        ({"repeats_on": ["someday"]}, "invalid-request"),
        ({"repeats_on": [], "repeats_until": "2026-05-01"}, "malformed-repetition"),
        ({"cancelled": ["2026-03-28"]}, "not-on-that-day"),
        ({"title": "  "}, "title-missing"),
        ({"title": "x" * 141}, "title-too-long"),
    ],
)
async def test_what_cannot_be_planned(ada: httpx.AsyncClient, change: dict[str, object], slug: str) -> None:
    answer = await ada.post(SCHEDULE, json=SHOW | change)
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}")


async def test_only_those_who_may_write(visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    entry = (await ada.post(SCHEDULE, json=SHOW)).json()["id"]
    for browser, status in ((bob, 403), (visit(), 401)):
        assert (await browser.put(ABOUT, json={"description": "mine"})).status_code == status
        assert (await browser.post(SCHEDULE, json=SHOW)).status_code == status
        assert (await browser.patch(f"{SCHEDULE}/{entry}", json={"title": "mine"})).status_code == status
        assert (await browser.delete(f"{SCHEDULE}/{entry}")).status_code == status
        assert (await browser.delete(f"{SCHEDULE}/vacation")).status_code == status


async def test_all_of_it_is_in_the_export(ada: httpx.AsyncClient) -> None:
    await ada.put(ABOUT, json={"description": "I *paint*."})
    await ada.post(SCHEDULE, json=SHOW)
    export = await ada.get("/api/v1/account/export")
    archive = zipfile.ZipFile(io.BytesIO(export.content))
    assert json.loads(archive.read("channel/about.json"))[0]["description"] == "I *paint*."
    assert json.loads(archive.read("channel/schedule.json"))[0]["time_zone"] == "Europe/Paris"


async def test_a_picture_of_a_panel_is_uploaded_first(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    sent = await ada.put(f"{ABOUT}/image", content=picture("PNG"))
    assert sent.status_code == 200, sent.text
    image = sent.json()["image"]
    assert (await ada.put(f"{ABOUT}/image", content=picture("PNG"))).json()["image"] == image
    assert (await ada.put(ABOUT, json={"panels": [{"image": image}]})).json()["panels"][0]["image"] == image
    assert (await visit().get(image)).headers["content-type"] == "image/webp"
    assert (await ada.put(f"{ABOUT}/image", content=b"<svg/>")).status_code == 422
    assert (await bob.put(f"{ABOUT}/image", content=picture("PNG"))).status_code == 403
    assert (await visit().put(f"{ABOUT}/image", content=picture("PNG"))).status_code == 401

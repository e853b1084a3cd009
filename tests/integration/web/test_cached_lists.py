"""Lists of channels through the cache: who changes something is shown it at once, and no list says more to
one than to another. The clock stands still: nothing of the cache grows old, and no event is heard here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.integration.web.conftest import Visit, sign_up

from cpc.cache.cached_reads import CachedReads
from cpc.cache.lmdb_cache import LmdbCache
from cpc.cache.testing import RecordedCounts
from cpc.kernel.clock import FakeClock
from livehouse.main.wiring.cache import build_list_reads

LIST = "/api/v1/channels"


@pytest.fixture
def counts() -> RecordedCounts:
    return RecordedCounts()


@pytest.fixture
def list_reads(tmp_path: Path, clock: FakeClock, counts: RecordedCounts) -> Iterator[CachedReads]:
    cache = LmdbCache(tmp_path / "cache")
    yield build_list_reads(cache, clock, counts)
    cache.close()


async def kept(browser: httpx.AsyncClient, clock: FakeClock, counts: RecordedCounts) -> list[str]:
    """What a list says, the second time from the cache."""
    clock.advance(timedelta(milliseconds=1))  # what was given up in this millisecond is not kept
    first = await browser.get(LIST)
    counts.seen.clear()
    second = await browser.get(LIST)
    assert counts.seen == ["hit"]
    assert first.json() == second.json()
    return [f"{card['name']}: {card['title']}" for card in second.json()["channels"]]


async def test_who_changes_a_channel_sees_it_in_lists_at_once(
    ada: httpx.AsyncClient, root: httpx.AsyncClient, visit: Visit, clock: FakeClock, counts: RecordedCounts
) -> None:
    stranger = visit()
    assert (await ada.patch(f"{LIST}/ada", json={"title": "Painting"})).status_code == 200
    others = [card for card in await kept(stranger, clock, counts) if not card.startswith("ada")]

    async def of_ada() -> list[str]:
        return [card for card in await kept(stranger, clock, counts) if card not in others]

    assert await of_ada() == ["ada: Painting"]
    for changed, shown in (
        ({"title": "Singing"}, ["ada: Singing"]),
        ({"privacy": "unlisted"}, []),
        ({"privacy": "members_only"}, ["ada: Singing"]),
    ):
        assert (await ada.patch(f"{LIST}/ada", json=changed)).status_code == 200
        assert await of_ada() == shown
    suspension = "/api/v1/administration/channels/ada/suspension"
    assert (await root.put(suspension, json={"reason": "spam"})).status_code == 200
    assert await of_ada() == []
    assert (await root.delete(suspension, params={"reason": "a mistake"})).status_code == 204
    assert await of_ada() == ["ada: Singing"]
    assert (await ada.post(f"{LIST}/ada/rename", json={"new_name": "lovelace"})).status_code == 200
    assert await of_ada() == ["lovelace: Singing"]


async def test_lists_say_the_same_to_everybody(
    ada: httpx.AsyncClient, root: httpx.AsyncClient, visit: Visit, clock: FakeClock, counts: RecordedCounts
) -> None:
    await sign_up(visit(), "grace")
    assert (await ada.patch(f"{LIST}/ada", json={"privacy": "unlisted"})).status_code == 200
    for first, others in ((ada, (root, visit())), (visit(), (ada, root))):
        clock.advance(timedelta(minutes=1))
        shown = (await first.get(LIST)).json()
        assert "ada" not in {card["name"] for card in shown["channels"]}
        counts.seen.clear()
        for other in others:
            assert (await other.get(LIST)).json() == shown
        assert counts.seen == ["hit", "hit"]


async def test_a_kept_page_leads_to_the_next_one(
    ada: httpx.AsyncClient, visit: Visit, clock: FakeClock, counts: RecordedCounts
) -> None:
    await sign_up(visit(), "grace")
    stranger = visit()
    clock.advance(timedelta(milliseconds=1))
    pages = [await stranger.get(LIST, params={"limit": 1}) for _ in range(2)]
    assert counts.seen[-2:] == ["miss", "hit"]
    links = [page.links["next"]["url"] for page in pages]
    assert links[0] == links[1]
    counts.seen.clear()
    following = await stranger.get(links[0])
    assert following.json()["channels"] != pages[0].json()["channels"]
    assert counts.seen == [], "pages further on are read anew"

"""Tiers, subscriptions and payments over HTTP; two tabs, two confirmations, two workers at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.social import build_pass_time
from livehouse.social.application.keep_subscriptions import PassTime

pytestmark = pytest.mark.integration

ADA = "/api/v1/channels/ada"
GOLD = {
    "name": "Gold",
    "price": {"amount": 1000, "currency": "EUR"},
    "benefits": [
        {"kind": "badge", "months": [1, 3, 6]},
        {"kind": "emote_slots", "slots": 5},
        {"kind": "members_only_chat"},
        {"kind": "custom", "text": "A postcard"},
    ],
}


async def offer(ada: httpx.AsyncClient, **changes: object) -> str:
    answer = await ada.post(f"{ADA}/tiers", json={**GOLD, **changes})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
async def pass_time(database_url: str, clock: FakeClock) -> AsyncIterator[PassTime]:
    engine = build_engine(database_url)
    channels = build_channel(engine, clock, UuidV7Ids(clock)).find_channels
    yield build_pass_time(engine, channels, clock, UuidV7Ids(clock))
    await engine.dispose()


async def test_from_a_tier_to_a_supporter(ada: httpx.AsyncClient, bob: httpx.AsyncClient, visit) -> None:
    tier_id = await offer(ada)
    (tier,) = (await visit().get(f"{ADA}/tiers")).json()["tiers"]
    assert tier == {**GOLD, "id": tier_id, "is_offered": True}
    assert (await bob.get(f"{ADA}/relationship")).json()["subscription"] is None
    asked = await bob.post(f"{ADA}/subscription", json={"tier_id": tier_id})
    assert asked.status_code == 200, asked.text
    payment = asked.json()["payment"]
    assert (asked.json()["state"], payment["state"]) == ("pending", "pending")
    assert (payment["amount"], payment["provider"]) == ({"amount": 1000, "currency": "EUR"}, "manual")
    (waiting,) = (await ada.get(f"{ADA}/payments", params={"state": "pending"})).json()["payments"]
    assert (waiting["account"], waiting["tier_name"], waiting["id"]) == ("bob", "Gold", payment["id"])
    for _ in range(2):
        confirmed = await ada.post(f"{ADA}/payments/{payment['id']}/confirm")
        assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    relationship = (await bob.get(f"{ADA}/relationship")).json()
    assert relationship["roles"] == ["paid subscriber"]
    subscription = relationship["subscription"]
    assert (subscription["state"], subscription["months"], subscription["streak"]) == ("active", 1, 1)
    assert subscription["paid_until"] == "2026-02-01T00:00:00Z"
    (supporter,) = (await ada.get(f"{ADA}/supporters")).json()["supporters"]
    assert (supporter["name"], supporter["tier"]["name"]) == ("bob", "Gold")
    dear = await offer(ada, name="Dear", price={"amount": 2000, "currency": "EUR"})
    changed = await bob.patch(f"{ADA}/subscription", json={"tier_id": dear})
    assert changed.json()["payment"]["kind"] == "upgrade"
    cancelled = await bob.delete(f"{ADA}/subscription")
    assert (cancelled.json()["state"], cancelled.json()["payment"]) == ("cancelled", None)
    (mine,) = (await bob.get("/api/v1/me/subscriptions")).json()["subscriptions"]
    assert (mine["channel"], mine["state"]) == ("ada", "cancelled")


async def test_a_tier_opens_of_a_members_only_channel_what_it_has(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, visit
) -> None:
    tier_id = await offer(ada)
    await offer(ada, name="Ruby", benefits=[{"kind": "members_only_broadcasts"}])
    changed = await ada.patch(ADA, json={"privacy": "members_only"})
    assert changed.status_code == 200, changed.text
    history = f"{ADA}/chat/messages"
    refused = await visit().get(history)
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/sign-in-required")
    refused = await bob.get(history)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/members-only")
    assert refused.json()["detail"].endswith("Its tier 'Gold' opens it.")
    granted = await ada.post(f"{ADA}/supporters", json={"account": "bob", "tier_id": tier_id, "months": 1})
    assert (granted.status_code, granted.json()["state"]) == (201, "cancelled")
    assert (await bob.get(history)).status_code == 200
    assert (await ada.get(history)).status_code == 200
    broadcasts = f"{ADA}/playback-token"
    refused = await bob.post(broadcasts)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/members-only")
    assert refused.json()["detail"].endswith("Its tier 'Ruby' opens them.")
    more = [*GOLD["benefits"], {"kind": "members_only_broadcasts"}]
    assert (await ada.patch(f"{ADA}/tiers/{tier_id}", json={"benefits": more})).is_success
    assert (await bob.post(broadcasts)).status_code == 200


async def test_no_money_goes_to_the_suspended_or_comes_from_the_blocked(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, root: httpx.AsyncClient
) -> None:
    gold, dear = await offer(ada), await offer(ada, name="Dear", price={"amount": 2000, "currency": "EUR"})
    assert (await bob.post(f"{ADA}/subscription", json={"tier_id": gold})).status_code == 200

    async def refused() -> set[tuple[int, str]]:
        answers = (
            await bob.post(f"{ADA}/subscription", json={"tier_id": gold}),
            await bob.patch(f"{ADA}/subscription", json={"tier_id": dear}),
        )
        return {(answer.status_code, answer.json().get("type", "")) for answer in answers}

    suspension = "/api/v1/administration/accounts/ada/suspension"
    assert (await root.put(suspension, json={"reason": "fraud"})).status_code == 200
    assert await refused() == {(403, "/problems/channel-suspended")}
    assert (await root.delete(suspension, params={"reason": "none"})).status_code == 204
    assert (await ada.put("/api/v1/account/blocks/bob")).status_code == 204
    assert await refused() == {(403, "/problems/support-refused")}
    assert (await bob.delete(f"{ADA}/subscription")).status_code == 200, "what runs can be cancelled"
    assert (await ada.delete("/api/v1/account/blocks/bob")).status_code == 204
    assert (await bob.post(f"{ADA}/subscription", json={"tier_id": dear})).status_code == 200


async def test_refusals_are_problems(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    tier_id = await offer(ada)
    unknown = "tir_" + "0" * 32
    refusals = [
        (await bob.post(f"{ADA}/tiers", json=GOLD), 403, "not-allowed"),
        (await ada.post(f"{ADA}/tiers", json=GOLD), 409, "tier-name-taken"),
        (
            await ada.post(f"{ADA}/tiers", json={**GOLD, "price": {"amount": 4.99, "currency": "EUR"}}),
            400,
            "invalid-request",
        ),
        (
            await ada.post(f"{ADA}/tiers", json={**GOLD, "price": {"amount": 1, "currency": "DOG"}}),
            400,
            "unknown-currency",
        ),
        (
            await ada.post(f"{ADA}/tiers", json={**GOLD, "benefits": [{"kind": "badge", "months": []}]}),
            400,
            "malformed-benefit",
        ),
        (await bob.post(f"{ADA}/subscription", json={"tier_id": unknown}), 404, "no-such-tier"),
        (await bob.post(f"{ADA}/subscription", json={"tier_id": "gold"}), 400, "malformed-id"),
        (await ada.post(f"{ADA}/subscription", json={"tier_id": tier_id}), 409, "own-channel"),
        (await bob.delete(f"{ADA}/subscription"), 404, "no-subscription"),
        (await bob.get(f"{ADA}/payments"), 403, "not-allowed"),
        (await ada.post(f"{ADA}/payments/pay_{'0' * 32}/confirm"), 404, "no-such-payment"),
        (await ada.get(f"{ADA}/payments", params={"state": "lost"}), 400, "invalid-request"),
    ]
    for answer, status, slug in refusals:
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text


async def test_two_tabs_take_a_tier_once(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    tier_id = await offer(ada)
    answers = await asyncio.gather(
        *(bob.post(f"{ADA}/subscription", json={"tier_id": tier_id}) for _ in range(6))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["payment"]["id"] for answer in answers}) == 1
    assert len((await ada.get(f"{ADA}/payments")).json()["payments"]) == 1


async def test_of_two_tabs_with_two_tiers_one_wins(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    tiers = [await offer(ada), await offer(ada, name="Silver")]
    answers = await asyncio.gather(
        *(bob.post(f"{ADA}/subscription", json={"tier_id": tiers[n % 2]}) for n in range(6))
    )
    lost = [answer for answer in answers if answer.status_code == 409]
    assert len(lost) == 3
    assert {answer.json()["type"] for answer in lost} == {"/problems/payment-pending"}
    assert len((await ada.get(f"{ADA}/payments")).json()["payments"]) == 1


async def test_a_payment_is_settled_once(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    tier_id = await offer(ada)
    asked = await bob.post(f"{ADA}/subscription", json={"tier_id": tier_id})
    payment = f"{ADA}/payments/{asked.json()['payment']['id']}"
    answers = await asyncio.gather(
        *(ada.post(f"{payment}/{word}") for word in ("confirm", "refuse", "confirm", "refuse"))
    )
    by_word = [answers[0::2], answers[1::2]]
    won = [pair for pair in by_word if pair[0].status_code == 200]
    (lost,) = [pair for pair in by_word if pair[0].status_code == 409]
    assert [answer.status_code for answer in won[0]] == [200, 200]
    assert [answer.json()["type"] for answer in lost] == ["/problems/payment-settled"] * 2
    months = (await bob.get(f"{ADA}/relationship")).json()["subscription"]["months"]
    assert months == (1 if won[0] is by_word[0] else 0)


async def test_many_tiers_at_once_are_no_more_than_five(ada: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(ada.post(f"{ADA}/tiers", json={**GOLD, "name": f"Tier {n}"}) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 3


async def test_two_workers_ask_for_one_renewal(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock, pass_time: PassTime
) -> None:
    tier_id = await offer(ada)
    asked = await bob.post(f"{ADA}/subscription", json={"tier_id": tier_id})
    await ada.post(f"{ADA}/payments/{asked.json()['payment']['id']}/confirm")
    assert not await pass_time()
    clock.advance(timedelta(days=25))
    found = await asyncio.gather(*(pass_time() for _ in range(4)))
    assert found.count(True) == 1
    (waiting,) = (await ada.get(f"{ADA}/payments", params={"state": "pending"})).json()["payments"]
    assert waiting["kind"] == "renewal"
    clock.advance(timedelta(days=9))
    assert sum(await asyncio.gather(*(pass_time() for _ in range(4)))) == 1
    login = {"name": "bob", "password": "correct horse battery"}  # the one before is too old by now
    assert (await bob.post("/api/v1/session", json=login)).is_success
    assert (await bob.get(f"{ADA}/relationship")).json()["subscription"]["state"] == "ended"

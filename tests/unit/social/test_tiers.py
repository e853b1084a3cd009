"""What a channel offers its supporters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.social.stage import ADA, CHANNEL, EVE, Stage

from cpc.kernel.errors import Conflict, Invalid, NotFound
from livehouse.access.contract import Entitlement
from livehouse.accounts.contract import ANONYMOUS, Actor
from livehouse.social.application import personal_data
from livehouse.social.domain.money import CURRENCIES, MAX_AMOUNT, Money
from livehouse.social.domain.tier import (
    MAX_CUSTOM_BENEFITS,
    MAX_PRICE,
    Benefit,
    BenefitKind,
    badge_months,
    checked_benefits,
    entitlements_of,
    tier_name,
    tier_price,
)

GOOD = (
    Benefit(BenefitKind.BADGE, months=(1, 3, 12)),
    Benefit(BenefitKind.EMOTE_SLOTS, slots=5),
    Benefit(BenefitKind.MEMBERS_ONLY_CHAT),
    Benefit(BenefitKind.CUSTOM, text="A postcard"),
    Benefit(BenefitKind.CUSTOM, text="A song"),
)


async def test_tiers_are_listed_the_cheapest_first_and_withdrawn_ones_not() -> None:
    stage = Stage()
    gold = await stage.tier("Gold", 1000)
    silver = await stage.tier("Silver", 500)
    await stage.change_tier(ADA, "ada", str(silver.id), benefits=GOOD)
    assert await stage.list_tiers(ANONYMOUS, "ada") == [replace(silver, benefits=GOOD), gold]
    await stage.withdraw_tier(ADA, "ada", str(silver.id))
    assert await stage.list_tiers(ANONYMOUS, "ada") == [gold]
    for call in (stage.change_tier, stage.withdraw_tier):
        with pytest.raises(NotFound) as refused:
            await call(ADA, "ada", str(silver.id))
        assert refused.value.slug == "no-such-tier"
    with pytest.raises(NotFound):
        await stage.take(EVE, "ada", str(silver.id))
    with pytest.raises(Invalid):
        await stage.take(EVE, "ada", "gold")


async def test_the_tiers_that_open_something_are_named_the_cheapest_first() -> None:
    stage = Stage()
    chat = (Benefit(BenefitKind.MEMBERS_ONLY_CHAT),)
    await stage.tier("Gold", 1000, chat)
    gone = await stage.tier("Old", 100, chat)
    await stage.withdraw_tier(ADA, "ada", str(gone.id))
    await stage.tier("Bronze", 200, [Benefit(BenefitKind.REPLAYS)])
    await stage.tier("Silver", 500, chat)
    assert await stage.supporters.tiers_with(CHANNEL.id, Entitlement.CHAT) == ["Silver", "Gold"]
    assert await stage.supporters.tiers_with(CHANNEL.id, Entitlement.BROADCASTS) == []


def test_every_entitlement_is_a_benefit_of_the_same_name() -> None:
    every = [Benefit(BenefitKind(entitlement.value)) for entitlement in Entitlement]
    assert entitlements_of(every) == set(Entitlement)
    assert entitlements_of(GOOD) == {Entitlement.CHAT}


@given(st.sets(st.integers(1, 120), min_size=1, max_size=12), st.integers(0, 150))
def test_a_badge_is_the_last_one_reached(months: set[int], now: int) -> None:
    badge = Benefit(BenefitKind.BADGE, months=tuple(sorted(months)))
    found = badge_months([Benefit(BenefitKind.REPLAYS), badge], now)
    if found is None:
        assert now < min(months)
    else:
        assert found in months
        assert not [at for at in months if found < at <= now]
    assert badge_months([Benefit(BenefitKind.REPLAYS)], now) is None


async def test_five_tiers_one_currency_and_no_name_twice() -> None:
    stage = Stage()
    first = await stage.tier("Tier 0", 100)
    with pytest.raises(Conflict) as refused:
        await stage.tier("TIER  0")
    assert refused.value.slug == "tier-name-taken"
    with pytest.raises(Conflict) as refused:
        await stage.create_tier(ADA, "ada", name="Gold", price=Money(5, "USD"), benefits=())
    assert refused.value.slug == "other-currency"
    await stage.change_tier(ADA, "ada", str(first.id), price=Money(5, "USD"))
    await stage.change_tier(ADA, "ada", str(first.id), price=Money(5, "EUR"), name="tier 0")
    for number in range(1, 5):
        await stage.tier(f"Tier {number}")
    with pytest.raises(Conflict) as refused:
        await stage.tier("Tier 5")
    assert refused.value.slug == "too-many-tiers"


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u3164", "x" * 41])
def test_bad_names(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        tier_name(name)
    assert refused.value.slug == "malformed-tier-name"


@pytest.mark.parametrize(
    "benefit",
    [
        {"kind": BenefitKind.BADGE},
        {"kind": BenefitKind.BADGE, "months": (3, 1)},
        {"kind": BenefitKind.BADGE, "months": (1, 1)},
        {"kind": BenefitKind.BADGE, "months": (0, 1)},
        {"kind": BenefitKind.BADGE, "months": (1, 121)},
        {"kind": BenefitKind.BADGE, "months": tuple(range(1, 14))},
        {"kind": BenefitKind.EMOTE_SLOTS},
        {"kind": BenefitKind.EMOTE_SLOTS, "slots": 61},
        {"kind": BenefitKind.CUSTOM},
        {"kind": BenefitKind.CUSTOM, "text": "x" * 121},
    ],
)
def test_bad_benefits(benefit: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        Benefit(**benefit)  # type: ignore[arg-type]
    assert refused.value.slug == "malformed-benefit"


def test_each_kind_once_but_custom_ones() -> None:
    assert checked_benefits(GOOD) == GOOD
    with pytest.raises(Invalid):
        checked_benefits((*GOOD, Benefit(BenefitKind.REPLAYS), Benefit(BenefitKind.REPLAYS)))
    with pytest.raises(Invalid):
        checked_benefits([Benefit(BenefitKind.CUSTOM, text="x")] * (MAX_CUSTOM_BENEFITS + 1))


def test_texts_of_custom_benefits_are_one_line_of_what_can_be_seen() -> None:
    (kept,) = checked_benefits([Benefit(BenefitKind.CUSTOM, text=" a \n b\u202e\u0007c\0 ")])
    assert kept.text == "a bc"
    for text in (" ", "\n", "\u202e\u0007"):
        with pytest.raises(Invalid) as refused:
            checked_benefits([Benefit(BenefitKind.CUSTOM, text=text)])
        assert refused.value.slug == "malformed-benefit"


def test_money_is_whole_units_of_a_real_currency() -> None:
    assert {"EUR", "USD", "JPY", "CHF"} <= CURRENCIES
    assert [str(Money(amount, currency)) for amount, currency in (
        (4997, "EUR"), (5, "EUR"), (0, "USD"), (4997, "JPY"), (0, "JPY"), (1, "KWD"), (MAX_AMOUNT, "EUR"),
    )] == [
        "49.97 EUR", "0.05 EUR", "0.00 USD", "4997 JPY", "0 JPY", "0.001 KWD", "10000000000.00 EUR",
    ]  # fmt: skip
    for amount, currency, slug in (
        (-1, "EUR", "amount-range"),
        (MAX_AMOUNT + 1, "EUR", "amount-range"),
        (1, "eur", "unknown-currency"),
        (1, "XXX", "unknown-currency"),
    ):
        with pytest.raises(Invalid) as refused:
            Money(amount, currency)
        assert refused.value.slug == slug
    with pytest.raises(Invalid) as refused:
        tier_price(Money(MAX_PRICE + 1, "EUR"))
    assert refused.value.slug == "price-range"


async def test_the_owner_takes_home_the_tiers_and_those_that_were_withdrawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(personal_data, "MAX_PAGE", 2)
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier("Gold", 500, [Benefit(BenefitKind.CUSTOM, text="A postcard")])
    withdrawn = [await stage.tier(name, 900) for name in ("Silver", "Tin", "Lead")]
    for one, supporter in zip(withdrawn, ("bob", "eve", "moderates"), strict=True):
        await stage.grant(ADA, "ada", supporter, str(one.id), 1)
        await stage.withdraw_tier(ADA, "ada", str(one.id))

    async def taken_home(actor: Actor) -> list[Mapping[str, object]]:
        files = stage.personal_data.of(actor.require_account())
        (tiers,) = (file for file in files if file.name == "social/tiers")
        return [record async for record in tiers.records]

    record, *others = await taken_home(ADA)
    assert (record["id"], record["amount"], record["currency"]) == (str(tier.id), 500, "EUR")
    assert record["benefits"] == [{"kind": "custom", "months": [], "slots": 0, "text": "A postcard"}]
    assert record["withdrawn_at"] is None
    assert {one["name"] for one in others} == {one.name for one in withdrawn}
    assert len(others) == len(withdrawn)
    assert all(one["withdrawn_at"] for one in others)
    assert await taken_home(EVE) == []

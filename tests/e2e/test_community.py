"""People among themselves, all of it in the page: an account with a confirmed address, a channel for members
only, a follow, a tier that is taken and confirmed, and a stream that opens to whoever became a member.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.accessibility import keeps_the_rules_of_wcag
from tests.e2e.browsers import RealBrowser
from tests.e2e.encoders import FilmEncoder
from tests.e2e.letter_box import LetterBox
from tests.e2e.measuring import likeness_to_the_film
from tests.e2e.pages import ChannelPage, sign_out, sign_up
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

# Mails wait for the worker, payments for the page's next question, all on a machine with other work.
PATIENCE_MS = 60_000


@pytest.fixture
def box() -> Iterator[LetterBox]:
    with LetterBox() as opened:
        yield opened


@pytest.fixture
def mailing_node(make_node: Callable[..., RunningNode], box: LetterBox) -> RunningNode:
    node = make_node(*box.flags)
    node.start()
    return node


@pytest.mark.timeout(420)
def test_members_see_what_others_do_not(
    mailing_node: RunningNode, box: LetterBox, viewer: RealBrowser
) -> None:
    node = mailing_node
    owner, fan, stranger = (
        _newcomer(node, box, viewer, name) for name in ("stage_owner", "great_fan", "passer_by")
    )
    _set_up_channel(owner, node.url)
    _offer_tier(owner, node.url, "Gold", "4.99")
    stream_key = _make_stream_key(owner, node.url)

    watching = ChannelPage(fan)
    fan.goto(f"{node.url}/stage_owner")
    expect(fan.get_by_test_id("channel-title")).to_have_text("For the members", timeout=PATIENCE_MS)
    fan.get_by_test_id("follow").click()
    expect(fan.get_by_test_id("follower-count")).to_have_text(re.compile(r"1\s+follower"))
    expect(fan.get_by_test_id("unfollow")).to_be_visible()
    reference = _take_tier(fan, "Gold")

    with FilmEncoder(f"{node.url}/whip", stream_key):
        eventually(lambda: node.channel("stage_owner")["broadcast"], within_s=60)
        passing = ChannelPage(stranger)
        stranger.goto(f"{node.url}/stage_owner")
        passing.wait_for_state("refused")
        # Asking for a tier is not having it.
        watching.wait_for_state("refused")

        _confirm_payment(owner, node.url, "great_fan", reference)
        expect(fan.get_by_test_id("subscribe")).to_have_text(
            re.compile(r"^\s*Subscribed\s*$"), timeout=PATIENCE_MS
        )
        watching.wait_until_playing()
        eventually(lambda: likeness_to_the_film(watching.video) > 0.9, within_s=60)

        # Who is no member stays outside, with the page they have open and with a new one.
        expect(passing.player_state).to_have_attribute("data-state", "refused")
        stranger.reload()
        passing.wait_for_state("refused")
        expect(stranger.get_by_test_id("player-refused")).to_be_visible()
        _chat_is_shut(stranger, "members-only", "Its tier 'Gold' opens it.")

    # The door opens by itself to who has become a member.
    expect(fan.get_by_test_id("chat-refused")).to_be_hidden(timeout=PATIENCE_MS)
    watching.say("good to be in")
    expect(watching.line("good to be in")).to_be_visible()

    sign_out(stranger)
    stranger.goto(f"{node.url}/stage_owner")
    _chat_is_shut(stranger, "sign-in-required", "Its tier 'Gold' opens it.")
    expect(stranger.get_by_test_id("player-offline")).to_contain_text("for members of the channel")
    keeps_the_rules_of_wcag(stranger)
    stranger.get_by_test_id("chat-sign-in").click()
    stranger.wait_for_url("**/sign-in?next=%2Fstage_owner")

    _follows(fan, node.url, "stage_owner")
    for page in (owner, fan, stranger):
        page.context.close()


def _newcomer(node: RunningNode, box: LetterBox, browser: RealBrowser, name: str) -> Page:
    """Signs up, and follows the link of the mail that comes."""
    page = browser.open()
    sign_up(page, node.url, name, mail=f"{name}@example.org")
    page.goto(box.link_to(f"{name}@example.org", "/confirm-mail"))
    expect(page.get_by_test_id("mail-confirmed")).to_contain_text(name, timeout=PATIENCE_MS)
    return page


def _set_up_channel(page: Page, url: str) -> None:
    page.goto(f"{url}/studio/channel")
    page.get_by_test_id("settings-title").fill("For the members")
    page.get_by_test_id("settings-privacy-members_only").check()
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_role("status").get_by_text("Saved", exact=True)).to_be_visible(timeout=PATIENCE_MS)


def _offer_tier(page: Page, url: str, name: str, price: str) -> None:
    page.goto(f"{url}/studio/community/tiers")
    page.get_by_test_id("tier-new").click()
    page.get_by_test_id("tier-name").fill(name)
    page.get_by_test_id("tier-price").fill(price)
    page.get_by_test_id("benefit-custom").fill("A postcard from the tour")
    page.get_by_test_id("tier-save").click()
    offered = page.get_by_test_id("own-tier").filter(has_text=name)
    expect(offered).to_contain_text("4.99", timeout=PATIENCE_MS)
    expect(offered).to_contain_text("A postcard from the tour")
    keeps_the_rules_of_wcag(page)


def _chat_is_shut(page: Page, reason: str, words: str) -> None:
    refused = page.get_by_test_id("chat-refused")
    expect(refused).to_have_attribute("data-reason", reason, timeout=PATIENCE_MS)
    expect(refused).to_contain_text(words)
    expect(page.get_by_test_id("chat-input")).to_be_hidden()
    expect(page.get_by_test_id("chat-lines")).to_be_hidden()
    expect(page.get_by_test_id("members-only")).to_be_visible()


def _make_stream_key(page: Page, url: str) -> str:
    page.goto(f"{url}/studio/channel/keys")
    page.get_by_test_id("stream-key-name").fill("Encoder")
    page.get_by_test_id("stream-key-create").click()
    return page.get_by_test_id("stream-key-secret").input_value(timeout=PATIENCE_MS)


def _take_tier(page: Page, name: str) -> str:
    """What to name in paying."""
    page.get_by_test_id("subscribe").click()
    dialog = page.get_by_test_id("subscription-dialog")
    dialog.get_by_test_id("tier").filter(has_text=name).click()
    dialog.get_by_test_id("subscription-act").click()
    expect(dialog.get_by_test_id("subscription-state")).to_have_attribute(
        "data-state", "pending", timeout=PATIENCE_MS
    )
    reference = dialog.get_by_test_id("payment-reference").input_value()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return reference


def _confirm_payment(page: Page, url: str, account: str, reference: str) -> None:
    page.goto(f"{url}/studio/community")
    payment = page.get_by_test_id("payment").filter(has_text=reference)
    expect(payment).to_contain_text(account, timeout=PATIENCE_MS)
    keeps_the_rules_of_wcag(page)
    payment.get_by_test_id("payment-confirm").click()
    expect(page.get_by_test_id("supporter").filter(has_text=account)).to_contain_text(
        "Gold", timeout=PATIENCE_MS
    )
    expect(page.get_by_test_id("payments-empty")).to_be_visible()


def _follows(page: Page, url: str, channel: str) -> None:
    page.goto(f"{url}/following")
    shown = page.locator(f'main [data-channel="{channel}"]')
    expect(shown).to_be_visible(timeout=PATIENCE_MS)
    page.goto(f"{url}/subscriptions")
    expect(page.get_by_test_id("subscription")).to_have_attribute("data-state", "active", timeout=PATIENCE_MS)

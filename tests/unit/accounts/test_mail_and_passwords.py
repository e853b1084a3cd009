"""Confirming an address, changing it, and forgotten passwords; a worker sends the mails."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest
from tests.unit.accounts.stage import PASSWORD, Stage

from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from livehouse.access.contract import Action
from livehouse.accounts.application.reset_password import MAX_LINKS_OF_ADDRESS, MAX_RESETS_OF_ADDRESS
from livehouse.accounts.application.sign_in import MAX_TRIES_NAME, MAX_TRIES_NAME_AND_ADDRESS
from livehouse.accounts.application.throttle import MAX_MAILS_TO_ADDRESS, WINDOW_S
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.password import Password

HERE = "192.0.2.1"


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_going_live_and_chatting_wait_for_the_confirmation(stage: Stage) -> None:
    signed_in = await stage.sign_up("ada", PASSWORD, address=HERE, mail=" Ada@EXAMPLE.org ")
    actor = await stage.resolve(signed_in.token)
    assert not actor.is_confirmed
    with pytest.raises(Forbidden) as refused:
        stage.access.check(actor, Action.SEND_CHAT_MESSAGE)
    assert refused.value.slug == "mail-not-confirmed"
    token = await stage.link()
    (letter,) = stage.mailer.sent
    assert letter.recipient == MailAddress("Ada@example.org")
    assert f"https://live.example/confirm-mail#token={token}" in letter.text
    assert token in letter.html
    confirmed = await stage.confirm_mail(token)
    assert (confirmed.mail, confirmed.pending_mail) == (letter.recipient, None)
    stage.access.check(await stage.resolve(signed_in.token), Action.SEND_CHAT_MESSAGE)
    with pytest.raises(NotFound) as void:
        await stage.confirm_mail(token)
    assert void.value.slug == "link-void"


async def test_no_secret_lies_in_the_queue_or_the_database(stage: Stage) -> None:
    await stage.sign_up("ada", PASSWORD, address=HERE, mail="ada@example.org")
    queued = repr(stage.database.tables.mail_queue)
    token = await stage.link()
    assert "lho_" not in queued
    assert token not in repr(stage.database.tables)
    assert stage.database.tables.mail_queue == {}


async def test_a_node_that_sends_no_mail_asks_for_none() -> None:
    stage = Stage(sends_mail=False)
    signed_in = await stage.sign_up("ada", PASSWORD, address=HERE)
    assert (await stage.resolve(signed_in.token)).is_confirmed
    assert stage.database.tables.mail_queue == {}
    actor = await stage.resolve(signed_in.token)
    for refused in (
        stage.sign_up("bob", PASSWORD, address=HERE, mail="bob@example.org"),
        stage.request_reset("bob@example.org", address=HERE),
        stage.ask_for_mail.change(actor, "ada@example.org", PASSWORD),
    ):
        with pytest.raises(Invalid) as said:
            await refused
        assert said.value.slug == "no-mail-here"


async def test_a_node_that_sends_mail_asks_everybody_but_the_operator(stage: Stage) -> None:
    with pytest.raises(Invalid) as said:
        await stage.sign_up("ada", PASSWORD, address=HERE)
    assert said.value.slug == "mail-missing"
    by_operator = await stage.sign_up("demo", PASSWORD)
    assert (await stage.resolve(by_operator.token)).is_confirmed


@pytest.mark.parametrize(
    "mail",
    [
        "ada",
        "ada@localhost",
        "@example.org",
        "ada@example.org\r\nBcc: all@example.org",
        "ada@example.org\nSubject: free",
        "ada@exam ple.org",
        "ada@example.org, bob@example.org",
        "<ada@example.org>",
        '"a"@example.org',
        "ad\u00e4@example.org",
        "ada@ex\u212aample.org",
        "ada\x00@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b." * 130 + "org",
        "x" * 100_000,
    ],
)
async def test_what_is_no_address_is_refused(stage: Stage, mail: str) -> None:
    with pytest.raises(Invalid) as said:
        await stage.sign_up("ada", PASSWORD, address=HERE, mail=mail)
    assert said.value.slug == "malformed-mail"
    assert stage.database.tables.mail_queue == {}


async def test_links_run_out(stage: Stage) -> None:
    await stage.sign_up("ada", PASSWORD, address=HERE, mail="ada@example.org")
    token = await stage.link()
    stage.clock.advance(timedelta(days=1))
    for void in (token, "lho_", "lho_" + "x" * 43, "", "\u00e4", "lho_" + "x" * 1000):
        with pytest.raises(NotFound):
            await stage.confirm_mail(void)


async def test_a_changed_address_counts_once_it_is_confirmed_and_the_old_one_hears_of_it(
    stage: Stage,
) -> None:
    actor, _ = await stage.person()
    with pytest.raises(Forbidden) as wrong:
        await stage.ask_for_mail.change(actor, "new@example.org", "not my password")
    assert wrong.value.slug == "wrong-password"
    await stage.ask_for_mail.change(actor, "first@example.org", PASSWORD)
    overtaken = await stage.link()
    await stage.ask_for_mail.change(actor, "new@example.org", PASSWORD)
    assert (await stage.account(actor.account_id)).mail == MailAddress("ada@example.org")
    token = await stage.link()
    with pytest.raises(NotFound):
        await stage.confirm_mail(overtaken)
    await stage.confirm_mail(token)
    assert (await stage.account(actor.account_id)).mail == MailAddress("new@example.org")
    stage.mailer.sent.clear()
    while await stage.send_mail():
        pass
    (notice,) = stage.mailer.sent
    assert (notice.recipient, "changed" in notice.subject) == (MailAddress("ada@example.org"), True)


async def test_the_confirmation_is_sent_again_but_fills_no_letter_box(stage: Stage) -> None:
    signed_in = await stage.sign_up("ada", PASSWORD, address=HERE, mail="ada@example.org")
    actor = await stage.resolve(signed_in.token)
    for _ in range(MAX_MAILS_TO_ADDRESS - 1):  # signing up sent the first
        await stage.ask_for_mail.again(actor)
    with pytest.raises(RateLimited):
        await stage.ask_for_mail.again(actor)
    await stage.confirm_mail(await stage.link())
    with pytest.raises(Conflict) as nothing:
        await stage.ask_for_mail.again(actor)
    assert nothing.value.slug == "nothing-to-confirm"


async def test_a_forgotten_password_is_set_anew_and_everybody_else_is_out(stage: Stage) -> None:
    actor, token = await stage.person()
    stolen = await stage.create_access_token(actor, "stolen", ["chat:write"])
    await stage.request_reset("ADA@example.org", address=HERE)
    link = await stage.link()
    with pytest.raises(Invalid):
        await stage.reset_password(link, "short", address=HERE)
    with pytest.raises(Invalid):
        await stage.reset_password(link, "ada", address=HERE)
    await stage.reset_password(link, "another horse", address=HERE)
    for old in (token, stolen.secret):
        with pytest.raises(Unauthenticated):
            await stage.resolve(old)
    with pytest.raises(Unauthenticated):
        await stage.sign_in("ada", PASSWORD, address=HERE)
    await stage.sign_in("ada", "another horse", address=HERE)
    with pytest.raises(NotFound):
        await stage.reset_password(link, "a third horse", address=HERE)
    while await stage.send_mail():
        pass
    assert "password was changed" in stage.mailer.sent[-1].subject


async def test_a_confirmation_link_sets_no_password_and_the_other_way_round(stage: Stage) -> None:
    actor, _ = await stage.person()
    await stage.ask_for_mail.change(actor, "new@example.org", PASSWORD)
    confirmation = await stage.link()
    with pytest.raises(NotFound):
        await stage.reset_password(confirmation, "another horse", address=HERE)
    await stage.request_reset("ada@example.org", address=HERE)
    with pytest.raises(NotFound):
        await stage.confirm_mail(await stage.link())


async def test_asking_for_an_unknown_address_looks_and_costs_the_same(stage: Stage) -> None:
    await stage.person()
    work = []
    for mail in ("ada@example.org", "nobody@example.org"):
        before = len(stage.database.tables.mail_queue)
        answer = await stage.request_reset(mail, address=HERE)
        work.append((answer, len(stage.database.tables.mail_queue) - before))
    assert work == [(None, 1), (None, 1)]
    while await stage.send_mail():
        pass
    assert [letter.recipient.value for letter in stage.mailer.sent] == ["ada@example.org"]


async def test_all_accounts_of_an_address_are_in_one_letter(stage: Stage) -> None:
    await stage.person("ada", "both@example.org")
    await stage.person("bob", "Both@example.org")
    await stage.request_reset("both@example.org", address=HERE)
    while await stage.send_mail():
        pass
    (letter,) = stage.mailer.sent
    assert letter.text.count("#token=") == 2
    assert "'ada'" in letter.text
    assert "'bob'" in letter.text


async def test_nobody_is_flooded_with_resets(stage: Stage) -> None:
    for _ in range(MAX_MAILS_TO_ADDRESS):
        await stage.request_reset("ada@example.org", address=HERE)
    with pytest.raises(RateLimited):
        await stage.request_reset("ada@example.org", address="198.51.100.1")
    for number in range(MAX_RESETS_OF_ADDRESS):
        await stage.request_reset(f"person{number}@example.org", address="203.0.113.1")
    with pytest.raises(RateLimited):
        await stage.request_reset("one_more@example.org", address="203.0.113.1")


async def test_made_up_links_cost_no_hash_and_are_slowed_down(stage: Stage) -> None:
    """Hashing is what sign-ins wait for: whoever has no link that counts must not take its places."""
    hashed: list[str] = []
    hash_password = stage.hasher.hash

    async def counting(password: Password) -> str:
        hashed.append(password.text)
        return await hash_password(password)

    await stage.person()
    await stage.request_reset("ada@example.org", address=HERE)
    link = await stage.link()
    stage.hasher.hash = counting  # type: ignore[method-assign]
    for number in range(MAX_LINKS_OF_ADDRESS):
        with pytest.raises(NotFound):
            await stage.reset_password(f"lho_{number:043}", "another horse", address=HERE)
    with pytest.raises(RateLimited) as throttled:
        await stage.reset_password(link, "another horse", address=HERE)
    assert throttled.value.slug == "too-many-tries"
    assert hashed == []
    await stage.reset_password(link, "another horse", address="203.0.113.1")
    assert hashed == ["another horse"]


async def test_of_two_who_follow_a_link_at_once_one_sets_the_password(stage: Stage) -> None:
    await stage.person()
    await stage.request_reset("ada@example.org", address=HERE)
    link = await stage.link()
    both_looked = asyncio.Barrier(2)
    hash_password = stage.hasher.hash

    async def hash_later(password: Password) -> str:
        await both_looked.wait()
        return await hash_password(password)

    stage.hasher.hash = hash_later  # type: ignore[method-assign]
    answers = await asyncio.gather(
        *(stage.reset_password(link, f"horse number {one}", address=HERE) for one in "ab"),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["NotFound", "str"]


async def test_who_sets_a_new_password_gets_in_though_others_guess(stage: Stage) -> None:
    await stage.person()
    for _ in range(MAX_TRIES_NAME_AND_ADDRESS):
        with pytest.raises(Unauthenticated):
            await stage.sign_in("ada", "forgotten", address=HERE)
    for number in range(MAX_TRIES_NAME):
        with contextlib.suppress(Unauthenticated, RateLimited):
            await stage.sign_in("ada", "guess", address=f"198.51.100.{number}")
    with pytest.raises(RateLimited):
        await stage.sign_in("ada", PASSWORD, address="203.0.113.1")
    await stage.request_reset("ada@example.org", address=HERE)
    device = await stage.reset_password(await stage.link(), "another horse", address=HERE)
    await stage.sign_in("ada", "another horse", address=HERE)
    for number in range(2 * MAX_TRIES_NAME):
        with contextlib.suppress(Unauthenticated, RateLimited):
            await stage.sign_in("ada", "guess", address=f"198.51.100.{number}")
    with pytest.raises(RateLimited):
        await stage.sign_in("ada", "another horse", address="203.0.113.1")
    await stage.sign_in("ada", "another horse", address=HERE, device=device)


async def test_sign_ups_fill_no_letter_box(stage: Stage) -> None:
    for number in range(12):
        await stage.sign_up(f"person_{number}", PASSWORD, address=HERE, mail="Victim@example.org")
    assert len(stage.database.tables.accounts) == 12, "the account is opened all the same"
    while await stage.send_mail():
        pass
    assert len(stage.mailer.sent) == MAX_MAILS_TO_ADDRESS
    with pytest.raises(RateLimited):
        await stage.request_reset("victim@example.org", address="203.0.113.1")
    stage.clock.advance(timedelta(seconds=WINDOW_S))
    late = await stage.sign_in("person_11", PASSWORD, address=HERE)
    await stage.ask_for_mail.again(await stage.resolve(late.token))
    assert (await stage.confirm_mail(await stage.link())).name.value == "person_11"


async def test_a_password_is_changed_by_the_old_one_and_other_logins_end(stage: Stage) -> None:
    actor, token = await stage.person()
    other = await stage.sign_in("ada", PASSWORD, address=HERE)
    for _ in range(3):
        with pytest.raises(Forbidden):
            await stage.change_password(actor, token, "guess", "another horse")
    await stage.change_password(actor, token, PASSWORD, "another horse")
    await stage.resolve(token)
    with pytest.raises(Unauthenticated):
        await stage.resolve(other.token)
    await stage.sign_in("ada", "another horse", address=HERE)


async def test_an_open_browser_is_no_place_to_guess_the_password(stage: Stage) -> None:
    actor, token = await stage.person()
    with pytest.raises(RateLimited):
        for _ in range(100):
            with pytest.raises(Forbidden):
                await stage.change_password(actor, token, "guess", "another horse")


async def test_mail_waits_for_a_server_that_is_away(stage: Stage) -> None:
    await stage.sign_up("ada", PASSWORD, address=HERE, mail="ada@example.org")
    stage.mailer.is_away = True
    assert await stage.send_mail()
    assert not await stage.send_mail(), "not at once again"
    stage.mailer.is_away = False
    stage.clock.advance(timedelta(minutes=1))
    await stage.confirm_mail(await stage.link())


async def test_mail_that_nobody_takes_is_given_up_in_the_end(stage: Stage) -> None:
    await stage.sign_up("ada", PASSWORD, address=HERE, mail="ada@example.org")
    stage.mailer.is_away = True
    tries = 0
    while stage.database.tables.mail_queue:
        stage.clock.advance(timedelta(days=1))
        tries += await stage.send_mail()
    assert (tries, len(stage.given_up)) == (8, 1)
    await stage.request_reset("ada@example.org", address=HERE)
    await stage.sign_up("bob", PASSWORD, address=HERE, mail="bob@example.org")
    stage.mailer.is_away, stage.mailer.refuses = False, True
    while await stage.send_mail():
        pass
    assert stage.database.tables.mail_queue == {}
    assert len(stage.given_up) == 2, "bob's was refused for good; ada has no confirmed address"


async def test_a_worker_that_dies_while_it_sends_loses_nothing(stage: Stage) -> None:
    await stage.sign_up("ada", PASSWORD, address=HERE, mail="ada@example.org")

    class Killed(BaseException):
        """The process is gone in the middle."""

    async def die(_letter: object) -> None:
        raise Killed

    stage.mailer.send = die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await stage.send_mail()
    del stage.mailer.send
    assert not await stage.send_mail(), "another worker may be at it"
    stage.clock.advance(timedelta(minutes=3))
    await stage.confirm_mail(await stage.link())

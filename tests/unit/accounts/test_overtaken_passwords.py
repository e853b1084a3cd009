"""A password changes while it is being compared: what was asked for with the old one does not happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from tests.unit.accounts.stage import PASSWORD, Stage

from cpc.kernel.errors import Forbidden, Unauthenticated
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.password import Password

HERE = "192.0.2.1"
NEW = "another horse battery"


@pytest.fixture
def stage() -> Stage:
    return Stage()


def overtake(stage: Stage, monkeypatch: pytest.MonkeyPatch, what: Callable[[], Awaitable[object]]) -> None:
    """Does `what` once, while the next password is being compared."""
    verify = stage.hasher.verify
    waiting = [what]

    async def slow(password: Password, password_hash: str) -> bool:
        is_right = await verify(password, password_hash)
        while waiting:
            await waiting.pop()()
        return is_right

    monkeypatch.setattr(stage.hasher, "verify", slow)


async def stored(stage: Stage, account_id: AccountId) -> str:
    async with stage.database.unit_of_work() as unit:
        return await unit.accounts.password_hash(account_id)


async def store(stage: Stage, account_id: AccountId, password_hash: str) -> None:
    async with stage.database.unit_of_work() as unit:
        await unit.accounts.set_password_hash(account_id, password_hash)


async def test_the_old_password_signs_nobody_in(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    actor, token = await stage.person()
    overtake(stage, monkeypatch, lambda: stage.change_password(actor, token, PASSWORD, NEW))
    with pytest.raises(Unauthenticated) as refused:
        await stage.sign_in("ada", PASSWORD, address=HERE)
    assert refused.value.slug == "wrong-name-or-password"
    (left,) = await stage.list_logins(actor, token)
    assert left.is_current
    await stage.sign_in("ada", NEW, address=HERE)


async def test_a_renewed_hash_of_the_old_password_takes_no_place(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, _ = await stage.person()
    account_id = actor.require_account()
    await store(stage, account_id, f"outdated${PASSWORD}")
    overtake(stage, monkeypatch, lambda: store(stage, account_id, f"fake${NEW}"))
    with pytest.raises(Unauthenticated):
        await stage.sign_in("ada", PASSWORD, address=HERE)
    assert await stored(stage, account_id) == f"fake${NEW}"


async def test_who_signs_in_twice_at_once_gets_in_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other sign-in renewed the hash; the password is the same."""
    actor, _ = await stage.person()
    account_id = actor.require_account()
    await store(stage, account_id, f"outdated${PASSWORD}")
    overtake(stage, monkeypatch, lambda: stage.sign_in("ada", PASSWORD, address=HERE))
    signed_in = await stage.sign_in("ada", PASSWORD, address=HERE)
    assert (await stage.resolve(signed_in.token)).account_id == account_id
    assert await stored(stage, account_id) == f"fake${PASSWORD}"


async def test_nobody_signs_in_to_an_account_that_was_erased_meanwhile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, _ = await stage.person()
    account = await stage.account(actor.account_id)

    async def erase() -> None:
        async with stage.database.unit_of_work() as unit:
            await unit.accounts.erase(account, stage.clock.now())

    overtake(stage, monkeypatch, erase)
    with pytest.raises(Unauthenticated):
        await stage.sign_in("ada", PASSWORD, address=HERE)


async def test_a_reset_by_link_outlives_what_the_old_password_asked_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever had the old password and a login has neither afterwards."""
    actor, token = await stage.person()
    account_id = actor.require_account()
    for ask in (
        lambda old: stage.change_password(actor, token, old, "what the thief wants"),
        lambda old: stage.ask_for_mail.change(actor, "thief@example.org", old),
        lambda old: stage.request_deletion(actor, old),
    ):
        await store(stage, account_id, f"fake${PASSWORD}")
        await stage.request_reset("ada@example.org", address=HERE)
        link = await stage.link()
        with monkeypatch.context() as patched:

            async def reset(link: str = link) -> None:
                await stage.reset_password(link, NEW, address=HERE)

            overtake(stage, patched, reset)
            with pytest.raises(Forbidden) as refused:
                await ask(PASSWORD)
        assert refused.value.slug == "wrong-password"
        assert await stored(stage, account_id) == f"fake${NEW}"
        account = await stage.account(account_id)
        assert (account.pending_mail, account.deletion_due_at) == (None, None)

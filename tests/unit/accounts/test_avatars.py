"""Avatars: put, replaced, removed, and what the worker will look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.unit.accounts.stage import GRACE, PASSWORD, Stage

from cpc.kernel.errors import Unauthenticated, Unprocessable
from livehouse.accounts.application.change_avatar import AvatarUses
from livehouse.accounts.application.queries import FindPersonCards
from livehouse.accounts.contract import ANONYMOUS

PNG = b"\x89PNG\r\n\x1a\n"


async def sent(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def unread() -> AsyncIterator[bytes]:
    pytest.fail("read before it was known that its sender may")
    yield b""


async def test_an_avatar_that_is_replaced_or_removed_comes_into_doubt() -> None:
    stage = Stage()
    ada, _ = await stage.person()
    first = (await stage.change_avatar(ada, sent(PNG + b"1"))).avatar
    second = (await stage.change_avatar(ada, sent(PNG + b"2"))).avatar
    assert first is not None
    assert set(stage.database.tables.images_in_doubt) == {first}
    cards = await FindPersonCards(stage.database.unit_of_work).of([ada.require_account()])
    assert cards[ada.require_account()].avatar == second
    await stage.change_avatar.remove(ada)
    await stage.change_avatar.remove(ada)
    assert set(stage.database.tables.images_in_doubt) == {first, second}
    assert (await stage.account(ada.account_id)).avatar is None


async def test_the_same_picture_again_is_in_no_doubt() -> None:
    stage = Stage()
    ada, _ = await stage.person()
    name = (await stage.change_avatar(ada, sent(PNG))).avatar
    assert (await stage.change_avatar(ada, sent(PNG))).avatar == name
    assert stage.database.tables.images_in_doubt == {}
    assert name is not None
    assert await AvatarUses(stage.database.unit_of_work).used([name]) == {name}


async def test_an_account_that_is_erased_lets_its_avatar_go() -> None:
    stage = Stage()
    ada, _ = await stage.person()
    name = (await stage.change_avatar(ada, sent(PNG))).avatar
    await stage.request_deletion(ada, PASSWORD)
    stage.clock.advance(GRACE + timedelta(seconds=1))
    assert await stage.erase_due()
    assert set(stage.database.tables.images_in_doubt) == {name}


async def test_what_is_refused_leaves_the_old_one() -> None:
    stage = Stage()
    ada, _ = await stage.person()
    name = (await stage.change_avatar(ada, sent(PNG))).avatar
    with pytest.raises(Unprocessable):
        await stage.change_avatar(ada, sent(b"no image"))
    assert (await stage.account(ada.account_id)).avatar == name


async def test_strangers_are_not_listened_to() -> None:
    with pytest.raises(Unauthenticated):
        await Stage().change_avatar(ANONYMOUS, unread())

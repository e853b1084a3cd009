"""Names, profiles, blocks, leaving and taking one's data home."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.accounts.stage import GRACE, PASSWORD, Stage

from cpc.images.image import ImageName
from cpc.images.read_image import ReadImage
from cpc.images.testing import InMemoryImageStore
from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from livehouse.access.contract import Suspension
from livehouse.accounts.application import export_data
from livehouse.accounts.application.delete_account import NAME_KEPT
from livehouse.accounts.application.export_data import ExportData
from livehouse.accounts.contract import ANONYMOUS, AccountErased, AccountId, AccountName, ExportedFile
from livehouse.accounts.domain.likeness import check_likeness, skeleton
from livehouse.accounts.domain.profile import valid_bio, valid_display_name

HERE = "192.0.2.1"


@pytest.fixture
def stage() -> Stage:
    return Stage()


# --- names


@pytest.mark.parametrize("twin", ["ada_", "_ada", "a_d_a", "c0de", "m1lo", "rnax", "vvatch_me"])
async def test_no_two_accounts_look_alike(stage: Stage, twin: str) -> None:
    originals = {"c0de": "code", "m1lo": "mllo", "rnax": "max", "vvatch_me": "watchme"}
    await stage.person(originals.get(twin, "ada"))
    with pytest.raises(Conflict) as refused:
        await stage.sign_up(twin, PASSWORD)
    assert refused.value.slug == "name-too-similar"


@pytest.mark.parametrize("name", ["adm1n", "adm_in", "5upport", "m0derator", "tearn", "5ign_up", "lnbox"])
async def test_nobody_poses_as_the_site(stage: Stage, name: str) -> None:
    with pytest.raises(Conflict) as refused:
        await stage.sign_up(name, PASSWORD)
    assert refused.value.slug == "name-too-similar"


async def test_nobody_poses_as_an_administrator(stage: Stage) -> None:
    await stage.person("silvia")
    await stage.sign_up("sllvla2", PASSWORD)
    async with stage.database.unit_of_work() as unit:
        account = await unit.accounts.by_name(AccountName("silvia"))
        assert account is not None
        await unit.accounts.save(replace(account, is_administrator=True))
    with pytest.raises(Conflict):
        await stage.sign_up("sllvla", PASSWORD)
    with pytest.raises(Conflict):
        await stage.sign_up("5ilvia", PASSWORD)


@pytest.mark.parametrize("name", ["mail_order", "mall_order", "alive", "bob", "person_1", "person_2"])
def test_ordinary_names_pass(name: str) -> None:
    check_likeness(AccountName(name), [AccountName("grace")])


@given(st.from_regex(r"[a-z0-9_]{3,25}", fullmatch=True))
def test_a_skeleton_is_its_own_skeleton_but_for_what_it_makes(name: str) -> None:
    assert "_" not in skeleton(name)
    assert not set(skeleton(name)) & set("01")
    assert skeleton(name.replace("l", "1").replace("o", "0")) == skeleton(name)


# --- profiles


async def test_a_profile_is_changed_field_by_field(stage: Stage) -> None:
    actor, _ = await stage.person()
    await stage.change_profile(
        actor, display_name="AdA", bio=" I  paint\n\x00the \u202esea \n", locale="pt-BR"
    )
    account = await stage.change_profile(actor, locale="")
    assert (account.shown_name, account.bio, account.locale) == ("AdA", "I paint\nthe sea", "")
    assert (await stage.read_profile(actor, "ADA")).bio == "I paint\nthe sea"
    assert (await stage.change_profile(actor, display_name="")).shown_name == "ada"


@pytest.mark.parametrize(
    "change",
    [
        {"display_name": "Bob"},
        {"display_name": "Ad\u00e4"},
        {"display_name": "ada "},
        {"display_name": "\u0410da"},
        {"bio": "x" * 301},
        {"locale": "English"},
        {"locale": "EN"},
        {"locale": "en\r\n"},
    ],
)
async def test_a_bad_profile_is_refused(stage: Stage, change: dict[str, str]) -> None:
    actor, _ = await stage.person()
    with pytest.raises(Invalid):
        await stage.change_profile(actor, **change)


@given(st.text(max_size=400))
def test_any_bio_is_cleaned_or_refused(text: str) -> None:
    try:
        cleaned = valid_bio(text)
    except Invalid:
        return
    assert valid_bio(cleaned) == cleaned
    assert not set(cleaned) & set("\u202e\u2066\x00\x1b\r")


@given(st.text(max_size=30))
def test_a_display_name_folds_to_the_name(text: str) -> None:
    try:
        shown = valid_display_name(text, AccountName("ada"))
    except Invalid:
        return
    assert shown.lower() in {"", "ada"}


# --- blocks


async def test_people_are_blocked_and_unblocked(stage: Stage) -> None:
    ada, _ = await stage.person()
    for name in ("mallory", "eve", "trent"):
        await stage.person(name)
    for name in ("Mallory", "eve", "eve", "trent"):
        await stage.block(ada, name)
    first = await stage.list_blocks(ada, limit=2)
    rest = await stage.list_blocks(ada, limit=2, cursor=first.next_cursor)
    assert [person.name.value for person, _ in (*first.blocks, *rest.blocks)] == ["eve", "mallory", "trent"]
    assert rest.next_cursor is None
    mallory = (await stage.read_profile(ada, "mallory")).id
    assert await stage.people.has_blocked(ada.require_account(), mallory)
    assert not await stage.people.has_blocked(mallory, ada.require_account())
    for _ in range(2):
        await stage.unblock(ada, "mallory")
    assert not await stage.people.has_blocked(ada.require_account(), mallory)
    with pytest.raises(Invalid):
        await stage.block(ada, "ada")
    with pytest.raises(NotFound):
        await stage.block(ada, "nobody")


async def test_of_somebody_suspended_others_see_the_name_alone(stage: Stage) -> None:
    ada, _ = await stage.person()
    bob, _ = await stage.person("bob")
    await stage.change_profile(ada, display_name="Ada", bio="Cheap pills")
    account = replace(await stage.account(ada.account_id), avatar=ImageName("0" * 40))
    ends = stage.clock.now() + timedelta(days=1)
    async with stage.database.unit_of_work() as unit:
        await unit.accounts.save(replace(account, suspension=Suspension("spam", ends)))
    for other in (bob, ANONYMOUS):
        seen = await stage.read_profile(other, "ada")
        assert (seen.shown_name, seen.bio, seen.avatar) == ("Ada", "", None)
    for concerned in (ada, replace(bob, is_administrator=True)):
        seen = await stage.read_profile(concerned, "ada")
        assert (seen.bio, seen.avatar) == ("Cheap pills", account.avatar)
    stage.clock.advance(timedelta(days=1))
    assert (await stage.read_profile(bob, "ada")).bio == "Cheap pills"


# --- leaving


async def test_who_leaves_may_think_again_and_is_gone_after_the_grace(stage: Stage) -> None:
    ada, token = await stage.person()
    bob, _ = await stage.person("bob")
    await stage.block(bob, "ada")
    await stage.block(ada, "bob")
    with pytest.raises(Forbidden):
        await stage.request_deletion(ada, "not my password")
    due = (await stage.request_deletion(ada, PASSWORD)).deletion_due_at
    while await stage.send_mail():
        pass
    (letter,) = stage.mailer.sent
    assert (letter.recipient.value, "will be erased" in letter.subject) == ("ada@example.org", True)
    assert due is not None
    assert f"'ada' to be erased on {due.day} {due:%B %Y}." in letter.text
    assert due == stage.clock.now() + GRACE
    stage.clock.advance(timedelta(days=1))
    assert (await stage.request_deletion(ada, PASSWORD)).deletion_due_at == due, (
        "asking again puts nothing off"
    )
    assert not await stage.send_mail(), "and is not told again"
    for _ in range(2):
        await stage.cancel_deletion(ada)
    stage.clock.advance(GRACE)
    assert not await stage.erase_due()
    await stage.request_deletion(ada, PASSWORD)
    stage.clock.advance(GRACE - timedelta(seconds=1))
    assert not await stage.erase_due()
    stage.clock.advance(timedelta(seconds=1))
    stage.database.events.clear()
    assert await stage.erase_due()
    assert not await stage.erase_due()
    (event,) = stage.database.events
    assert AccountErased.from_cloud_event(event).account_id == ada.account_id
    with pytest.raises(Unauthenticated):
        await stage.resolve(token)
    with pytest.raises(NotFound):
        await stage.read_profile(bob, "ada")
    assert (await stage.list_blocks(bob)).blocks == []
    assert str(ada.account_id) not in repr(stage.database.tables.login_sessions)


async def test_the_name_of_somebody_who_left_is_nobodys_for_a_while(stage: Stage) -> None:
    ada, _ = await stage.person()
    await stage.request_deletion(ada, PASSWORD)
    stage.clock.advance(GRACE)
    await stage.erase_due()
    with pytest.raises(Conflict) as taken:
        await stage.sign_up("ada", PASSWORD)
    assert taken.value.slug == "name-taken"
    stage.clock.advance(NAME_KEPT)
    await stage.sign_up("ada", PASSWORD)


# --- data


async def _read(chunks: AsyncIterator[bytes]) -> dict[str, list[dict[str, object]]]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join([chunk async for chunk in chunks])))
    assert archive.testzip() is None
    return {name: json.loads(archive.read(name)) for name in archive.namelist()}


async def test_the_export_has_everything_and_no_secret(stage: Stage) -> None:
    ada, token = await stage.person()
    await stage.person("bob")
    await stage.block(ada, "bob")
    secret = (await stage.create_access_token(ada, "overlay", ["chat:write"])).secret
    files = await _read(await stage.export(ada))
    names = {"account", "logins", "access_tokens", "blocks", "audit_log", "about"}
    assert set(files) == {f"{name}.json" for name in names}
    assert files["account.json"][0]["mail"] == "ada@example.org"
    assert [block["name"] for block in files["blocks.json"]] == ["bob"]
    assert files["access_tokens.json"][0]["scopes"] == ["chat:write"]
    text = json.dumps(files)
    assert token not in text
    assert secret not in text
    assert "fake$" not in text


class _Endless:
    """`PersonalData` without an end; counts what was read of it."""

    read = 0

    def of(self, account_id: AccountId) -> list[ExportedFile]:
        return [ExportedFile("many/records", self._records())]

    async def _records(self) -> AsyncIterator[dict[str, object]]:
        while True:
            self.read += 1
            yield {"number": self.read, "text": "ä" * 100}


async def test_the_export_is_written_while_it_is_read_and_bounded(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = await stage.person()
    monkeypatch.setattr(export_data, "MAX_RECORDS", 1000)
    endless = _Endless()
    export = ExportData(stage.database.unit_of_work, stage.access, [endless], stage.tokens, stage.clock)
    chunks = await export(ada)
    assert endless.read == 0
    first = await anext(chunks)
    assert endless.read <= 200
    rest = [chunk async for chunk in chunks]
    archive = zipfile.ZipFile(io.BytesIO(b"".join([first, *rest])))
    assert len(json.loads(archive.read("many/records.json"))) == 1000
    assert json.loads(archive.read("about.json"))["cut_short"] == ["many/records"]


async def test_exports_are_not_for_all_day(stage: Stage) -> None:
    ada, _ = await stage.person()
    with pytest.raises(RateLimited):
        for _ in range(100):
            await stage.export(ada)


class _OnePicture:
    def of(self, account_id: AccountId) -> list[ExportedFile]:
        return [ExportedFile("shown", self._records())]

    async def _records(self) -> AsyncIterator[dict[str, object]]:
        yield {"picture": ImageName("1" * 40)}


async def test_an_export_goes_on_without_a_picture_that_is_gone(stage: Stage) -> None:
    ada, _ = await stage.person()
    read_image = ReadImage(InMemoryImageStore())
    export = ExportData(
        stage.database.unit_of_work, stage.access, [_OnePicture()], stage.tokens, stage.clock, read_image
    )
    archive = zipfile.ZipFile(io.BytesIO(b"".join([part async for part in await export(ada)])))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {"shown.json", "about.json"}
    assert json.loads(archive.read("about.json"))["missing_pictures"] == [f"pictures/{'1' * 40}.webp"]

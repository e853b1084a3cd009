"""Names, ids and passwords: what is taken and what is refused."""

from __future__ import annotations

import string
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.errors import Invalid, Unauthenticated
from livehouse.accounts.contract import ANONYMOUS, RESERVED_NAMES, AccountId, AccountName, Actor
from livehouse.accounts.domain.password import Password
from livehouse.channel.contract import ChannelId, ChannelName

NAME_CHARACTERS = string.ascii_letters + string.digits + "_"


@given(st.text(NAME_CHARACTERS, min_size=3, max_size=25))
def test_a_well_formed_name_is_taken_in_lower_case_and_read_back(text: str) -> None:
    name = ChannelName.parse(text)
    assert str(name) == text.lower()
    assert ChannelName.parse(str(name)) == name
    assert ChannelName.parse(text.upper()) == name


@given(st.text(max_size=40))
def test_any_other_text_is_refused(text: str) -> None:
    is_name = 3 <= len(text) <= 25 and set(text) <= set(NAME_CHARACTERS)
    if is_name:
        assert ChannelName.parse(text).value == text.lower()
    else:
        with pytest.raises(Invalid):
            ChannelName.parse(text)


@pytest.mark.parametrize(
    "text", ["ab", "a" * 26, "a b", "a-b", "ada\n", "", "Ada.", "адаа", "K\u212aing", "a\u0000b", "..."]
)
def test_these_are_no_names(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        AccountName.parse(text)
    assert refused.value.slug == "malformed-name"


@pytest.mark.parametrize("text", ["___", "_" * 25])
def test_a_name_that_is_only_lines_cannot_be_taken(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        AccountName.parse_new(text)
    assert refused.value.slug == "malformed-name"


@pytest.mark.parametrize(
    "text", ["api", "API", "whip", "healthz", "assets", "studio", "settings", "browse", "chat"]
)
def test_pages_of_the_site_cannot_be_taken(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        AccountName.parse_new(text)
    assert refused.value.slug == "reserved-name"


def test_reserved_names_are_names_in_folded_form() -> None:
    assert all(name == name.lower() and "-" not in name for name in RESERVED_NAMES)


def test_a_channel_name_is_not_an_account_name() -> None:
    assert ChannelName("ada") != AccountName("ada")


@given(st.uuids())
def test_an_id_is_read_back_as_printed(uuid) -> None:  # type: ignore[no-untyped-def]
    assert ChannelId.parse(str(ChannelId(uuid))) == ChannelId(uuid)


@given(st.text(max_size=50))
def test_any_text_is_an_id_or_refused(text: str) -> None:
    for candidate in (text, f"chn_{text}"):
        try:
            found = ChannelId.parse(candidate)
        except Invalid:
            continue
        assert str(found) == candidate.lower()


def test_an_id_of_another_kind_is_refused() -> None:
    with pytest.raises(Invalid):
        ChannelId.parse(str(AccountId(uuid4())))


def test_an_actor_is_someone_or_must_sign_in() -> None:
    account_id = AccountId(uuid4())
    assert Actor(account_id, AccountName("ada")).require_account() == account_id
    assert ANONYMOUS.is_anonymous
    with pytest.raises(Unauthenticated):
        ANONYMOUS.require_account()


@pytest.mark.parametrize(
    "text", ["", "short", "a" * 7, "x" * 257, "aaaaaaaaaa", "abababababab", "Ada_Lovelace"]
)
def test_weak_passwords_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        Password.parse_new(text, account_name="ada_lovelace")
    assert refused.value.slug == "weak-password"


def test_a_password_never_prints() -> None:
    assert "horse" not in repr(Password.parse("correct horse battery"))


def test_the_same_keys_on_another_keyboard_give_the_same_password() -> None:
    assert Password.parse("pa\u0308ssword") == Password.parse("p\u00e4ssword")

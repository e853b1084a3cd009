"""Channels for members only: playback tokens, and sessions whose right ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.streaming.stage import CHANNEL, OTHER, OWNER, Stage

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Forbidden, Unauthenticated, Unavailable
from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Acting, Action, ChannelStanding, Standing
from livehouse.access.testing import access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, Actor
from livehouse.accounts.testing import FakePeople
from livehouse.channel.contract import ChannelId, Privacy
from livehouse.streaming.application.open_ingest import OpenedSession
from livehouse.streaming.application.open_playback import MAX_VIEWINGS
from livehouse.streaming.application.playback_tokens import LIFETIME, PlaybackTokens

FOR_MEMBERS = replace(CHANNEL, privacy=Privacy.MEMBERS_ONLY)
MEMBER, STRANGER = OTHER, Actor(AccountId(UUID(int=77)))
KEYS = KeyRing("old", {"old": b"o" * 32})


class MembersOnly:
    """Access that lets the owner and `members` watch, whatever else the table says."""

    def __init__(self) -> None:
        self._access = access_for((CHANNEL.id, CHANNEL.owner_id))
        self.members = {MEMBER.account_id}
        self.is_away = False

    def check(self, actor: Acting, action: Action) -> None:
        self._access.check(actor, action)

    def permit(self, actor: Acting, action: Action, standing: ChannelStanding) -> Standing:
        return self._access.permit(actor, action, standing)

    async def require(self, actor: Acting, action: Action, channel_id: object = None) -> Standing:
        if self.is_away:
            raise Unavailable("database-away", "away")
        if action is Action.OPEN_PLAYBACK and actor.account_id not in self.members | {OWNER.account_id}:
            if actor.account_id is None:
                raise Unauthenticated("sign-in-required", "Sign in.")
            raise Forbidden("members-only", "For members.")
        return await self._access.require(actor, action, CHANNEL.id)


@pytest.fixture
def access() -> MembersOnly:
    return MembersOnly()


@pytest.fixture
def stage(access: MembersOnly) -> Stage:
    return Stage(access=access, channel=FOR_MEMBERS, people=FakePeople(OWNER, MEMBER, STRANGER))


async def watch(stage: Stage, actor: Actor = MEMBER) -> OpenedSession:
    issued = await stage.issue_playback_token(actor, "ada")
    return await stage.open_playback(ANONYMOUS, "ada", "offer", issued.token)


async def test_a_member_opens_the_media_with_a_token_and_is_counted_as_themselves(stage: Stage) -> None:
    await stage.go_live()
    opened = await watch(stage)
    assert stage.router.sessions[opened.address.token].tag == str(MEMBER.account_id)


async def test_who_may_not_watch_gets_no_token(stage: Stage) -> None:
    with pytest.raises(Forbidden) as refused:
        await stage.issue_playback_token(STRANGER, "ada")
    assert refused.value.slug == "members-only"
    with pytest.raises(Unauthenticated) as anonymous:
        await stage.issue_playback_token(ANONYMOUS, "ada")
    assert anonymous.value.slug == "sign-in-required"


async def test_a_login_alone_opens_nothing(stage: Stage) -> None:
    await stage.go_live()
    with pytest.raises(Unauthenticated) as missing:
        await stage.open_playback(MEMBER, "ada", "offer")
    assert missing.value.slug == "playback-token-missing"
    with pytest.raises(Unauthenticated):
        await stage.open_playback(ANONYMOUS, "ada", "offer")
    with pytest.raises(Forbidden):
        await stage.open_playback(STRANGER, "ada", "offer")


async def test_a_token_is_good_for_a_minute(stage: Stage) -> None:
    await stage.go_live()
    issued = await stage.issue_playback_token(MEMBER, "ada")
    assert issued.expires_at == stage.clock.now() + LIFETIME
    stage.clock.advance(LIFETIME - timedelta(milliseconds=1))
    await stage.open_playback(ANONYMOUS, "ada", "offer", issued.token)
    stage.clock.advance(timedelta(milliseconds=1))
    with pytest.raises(Unauthenticated) as refused:
        await stage.open_playback(ANONYMOUS, "ada", "offer", issued.token)
    assert refused.value.slug == "playback-token-refused"


async def test_a_token_does_not_multiply(stage: Stage) -> None:
    await stage.go_live()
    issued = await stage.issue_playback_token(MEMBER, "ada")
    opened = [await stage.open_playback(ANONYMOUS, "ada", "offer", issued.token) for _ in range(MAX_VIEWINGS)]
    for again in (issued.token, (await stage.issue_playback_token(MEMBER, "ada")).token):
        with pytest.raises(Forbidden) as refused:
            await stage.open_playback(ANONYMOUS, "ada", "offer", again)
        assert refused.value.slug == "too-many-viewings"
    await watch(stage, OWNER)
    await stage.close_session.playback(ANONYMOUS, str(opened[0].address))
    await watch(stage)


async def test_where_everybody_may_watch_one_account_watches_as_often_as_it_likes() -> None:
    stage = Stage(people=FakePeople(OWNER, MEMBER))
    await stage.go_live()
    for _ in range(MAX_VIEWINGS + 1):
        await watch(stage)


async def test_a_token_is_no_better_than_the_right_behind_it(stage: Stage, access: MembersOnly) -> None:
    await stage.go_live()
    issued = await stage.issue_playback_token(MEMBER, "ada")
    access.members.clear()
    with pytest.raises(Forbidden):
        await stage.open_playback(ANONYMOUS, "ada", "offer", issued.token)


async def test_a_token_opens_its_channel_and_no_other_and_only_for_people_there_are(stage: Stage) -> None:
    await stage.go_live()
    for token in (
        stage.playback_tokens.issue(ChannelId(UUID(int=99)), MEMBER.require_account()),
        stage.playback_tokens.issue(CHANNEL.id, AccountId(UUID(int=404))),
    ):
        with pytest.raises(Unauthenticated) as refused:
            await stage.open_playback(OWNER, "ada", "offer", token.token)
        assert refused.value.slug == "playback-token-refused"


async def test_where_everybody_may_watch_no_token_is_needed_and_a_good_one_does_no_harm() -> None:
    stage = Stage(people=FakePeople(OWNER, MEMBER))
    await stage.go_live()
    await stage.open_playback(ANONYMOUS, "ada", "offer")
    opened = await watch(stage)
    assert stage.router.sessions[opened.address.token].tag == str(MEMBER.account_id)
    with pytest.raises(Unauthenticated):
        await stage.open_playback(ANONYMOUS, "ada", "offer", "lhv_nonsense")


# --- the token itself


def test_tokens_of_an_old_key_count_while_it_is_kept() -> None:
    clock = FakeClock()
    token = PlaybackTokens(KEYS, clock).issue(CHANNEL.id, MEMBER.require_account()).token
    rotated = KeyRing("new", {"new": b"n" * 32, **KEYS.keys})
    assert PlaybackTokens(rotated, clock).read(token).account_id == MEMBER.account_id
    with pytest.raises(Unauthenticated):
        PlaybackTokens(KeyRing("new", {"new": b"n" * 32}), clock).read(token)


def test_secrets_do_not_show_in_what_is_printed() -> None:
    issued = PlaybackTokens(KEYS, FakeClock()).issue(CHANNEL.id, MEMBER.require_account())
    assert issued.token not in repr(issued)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_token_with_any_byte_changed_is_refused(place: int, change: int) -> None:
    tokens = PlaybackTokens(KEYS, FakeClock())
    token = bytearray(tokens.issue(CHANNEL.id, MEMBER.require_account()).token, "ascii")
    at = place % len(token)
    before = token[at]
    token[at] = (before + change) % 128
    if token[at] == before:
        return
    try:
        grant = tokens.read(token.decode("ascii"))
    except Unauthenticated:
        return
    # Base64 leaves some bits of its last letter unused: another spelling of the same token.
    assert (grant.channel_id, grant.account_id) == (CHANNEL.id, MEMBER.account_id)


@given(st.text(max_size=400))
def test_any_text_is_refused_and_nothing_worse(text: str) -> None:
    for token in (text, f"lhv_{text}", f"lhv_old.{text}"):
        with pytest.raises(Unauthenticated):
            PlaybackTokens(KEYS, FakeClock()).read(token)


# --- sessions that run


async def test_who_is_no_member_any_more_is_shown_out(stage: Stage, access: MembersOnly) -> None:
    await stage.go_live()
    owner, member = await watch(stage, OWNER), await watch(stage)
    await stage.end_unentitled()
    assert {owner.address.token, member.address.token} <= set(stage.router.sessions)
    access.members.clear()
    await stage.end_unentitled()
    assert owner.address.token in stage.router.sessions
    assert member.address.token not in stage.router.sessions


async def test_who_watched_before_it_became_members_only_is_shown_out_too(access: MembersOnly) -> None:
    stage = Stage(people=FakePeople(OWNER, MEMBER, STRANGER))
    await stage.go_live()
    sessions = [await stage.open_playback(actor, "ada", "offer") for actor in (ANONYMOUS, STRANGER, MEMBER)]
    await stage.end_unentitled()
    assert all(each.address.token in stage.router.sessions for each in sessions)
    closed = Stage(
        database=stage.database,
        router=stage.router,
        access=access,
        channel=FOR_MEMBERS,
        people=FakePeople(OWNER, MEMBER, STRANGER),
    )
    await closed.end_unentitled()
    assert [each.address.token in stage.router.sessions for each in sessions] == [False, False, True]


async def test_who_is_not_known_any_more_is_shown_out(access: MembersOnly) -> None:
    stage = Stage(access=access, channel=FOR_MEMBERS, people=FakePeople(OWNER, MEMBER))
    await stage.go_live()
    opened = await watch(stage)
    stage.end_unentitled._people = FakePeople(OWNER)
    await stage.end_unentitled()
    assert opened.address.token not in stage.router.sessions


async def test_nobody_is_shown_out_because_nobody_could_be_asked(stage: Stage, access: MembersOnly) -> None:
    await stage.go_live()
    opened = await watch(stage)
    access.is_away = True
    await stage.end_unentitled()
    assert opened.address.token in stage.router.sessions
    access.is_away = False
    stage.router.is_away = True
    await stage.end_unentitled()

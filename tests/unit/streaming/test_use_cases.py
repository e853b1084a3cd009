"""Going live, being interrupted, coming back, being watched and ending, on fakes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.streaming.stage import CHANNEL, OTHER, OWNER, WINDOW, Stage

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionRequired,
    Unauthenticated,
    Unavailable,
)
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import Role
from livehouse.access.testing import InMemoryStandings
from livehouse.accounts.contract import ANONYMOUS
from livehouse.accounts.testing import told_deeds
from livehouse.streaming.application import forget_ingest_sessions
from livehouse.streaming.application.create_stream_key import MAX_KEYS, MAX_PASSING_KEYS
from livehouse.streaming.application.forget_ingest_sessions import KEPT_AFTER_CLOSE, ForgetIngestSessions
from livehouse.streaming.domain.broadcast import BroadcastState, EndReason


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_wrong_key_starts_nothing(stage: Stage) -> None:
    for secret in (None, "wrong", "lhk_" + "A" * 43):
        with pytest.raises(Unauthenticated):
            await stage.open_ingest(secret, "offer")
    assert stage.router.sessions == {}
    assert await stage.broadcast() is None


async def test_offer_then_media_makes_a_live_broadcast(stage: Stage) -> None:
    opened = await stage.open_ingest(await stage.stream_key(), "offer")
    view = await stage.current_broadcast(ANONYMOUS, CHANNEL.id)
    assert view is not None
    assert view.state == "offered"
    assert stage.event_names() == []
    await stage.report(opened)
    view = await stage.current_broadcast(ANONYMOUS, CHANNEL.id)
    assert view is not None
    assert (view.state, view.codec, view.width) == ("live", "AV1", 640)
    assert stage.event_names() == ["StreamStarted"]
    assert stage.database.events[0].data["title"] == "Painting the sea"


async def test_same_report_again_changes_nothing(stage: Stage) -> None:
    opened = await stage.go_live()
    assert not await stage.report(opened)
    assert stage.event_names() == ["StreamStarted"]


async def test_return_within_the_window_keeps_the_broadcast(stage: Stage) -> None:
    opened = await stage.go_live()
    before = await stage.broadcast()
    stage.clock.advance(timedelta(seconds=10))
    await stage.report(opened, media_age_ms=2500)
    interrupted = await stage.broadcast()
    assert interrupted is not None
    assert interrupted.state is BroadcastState.INTERRUPTED
    stage.clock.advance(timedelta(seconds=29))
    assert await stage.expire_interrupted() == []
    again = await stage.open_ingest(await stage.stream_key(), "offer")
    await stage.report(again)
    after = await stage.broadcast()
    assert before is not None
    assert after is not None
    assert after.id == before.id
    assert after.state is BroadcastState.LIVE
    assert stage.event_names() == ["StreamStarted"]


async def test_nobody_back_ends_it_and_sends_viewers_home(stage: Stage) -> None:
    opened = await stage.go_live()
    await stage.open_playback(ANONYMOUS, "ada", "offer")
    stage.clock.advance(timedelta(seconds=10))
    await stage.report(opened, state="closed")
    stage.clock.advance(WINDOW)
    assert len(await stage.expire_interrupted()) == 1
    assert await stage.expire_interrupted() == []
    assert stage.event_names() == ["StreamStarted", "StreamEnded"]
    assert stage.router.sessions == {}


async def test_late_return_begins_a_new_broadcast(stage: Stage) -> None:
    await stage.go_live()
    before = await stage.broadcast()
    stage.clock.advance(timedelta(seconds=10))
    await stage.report()
    stage.clock.advance(WINDOW)
    again = await stage.open_ingest(await stage.stream_key(), "offer")
    await stage.report(again)
    after = await stage.broadcast()
    assert before is not None
    assert after is not None
    assert after.id != before.id
    assert stage.event_names() == ["StreamStarted", "StreamEnded", "StreamStarted"]


async def test_flowing_media_is_only_replaced_when_wished(stage: Stage) -> None:
    first = await stage.go_live()
    stage.router.flowing.add(CHANNEL.id)
    with pytest.raises(Conflict):
        await stage.open_ingest(await stage.stream_key(), "offer")
    assert list(stage.router.sessions) == [first.address.token]
    second = await stage.open_ingest(await stage.stream_key(), "offer", takeover=True)
    assert list(stage.router.sessions) == [second.address.token]
    # The one that was replaced says goodbye: that must not end what goes on.
    with pytest.raises(NotFound):
        await stage.close_session.ingest(str(first.address), await stage.stream_key())
    assert await stage.broadcast() is not None


async def test_goodbye_of_the_encoder_ends_the_broadcast(stage: Stage) -> None:
    key = await stage.stream_key()
    opened = await stage.open_ingest(key, "offer")
    await stage.report(opened)
    await stage.close_session.ingest(str(opened.address), key)
    assert await stage.broadcast() is None
    assert stage.event_names() == ["StreamStarted", "StreamEnded"]
    assert stage.router.sessions == {}


async def test_session_obeys_the_key_it_was_opened_with(stage: Stage) -> None:
    opened = await stage.go_live()
    with pytest.raises(NotFound):
        await stage.close_session.ingest(str(opened.address), await stage.stream_key())
    with pytest.raises(Unauthenticated):
        await stage.patch_session.ingest(str(opened.address), None, "frag", ['"1"'])


async def test_patch_needs_a_precondition(stage: Stage) -> None:
    await stage.go_live()
    viewing = await stage.open_playback(ANONYMOUS, "ada", "offer")
    with pytest.raises(PreconditionRequired):
        await stage.patch_session.playback(ANONYMOUS, str(viewing.address), "frag", [])


async def test_what_cannot_be_written_down_is_taken_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await stage.stream_key()

    async def fails(*_arguments: object, **_more: object) -> None:
        raise Unavailable("database-away", "The database is away.")

    monkeypatch.setattr(stage.open_ingest, "_record_in", fails)
    with pytest.raises(Unavailable):
        await stage.open_ingest(key, "offer")
    assert stage.router.sessions == {}


async def test_two_encoders_at_once_make_one_broadcast(stage: Stage) -> None:
    keys = [await stage.stream_key() for _ in range(4)]
    await asyncio.gather(*(stage.open_ingest(key, "offer") for key in keys))
    running = [each for each in stage.database.tables.broadcasts.values() if each.is_running]
    assert len(running) == 1


async def test_owner_ends_the_broadcast(stage: Stage) -> None:
    await stage.go_live()
    with pytest.raises(Forbidden):
        await stage.end_broadcast(OTHER, "ada")
    await stage.end_broadcast(OWNER, "ada")
    assert stage.event_names() == ["StreamStarted", "StreamEnded"]
    assert stage.router.sessions == {}
    with pytest.raises(NotFound):
        await stage.end_broadcast(OWNER, "ada")


@pytest.mark.parametrize("is_editor", [False, True])
async def test_what_an_administrator_ends_as_such_is_written_down(is_editor: bool) -> None:
    editor = (CHANNEL.id, OTHER.require_account(), {Role.EDITOR})
    standings = InMemoryStandings()
    standings.give(CHANNEL.id, CHANNEL.owner_id, {Role.OWNER})
    if is_editor:
        standings.give(*editor)
    clock = FakeClock()
    stage = Stage(clock=clock, access=DecideAccess(standings, standings.supporters, clock))
    await stage.go_live()
    administrator = replace(OTHER, is_administrator=True)
    await stage.end_broadcast(administrator, "ada")
    written = [(one.what, one.subject, one.subject_name) for one in stage.deed_log.deeds]
    assert written == ([] if is_editor else [("end_broadcast", str(CHANNEL.id), "ada")])
    assert told_deeds(stage.database.events) == stage.deed_log.deeds
    with pytest.raises(NotFound):
        await stage.end_broadcast(administrator, "ada")
    assert told_deeds(stage.database.events) == stage.deed_log.deeds, "nothing was ended"
    (ended,) = stage.database.tables.broadcasts.values()
    expected = EndReason.ENDED_BY_OWNER if is_editor else EndReason.ENDED_BY_ADMINISTRATOR
    assert ended.end_reason is expected


async def test_ingest_sessions_are_forgotten_a_week_after_they_closed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget_ingest_sessions, "FORGOTTEN_AT_ONCE", 1)
    forget = ForgetIngestSessions(stage.database.unit_of_work, stage.clock)
    for _ in range(2):
        await stage.go_live()
        await stage.end_broadcast(OWNER, "ada")
    await stage.go_live()
    stage.clock.advance(KEPT_AFTER_CLOSE)
    assert not await forget()
    stage.clock.advance(timedelta(seconds=1))
    assert [await forget() for _ in range(3)] == [True, True, False]
    (left,) = stage.database.tables.ingest_sessions.values()
    assert left.closed_at is None, "what runs is kept, however long it does"


async def test_ending_works_while_the_media_node_is_away(stage: Stage) -> None:
    opened = await stage.go_live()
    stage.router.is_away = True
    await stage.end_broadcast(OWNER, "ada")
    assert await stage.broadcast() is None
    stage.router.is_away = False
    await stage.report(opened)
    assert stage.router.sessions
    stage.clock.advance(timedelta(seconds=6))
    await stage.report(opened)  # still in reports though it is over: closed now
    assert stage.router.sessions == {}


async def test_not_live_channel_cannot_be_watched(stage: Stage) -> None:
    with pytest.raises(Conflict) as refused:
        await stage.open_playback(ANONYMOUS, "ada", "offer")
    assert refused.value.slug == "not-live"
    with pytest.raises(NotFound):
        await stage.open_playback(ANONYMOUS, "nobody", "offer")


async def test_viewers_join_once_and_are_counted(stage: Stage) -> None:
    opened = await stage.go_live()
    known = await stage.open_playback(OTHER, "ada", "offer")
    unknown = await stage.open_playback(ANONYMOUS, "ada", "offer")
    for _ in range(3):
        await stage.report(opened, viewers=(known, unknown))
    assert stage.event_names() == ["StreamStarted", "BroadcastViewersCounted", "ViewerJoined"]
    joined = stage.database.events[-1].data["viewers"]
    assert isinstance(joined, list)
    assert {each["viewer_id"] for each in joined} == {str(OTHER.account_id), None}
    assert known.address.token not in str(joined)
    broadcast = await stage.broadcast()
    assert broadcast is not None
    assert broadcast.viewers == 2


async def test_joined_viewers_are_not_told_again_after_a_restart_of_the_worker(stage: Stage) -> None:
    opened = await stage.go_live()
    viewing = await stage.open_playback(ANONYMOUS, "ada", "offer")
    await stage.report(opened, viewers=(viewing,))
    stage.__post_init__()
    await stage.report(opened, viewers=(viewing,))
    assert stage.event_names().count("ViewerJoined") == 1


async def test_key_is_shown_once_and_kept_as_digest(stage: Stage) -> None:
    shown = await stage.create_stream_key(OWNER, "ada", "OBS")
    keys = await stage.list_stream_keys(OWNER, "ada")
    assert [key.name for key in keys] == ["OBS"]
    assert shown.secret not in repr(keys)
    with pytest.raises(Forbidden):
        await stage.list_stream_keys(OTHER, "ada")
    with pytest.raises(Forbidden):
        await stage.create_stream_key(OTHER, "ada", "mine")


@pytest.mark.parametrize("verb", ["revoke", "rotate"])
async def test_taking_a_secret_back_cuts_off_whoever_streams_with_it(stage: Stage, verb: str) -> None:
    shown = await stage.create_stream_key(OWNER, "ada", "OBS")
    await stage.open_ingest(shown.secret, "offer")
    if verb == "revoke":
        await stage.revoke_stream_key(OWNER, "ada", str(shown.key.id))
        assert await stage.list_stream_keys(OWNER, "ada") == []
        with pytest.raises(NotFound):
            await stage.revoke_stream_key(OWNER, "ada", str(shown.key.id))
    else:
        rotated = await stage.rotate_stream_key(OWNER, "ada", str(shown.key.id))
        assert rotated.secret != shown.secret
        await stage.open_ingest(rotated.secret, "offer")
        stage.router.sessions.clear()
    assert stage.router.sessions == {}
    with pytest.raises(Unauthenticated):
        await stage.open_ingest(shown.secret, "offer")


async def test_number_of_keys_is_bounded(stage: Stage) -> None:
    for number in range(MAX_KEYS):
        lifetime = timedelta(days=30) if number % 2 else None
        await stage.create_stream_key(OWNER, "ada", "OBS", lifetime)
    for lifetime in (None, timedelta(days=30)):
        with pytest.raises(Conflict) as refused:
            await stage.create_stream_key(OWNER, "ada", "one more", lifetime)
        assert refused.value.slug == "too-many-stream-keys"
    passing = []
    for _ in range(MAX_PASSING_KEYS + 1):
        stage.clock.advance(timedelta(seconds=1))
        passing.append(await stage.create_stream_key(OWNER, "ada", "studio", timedelta(days=1)))
    names = {key.id for key in await stage.list_stream_keys(OWNER, "ada")}
    assert passing[0].key.id not in names
    assert passing[-1].key.id in names


async def test_a_key_expires_when_it_was_said(stage: Stage) -> None:
    ends = stage.clock.now() + timedelta(hours=2)
    shown = await stage.create_stream_key(OWNER, "ada", "Guest", expires_at=ends)
    other = await stage.create_stream_key(OWNER, "ada", "Gone", expires_at=ends)
    await stage.revoke_stream_key(OWNER, "ada", str(other.key.id))
    assert [key.expires_at for key in await stage.list_stream_keys(OWNER, "ada")] == [ends]
    stage.clock.advance(timedelta(hours=1, minutes=59))
    await stage.open_ingest(shown.secret, "offer")
    assert [key.last_used_at for key in await stage.list_stream_keys(OWNER, "ada")] == [stage.clock.now()]
    stage.clock.advance(timedelta(minutes=1))
    with pytest.raises(Unauthenticated) as refused:
        await stage.open_ingest(shown.secret, "offer")
    assert refused.value.slug == "stream-key-expired"
    assert "'Guest' expired at" in refused.value.detail
    with pytest.raises(Unauthenticated) as refused:
        await stage.open_ingest(other.secret, "offer")
    assert refused.value.slug == "stream-key-refused", "a revoked one says no more"
    assert await stage.list_stream_keys(OWNER, "ada") == []


@pytest.mark.parametrize("hours", [-1.0, 0.0, 0.01, 24 * 3651.0])
async def test_an_end_that_cannot_be(stage: Stage, hours: float) -> None:
    with pytest.raises(Invalid) as refused:
        await stage.create_stream_key(
            OWNER, "ada", "OBS", expires_at=stage.clock.now() + timedelta(hours=hours)
        )
    assert refused.value.slug == "stream-key-lifetime"
    with pytest.raises(Invalid):
        await stage.create_stream_key(
            OWNER, "ada", "OBS", timedelta(hours=1), expires_at=stage.clock.now() + timedelta(hours=1)
        )


async def test_no_media_node_is_said_so(stage: Stage) -> None:
    key = await stage.stream_key()
    stage.nodes.running.clear()
    with pytest.raises(Unavailable):
        await stage.open_ingest(key, "offer")


async def test_live_states_are_told_at_changes_and_repeated(stage: Stage) -> None:
    opened = await stage.open_ingest(await stage.stream_key(), "offer")
    await stage.publish_live_states()
    assert stage.states.published == []
    await stage.report(opened)
    await stage.publish_live_states()
    await stage.publish_live_states()
    assert [each.state for each in stage.states.published] == ["live"]
    assert stage.states.published[0].title == "Painting the sea"
    stage.clock.advance(timedelta(seconds=5))
    await stage.publish_live_states()
    await stage.end_broadcast(OWNER, "ada")
    await stage.publish_live_states()
    assert [each.state for each in stage.states.published] == ["live", "live", "offline"]
    stage.clock.advance(timedelta(seconds=20))
    await stage.publish_live_states()
    assert len(stage.states.published) == 3

"""How the actions of streaming are done. A stream key speaks for the one whose turn it is."""

from __future__ import annotations

from tests.unit.access.everybody import CAST, World, call

from livehouse.access.contract import Action, Role
from livehouse.accounts.contract import ANONYMOUS, Actor
from livehouse.streaming.application.create_stream_key import ShownStreamKey

OWNER = CAST[Role.OWNER]


async def stream_key(world: World, speaker: Actor = OWNER) -> ShownStreamKey:
    key = await world.streaming.create_stream_key(OWNER, "ada", "OBS")
    world.people.speaker = speaker
    return key


async def ingest(world: World, speaker: Actor) -> tuple[str, str]:
    """The stream key's secret and the address of a running ingest session."""
    key = await stream_key(world)
    opened = await world.streaming.open_ingest(key.secret, "offer")
    await world.streaming.report(opened)
    world.people.speaker = speaker
    return key.secret, str(opened.address)


async def playback(world: World) -> str:
    await ingest(world, OWNER)
    return str((await world.streaming.open_playback(ANONYMOUS, "ada", "offer")).address)


@call(Action.OPEN_INGEST)
async def open_ingest(world: World, actor: Actor) -> object:
    key = await stream_key(world, actor)
    world.is_ready()
    return await world.streaming.open_ingest(key.secret, "offer")


@call(Action.PATCH_INGEST)
async def patch_ingest(world: World, actor: Actor) -> object:
    secret, session = await ingest(world, actor)
    world.is_ready()
    return await world.streaming.patch_session.ingest(session, secret, "a=candidate", ["*"])


@call(Action.CLOSE_INGEST)
async def close_ingest(world: World, actor: Actor) -> object:
    secret, session = await ingest(world, actor)
    world.is_ready()
    return await world.streaming.close_session.ingest(session, secret)


@call(Action.OPEN_PLAYBACK)
async def open_playback(world: World, actor: Actor) -> object:
    await ingest(world, OWNER)
    world.is_ready()
    return await world.streaming.open_playback(actor, "ada", "offer")


@call(Action.PATCH_PLAYBACK)
async def patch_playback(world: World, actor: Actor) -> object:
    session = await playback(world)
    world.is_ready()
    return await world.streaming.patch_session.playback(actor, session, "a=candidate", ["*"])


@call(Action.CLOSE_PLAYBACK)
async def close_playback(world: World, actor: Actor) -> object:
    session = await playback(world)
    world.is_ready()
    return await world.streaming.close_session.playback(actor, session)


@call(Action.READ_BROADCAST)
async def read_broadcast(world: World, actor: Actor) -> object:
    await ingest(world, OWNER)
    world.is_ready()
    return await world.streaming.current_broadcast.of_channel_named(actor, "ada")


@call(Action.READ_BROADCAST_HEALTH)
async def read_broadcast_health(world: World, actor: Actor) -> object:
    world.is_ready()
    return await world.streaming.broadcast_health(actor, "ada")


@call(Action.END_BROADCAST)
async def end_broadcast(world: World, actor: Actor) -> object:
    await ingest(world, OWNER)
    world.is_ready()
    return await world.streaming.end_broadcast(actor, "ada")


@call(Action.CREATE_STREAM_KEY)
async def create_stream_key(world: World, actor: Actor) -> object:
    world.is_ready()
    return await world.streaming.create_stream_key(actor, "ada", "OBS")


@call(Action.LIST_STREAM_KEYS)
async def list_stream_keys(world: World, actor: Actor) -> object:
    world.is_ready()
    return await world.streaming.list_stream_keys(actor, "ada")


@call(Action.ROTATE_STREAM_KEY)
async def rotate_stream_key(world: World, actor: Actor) -> object:
    key = await stream_key(world)
    world.is_ready()
    return await world.streaming.rotate_stream_key(actor, "ada", str(key.key.id))


@call(Action.REVOKE_STREAM_KEY)
async def revoke_stream_key(world: World, actor: Actor) -> object:
    key = await stream_key(world)
    world.is_ready()
    return await world.streaming.revoke_stream_key(actor, "ada", str(key.key.id))

"""The chat slice on PostgreSQL, NATS and picows.

For the web role: `build_chat(engine, channels, clock) -> ChatUseCases`.

For the chat role:

    chat = await start_chat(
        engine, clock, ids, channels, resolve_actor,
        nats_servers="nats://user:password@127.0.0.1:4222",
        options=GatewayOptions(host=…, port=…, ssl_context=…),
    )
    ready()             # chat.gateway.port is the port it listens on
    await chat.wait()   # until cancelled; raises when a part of it fails
    await chat.close()  # in a finally

`channels` is the `Channels` facade (`build_channel(…).find_channels`), `resolve_actor` the `ActorResolver`
(`build_accounts(…).resolve_actor`). Both calls take an engine of `build_engine`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock, rfc3339
from cpc.kernel.ids import Ids
from cpc.messenger.nats_broadcast import NatsMessageBroadcast
from livehouse.accounts.contract import ActorResolver, PersonalData
from livehouse.channel.contract import ChannelId, Channels
from livehouse.chat.adapters import chat_metrics
from livehouse.chat.adapters.gateway import ChatGateway, GatewayOptions, serve
from livehouse.chat.adapters.gateway_rooms import GatewayRooms
from livehouse.chat.adapters.postgres_chat import PostgresChatUnitOfWork
from livehouse.chat.application import ChatGatewayUseCases, ChatUseCases
from livehouse.chat.application.enter_chat_room import EnterChatRoom
from livehouse.chat.application.erase_chat import EraseChat
from livehouse.chat.application.look_at_rooms import LookAtRooms
from livehouse.chat.application.message_commits import MessageCommits
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.personal_data import ChatPersonalData
from livehouse.chat.application.ports import BroadcastState, UnitOfWork, UnitOfWorkFactory
from livehouse.chat.application.queries import ReadChatHistory, ReadRoomHistory, RoomMessages
from livehouse.chat.application.room_modes import RoomModes
from livehouse.chat.application.send_chat_message import SendChatMessage
from livehouse.chat.domain.send_rate import SendRate
from livehouse.main.wiring.access import build_access
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.find_supporters import FindSupporters
from livehouse.streaming.adapters.postgres import PostgresStreamingUnitOfWork
from livehouse.streaming.application.ports import UnitOfWork as StreamingUnitOfWork
from livehouse.streaming.application.queries import RunningBroadcast


def build_chat(engine: AsyncEngine, channels: Channels, clock: Clock) -> ChatUseCases:
    """What the web door uses."""
    return ChatUseCases(read_history=ReadChatHistory(_units(engine), channels, build_access(engine, clock)))


def build_chat_personal_data(engine: AsyncEngine, channels: Channels) -> PersonalData:
    """For the export of the accounts slice."""
    return ChatPersonalData(_units(engine), channels)


def build_erase_chat(engine: AsyncEngine) -> EraseChat:
    """For the worker role."""
    return EraseChat(_units(engine))


@dataclass(frozen=True, slots=True)
class RunningChat:
    gateway: ChatGateway
    broadcast: NatsMessageBroadcast

    async def wait(self) -> None:
        await self.gateway.wait()

    async def close(self) -> None:
        await self.gateway.close()
        await self.broadcast.close()


async def start_chat(
    engine: AsyncEngine,
    clock: Clock,
    ids: Ids,
    channels: Channels,
    resolve_actor: ActorResolver,
    *,
    nats_servers: str,
    options: GatewayOptions,
) -> RunningChat:
    """Connect, listen, run. Waits for NATS; raises `OSError` when the port cannot be had."""
    units = _units(engine)
    broadcast = NatsMessageBroadcast()
    await broadcast.connect(nats_servers)
    open_room = OpenChatRoom(units, channels, clock, ids)
    room_messages = RoomMessages(units)
    # As long as a token: a line is taken from whoever was known and allowed so many seconds ago.
    access = build_access(engine, clock, trusted_s=options.identity_trusted_s)
    rooms = GatewayRooms(open_room, room_messages, broadcast, _ShownBroadcast(engine))
    supporters = FindSupporters(lambda: PostgresSocialUnitOfWork(engine), clock)
    modes = RoomModes(channels, supporters, clock, trusted_s=options.identity_trusted_s)
    commits = MessageCommits(units, rooms.committed, chat_metrics.committed, clock, ids)
    use_cases = ChatGatewayUseCases(
        open_room=open_room,
        room_messages=room_messages,
        look_at_rooms=LookAtRooms(channels),
        enter_room=EnterChatRoom(access),
        may_stay=EnterChatRoom(build_access(engine, clock)),
        read_history=ReadRoomHistory(units, access),
        send_message=SendChatMessage(commits, SendRate(), clock, ids, access, modes),
    )
    try:
        gateway = await serve(use_cases, rooms, resolve_actor, options)
    except BaseException:
        await broadcast.close()
        raise
    return RunningChat(gateway, broadcast)


class _ShownBroadcast:
    """The streaming slice's answer in the words of the chat socket."""

    def __init__(self, engine: AsyncEngine) -> None:
        def unit_of_work() -> StreamingUnitOfWork:
            return PostgresStreamingUnitOfWork(engine)

        self._running_broadcast = RunningBroadcast(unit_of_work)

    async def __call__(self, channel_id: ChannelId) -> BroadcastState:
        view = await self._running_broadcast(channel_id)
        if view is None or view.started_at is None:
            return BroadcastState()
        return BroadcastState(view.state, view.viewers, rfc3339(view.started_at))


def _units(engine: AsyncEngine) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        return PostgresChatUnitOfWork(engine)

    return unit_of_work

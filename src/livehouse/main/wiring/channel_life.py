"""What the worker does about channels and the people who go: handlers of events, and erasing in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.transport import DurableConsumer
from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.accounts.contract import AccountErased, AccountRenamed, PersonBlocked
from livehouse.channel.application import ChannelUseCases
from livehouse.channel.contract import ChannelDeleted, ChannelReinstated, ChannelSuspended
from livehouse.main.wiring.accounts import build_deed_log, build_people
from livehouse.main.wiring.channel import build_channel_duties
from livehouse.main.wiring.chat import build_erase_chat
from livehouse.main.wiring.duties import again
from livehouse.main.wiring.eventbus import Handle
from livehouse.main.wiring.social import build_parting
from livehouse.main.wiring.streaming import build_erase_streaming, build_stop_broadcast
from livehouse.processes.channel_life import EraseWhatIsLeft, FollowChannelLife
from livehouse.processes.suspending_account import FollowAccountSuspensions
from livehouse.streaming.application.end_broadcast import StopBroadcast

_LOOK_FOR_DELETIONS_S = 60.0

CHANNEL_LIFE = DurableConsumer(
    "channel_life",
    (
        AccountRenamed.subjects(),
        PersonBlocked.subjects(),
        ChannelSuspended.subjects(),
        ChannelReinstated.subjects(),
    ),
)
ERASING = DurableConsumer("erasing", (AccountErased.subjects(), ChannelDeleted.subjects()))


def build_channel_life(
    engine: AsyncEngine, connection: Client, channel: ChannelUseCases, clock: Clock, ids: Ids
) -> Mapping[DurableConsumer, Handle]:
    """For the worker role."""
    duties = build_channel_duties(engine, clock, ids)
    stop_broadcast = build_stop_broadcast(engine, channel.find_channels, connection, clock, ids)
    life = FollowChannelLife(
        channel.find_channels,
        channel.manager.take_account_name,
        duties.take_roles_away,
        build_deed_log(engine),
        stop_broadcast,
    )
    erase = EraseWhatIsLeft(
        duties.erase_channels,
        stop_broadcast,
        build_erase_streaming(engine),
        build_erase_chat(engine),
        build_parting(engine, channel.find_channels, clock, ids),
    )
    by_type: dict[str, Handle] = {
        AccountRenamed.type_name(): lambda event: life.account_renamed(
            AccountRenamed.from_cloud_event(event)
        ),
        PersonBlocked.type_name(): lambda event: life.person_blocked(PersonBlocked.from_cloud_event(event)),
        ChannelSuspended.type_name(): life.channel_suspended,
        ChannelReinstated.type_name(): life.channel_reinstated,
        AccountErased.type_name(): lambda event: erase.account_erased(AccountErased.from_cloud_event(event)),
        ChannelDeleted.type_name(): erase.channel_deleted,
    }

    async def handle(event: CloudEvent) -> None:
        await by_type[event.type](event)

    return {CHANNEL_LIFE: handle, ERASING: handle}


def build_account_suspensions(
    engine: AsyncEngine, stop_broadcast: StopBroadcast, clock: Clock, ids: Ids
) -> FollowAccountSuspensions:
    """For the worker role."""
    take_owners_suspension = build_channel_duties(engine, clock, ids).take_owners_suspension
    return FollowAccountSuspensions(build_people(engine, clock), take_owners_suspension, stop_broadcast)


def build_channel_deletions(
    engine: AsyncEngine, clock: Clock, ids: Ids
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """For the worker role: by name, functions that run until cancelled."""
    erase_due = build_channel_duties(engine, clock, ids).erase_channels
    return {"channel deletions": lambda: again(erase_due, _LOOK_FOR_DELETIONS_S)}

"""What follows for the rest of the node when a channel is renamed, suspended or deleted, or its people go."""

from __future__ import annotations

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountErased, AccountRenamed, DeedLog, PersonBlocked
from livehouse.channel.application.delete_channel import EraseChannels
from livehouse.channel.application.rename_channel import TakeAccountName
from livehouse.channel.application.roles import TakeRolesAway
from livehouse.channel.contract import ChannelDeleted, ChannelReinstated, Channels, ChannelSuspended
from livehouse.chat.application.erase_chat import EraseChat
from livehouse.processes.parting import Parting
from livehouse.streaming.application.end_broadcast import StopBroadcast
from livehouse.streaming.application.erase_streaming import EraseStreaming
from livehouse.streaming.domain.broadcast import EndReason


class FollowChannelLife:
    """Handles events. The same one twice does nothing more."""

    def __init__(
        self,
        channels: Channels,
        take_account_name: TakeAccountName,
        take_roles_away: TakeRolesAway,
        log: DeedLog,
        stop_broadcast: StopBroadcast,
    ) -> None:
        self._channels = channels
        self._take_account_name = take_account_name
        self._take_roles_away = take_roles_away
        self._log = log
        self._stop_broadcast = stop_broadcast

    async def account_renamed(self, event: AccountRenamed) -> None:
        """Completes a renaming that was cut short."""
        await self._take_account_name(event.account_id, event.name, event.renamed_at)

    async def channel_suspended(self, event: CloudEvent) -> None:
        """It goes off air, and the deed is written down should it not have been."""
        await self._log(ChannelSuspended.deed(event))
        await self._stop_broadcast(ChannelSuspended.channel_of(event), EndReason.ENDED_BY_ADMINISTRATOR)

    async def channel_reinstated(self, event: CloudEvent) -> None:
        await self._log(ChannelReinstated.deed(event))

    async def person_blocked(self, event: PersonBlocked) -> None:
        """Whoever is blocked keeps no role on the blocker's channel."""
        try:
            channel = await self._channels.by_owner(event.account_id)
        except NotFound:
            return
        await self._take_roles_away(event.blocked_id, channel.id)


class EraseWhatIsLeft:
    """Handles `AccountErased` and `ChannelDeleted`. The same event twice finds nothing more."""

    def __init__(
        self,
        erase_channels: EraseChannels,
        stop_broadcast: StopBroadcast,
        erase_streaming: EraseStreaming,
        erase_chat: EraseChat,
        parting: Parting,
    ) -> None:
        self._erase_channels = erase_channels
        self._stop_broadcast = stop_broadcast
        self._erase_streaming = erase_streaming
        self._erase_chat = erase_chat
        self._parting = parting

    async def account_erased(self, event: AccountErased) -> None:
        """What hangs on the channel follows by `ChannelDeleted`."""
        await self._erase_channels.of_account(event.account_id)
        await self._erase_chat.of_person(event.account_id)

    async def channel_deleted(self, event: CloudEvent) -> None:
        channel_id = ChannelDeleted.channel_of(event)
        await self._stop_broadcast(channel_id, EndReason.ENDED_BY_OWNER)
        await self._parting.channel_deleted(channel_id)
        await self._erase_streaming(channel_id)
        await self._erase_chat.of_channel(channel_id)

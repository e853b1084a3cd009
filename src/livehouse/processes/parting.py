"""What ends between people and channels when one of them goes, or blocks the other."""

from __future__ import annotations

from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountErased, PersonBlocked
from livehouse.channel.contract import ChannelId, Channels
from livehouse.social.application.follow_channel import EndFollow
from livehouse.social.application.keep_subscriptions import EndSubscriptions


class Parting:
    """Handles events. The same one twice finds nothing more to end."""

    def __init__(
        self, channels: Channels, end_follow: EndFollow, end_subscriptions: EndSubscriptions
    ) -> None:
        self._channels = channels
        self._end_follow = end_follow
        self._end_subscriptions = end_subscriptions

    async def person_blocked(self, event: PersonBlocked) -> None:
        """Whoever is blocked does not follow the blocker's channel, and supports it no longer than is paid
        for."""
        try:
            channel = await self._channels.by_owner(event.account_id)
        except NotFound:
            return
        await self._end_follow(event.blocked_id, channel.id)
        await self._end_subscriptions.of_blocked(event.blocked_id, channel.id)

    async def account_erased(self, event: AccountErased) -> None:
        await self._end_follow.all_of_account(event.account_id)
        await self._end_subscriptions.all_of_account(event.account_id)

    async def channel_deleted(self, channel_id: ChannelId) -> None:
        """Nobody follows or supports a channel that is gone."""
        await self._end_follow.all_of_channel(channel_id)
        await self._end_subscriptions.all_of_channel(channel_id)

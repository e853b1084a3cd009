"""Why a supporter is not asked for money."""

from __future__ import annotations

from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountId, People
from livehouse.channel.contract import ChannelId, Channels
from livehouse.social.domain.transitions import Hindrance


class FindHindrance:
    """Money goes to nobody who is suspended, and comes from nobody who is, or whom the owner has blocked."""

    def __init__(self, people: People, channels: Channels) -> None:
        self._people = people
        self._channels = channels

    async def __call__(self, account_id: AccountId, channel_id: ChannelId) -> Hindrance | None:
        """None also where somebody is gone by now: that ends subscriptions by itself."""
        channel = (await self._channels.by_ids([channel_id])).get(channel_id)
        if channel is None:
            return None
        if await self._people.has_blocked(channel.owner_id, account_id):
            return Hindrance.BLOCKED
        # The channel hears of its owner's suspension from the worker; money does not wait for that.
        if channel.is_suspended or await self._is_suspended(channel.owner_id, account_id):
            return Hindrance.SUSPENDED
        return None

    async def _is_suspended(self, *account_ids: AccountId) -> bool:
        for account_id in account_ids:
            try:
                actor = await self._people.actor(account_id)
            except NotFound:
                continue
            if actor.suspension is not None:
                return True
        return False

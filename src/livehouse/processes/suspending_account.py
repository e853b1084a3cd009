"""Whoever is suspended goes off air."""

from __future__ import annotations

from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountSuspended
from livehouse.channel.contract import Channels
from livehouse.streaming.application.end_broadcast import StopBroadcast
from livehouse.streaming.domain.broadcast import EndReason


class TakeSuspendedAccountOffAir:
    """Handles `AccountSuspended`. The same event twice ends nothing more: a new broadcast cannot begin."""

    def __init__(self, channels: Channels, stop_broadcast: StopBroadcast) -> None:
        self._channels = channels
        self._stop_broadcast = stop_broadcast

    async def __call__(self, event: AccountSuspended) -> None:
        try:
            channel = await self._channels.by_owner(event.account_id)
        except NotFound:
            return
        await self._stop_broadcast(channel.id, EndReason.ENDED_BY_ADMINISTRATOR)

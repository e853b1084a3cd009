"""Whoever is suspended goes off air, and their channel is suspended with them."""

from __future__ import annotations

from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountReinstated, AccountSuspended, People
from livehouse.channel.application.suspend_channel import TakeOwnersSuspension
from livehouse.streaming.application.end_broadcast import StopBroadcast
from livehouse.streaming.domain.broadcast import EndReason


class FollowAccountSuspensions:
    """Handles events. What counts is how the account is by now: one that comes twice or late does no harm."""

    def __init__(
        self, people: People, take_owners_suspension: TakeOwnersSuspension, stop_broadcast: StopBroadcast
    ) -> None:
        self._people = people
        self._take_owners_suspension = take_owners_suspension
        self._stop_broadcast = stop_broadcast

    async def __call__(self, event: AccountSuspended | AccountReinstated) -> None:
        try:
            suspension = (await self._people.actor(event.account_id)).suspension
        except NotFound:
            return
        channel = await self._take_owners_suspension(event.account_id, suspension)
        if channel is not None and suspension is not None:
            await self._stop_broadcast(channel.id, EndReason.ENDED_BY_ADMINISTRATOR)

"""The owner lets a supporter go: a subscription ends, granted months are taken back."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, Deeds, Names
from livehouse.channel.contract import Channels
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.domain.paid_subscription import EndReason
from livehouse.social.domain.transitions import end


class RemoveSupporter:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        channels: Channels,
        names: Names,
        access: Access,
        ledger: Ledger,
        deeds: Deeds,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._names = names
        self._access = access
        self._ledger = ledger
        self._deeds = deeds
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str, account_name: str) -> None:
        """At once, whatever was paid for: giving money back is between the two. They may take a tier again.

        Raises `Unauthenticated`, `NotFound` (no-such-channel, no-such-account, no-subscription), `Forbidden`.
        """
        self._access.check(actor, Action.REMOVE_SUPPORTER)
        channel = await self._channels.by_name(channel_name)
        standing = await self._access.require(actor, Action.REMOVE_SUPPORTER, channel.id)
        account_id = await self._names.account_called(account_name)
        now, deed = self._clock.now(), None
        async with self._unit_of_work() as unit:
            subscription = await self._ledger.load(unit, account_id, channel.id, now)
            if subscription is None or not (subscription.is_running or subscription.pending is not None):
                raise NotFound("no-subscription", f"{account_name} has no subscription to '{channel.name}'.")
            await self._ledger.record(unit, end(subscription, EndReason.REMOVED, now), now)
            if standing.as_administrator:
                said = f"At '{channel.name}'"
                deed = self._deeds.event(actor, "remove_supporter", account_id, account_name.lower(), said)
                unit.outbox.publish(deed)
        await self._deeds.write_down(deed)

"""The owner gives somebody months of a tier."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Invalid
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, Deeds, Names, People
from livehouse.channel.contract import Channels
from livehouse.social.application.change_tiers import offered_tier
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.application.subscription_views import SubscriptionView, view_of
from livehouse.social.domain.transitions import grant

MAX_GRANTED_MONTHS = 36


class GrantSubscription:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        channels: Channels,
        people: People,
        names: Names,
        access: Access,
        ledger: Ledger,
        deeds: Deeds,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._people = people
        self._names = names
        self._access = access
        self._ledger = ledger
        self._deeds = deeds
        self._clock = clock

    async def __call__(
        self, actor: Actor, channel_name: str, account_name: str, tier_id: str, months: int
    ) -> SubscriptionView:
        """Each time anew: granting twice grants twice as many.

        Raises `Unauthenticated`, `NotFound` (no-such-channel, no-such-account, no-such-tier), `Forbidden`,
        `Invalid` (months-range, malformed-id), `Conflict` (own-channel, person-blocked, other-tier,
        too-many-months).
        """
        self._access.check(actor, Action.GRANT_SUBSCRIPTION)
        channel = await self._channels.by_name(channel_name)
        standing = await self._access.require(actor, Action.GRANT_SUBSCRIPTION, channel.id)
        if not 1 <= months <= MAX_GRANTED_MONTHS:
            raise Invalid("months-range", f"Grant 1 to {MAX_GRANTED_MONTHS} months.")
        account_id = await self._names.account_called(account_name)
        if account_id == channel.owner_id:
            raise Conflict("own-channel", "The owner cannot be a supporter of the channel.")
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            existing = await self._ledger.load(unit, account_id, channel.id, now)
            # With the two held: a block that comes later finds what was granted.
            if await self._people.has_blocked(channel.owner_id, account_id):
                raise Conflict(
                    "person-blocked", "The channel's owner has blocked this account. Lift the block first."
                )
            tier = await offered_tier(unit, channel.id, tier_id)
            outcome = grant(
                existing,
                account_id,
                tier,
                months,
                self._ledger.new_subscription_id(),
                self._ledger.new_payment_id(),
                actor.require_account(),
                now,
            )
            view = await view_of(unit, channel, await self._ledger.record(unit, outcome, now), now)
            deed = None
            if standing.as_administrator:
                said = f"Months: {months}, of '{tier.name}' at '{channel.name}'"
                deed = self._deeds.event(actor, "grant_subscription", account_id, account_name.lower(), said)
                unit.outbox.publish(deed)
        await self._deeds.write_down(deed)
        return view

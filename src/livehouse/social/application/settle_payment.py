"""A payment came in, or did not: said by people where the provider of payments leaves it to them."""

from __future__ import annotations

from dataclasses import dataclass

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, NotFound
from livehouse.access.contract import Access, Action, Standing
from livehouse.accounts.contract import Actor, Deeds
from livehouse.channel.contract import ChannelRef, Channels
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.ports import PaymentProvider, UnitOfWorkFactory
from livehouse.social.domain.payment import Payment, PaymentId, PaymentState
from livehouse.social.domain.transitions import confirm, refuse


@dataclass(frozen=True, slots=True)
class PaymentDesk:
    """What confirming and refusing have in common."""

    unit_of_work: UnitOfWorkFactory
    provider: PaymentProvider
    ledger: Ledger
    deeds: Deeds
    clock: Clock

    async def settle(
        self,
        channel: ChannelRef,
        payment_id: PaymentId,
        state: PaymentState,
        actor: Actor,
        standing: Standing,
    ) -> Payment:
        """Saying the same twice is as once. Raises `NotFound`, `Conflict`."""
        if not self.provider.settled_by_hand:
            raise Conflict("settled-by-provider", "The provider of payments says itself what came in.")
        channel_id, now, deed = channel.id, self.clock.now(), None
        async with self.unit_of_work() as unit:
            payment = await unit.payments.get(channel_id, payment_id)
            if payment is None:
                raise NotFound("no-such-payment", "The channel has no such payment.")
            settled = payment
            if payment.account_id is not None:
                subscription = await self.ledger.load(unit, payment.account_id, channel_id, now)
                pending = None if subscription is None else subscription.pending
                if subscription is not None and pending is not None and pending.id == payment_id:
                    settle = confirm if state is PaymentState.CONFIRMED else refuse
                    outcome = settle(subscription, now, actor.require_account())
                    recorded = await self.ledger.record(unit, outcome, now)
                    await self.ledger.catch_up(unit, recorded, now)
                    settled = outcome.settled[0]
                    if standing.as_administrator:
                        what = "confirm_payment" if state is PaymentState.CONFIRMED else "refuse_payment"
                        said = f"{pending.amount}, {pending.reference}"
                        deed = self.deeds.event(actor, what, channel.id, channel.name.value, said)
                        unit.outbox.publish(deed)
                else:
                    # As whoever was first left it.
                    settled = await unit.payments.get(channel_id, payment_id) or payment
        await self.deeds.write_down(deed)
        if settled.state is not state:
            raise _settled_otherwise(settled)  # after the commit: what time has changed stays changed
        return settled


class ConfirmPayment:
    def __init__(self, desk: PaymentDesk, channels: Channels, access: Access) -> None:
        self._desk = desk
        self._channels = channels
        self._access = access

    async def __call__(self, actor: Actor, channel_name: str, payment_id: str) -> Payment:
        """Confirming twice is as once.

        Raises `Unauthenticated`, `NotFound` (no-such-payment), `Forbidden`, `Invalid`, `Conflict`
        (payment-settled, settled-by-provider).
        """
        self._access.check(actor, Action.CONFIRM_PAYMENT)
        channel = await self._channels.by_name(channel_name)
        standing = await self._access.require(actor, Action.CONFIRM_PAYMENT, channel.id)
        wanted = PaymentId.parse(payment_id)
        return await self._desk.settle(channel, wanted, PaymentState.CONFIRMED, actor, standing)


class RefusePayment:
    def __init__(self, desk: PaymentDesk, channels: Channels, access: Access) -> None:
        self._desk = desk
        self._channels = channels
        self._access = access

    async def __call__(self, actor: Actor, channel_name: str, payment_id: str) -> Payment:
        """Raises as `ConfirmPayment`."""
        self._access.check(actor, Action.REFUSE_PAYMENT)
        channel = await self._channels.by_name(channel_name)
        standing = await self._access.require(actor, Action.REFUSE_PAYMENT, channel.id)
        wanted = PaymentId.parse(payment_id)
        return await self._desk.settle(channel, wanted, PaymentState.REFUSED, actor, standing)


def _settled_otherwise(payment: Payment) -> Conflict:
    return Conflict("payment-settled", f"The payment is {payment.state.value} already.")

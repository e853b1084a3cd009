"""Payments between people: by bank transfer, in cash, or not at all. Nobody but they knows what came in."""

from __future__ import annotations

import base64

from livehouse.social.domain.payment import Payment


class ManualPayments:
    """Each gets a reference to name in paying; the channel's owner, or an administrator, confirms it."""

    @property
    def name(self) -> str:
        return "manual"

    @property
    def settled_by_hand(self) -> bool:
        return True

    async def request(self, payment: Payment) -> str:
        """Such as `K7QX-2M4A-9PTB`: from 60 of the random bits of its id, so the same each time."""
        letters = base64.b32hexencode(payment.id.uuid.bytes[8:])[:13].decode()[1:]
        # Nobody is to tell I from 1 and O from 0 on paper (Crockford's alphabet leaves them out).
        letters = letters.translate(str.maketrans("ILOU", "WXYZ"))
        return "-".join((letters[:4], letters[4:8], letters[8:12]))

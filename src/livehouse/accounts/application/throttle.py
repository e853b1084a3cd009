"""Slows down guessing and mass sign-ups: so many tries in a window, then a wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import RateLimited
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import ShareOfRest, UnitOfWorkFactory
from livehouse.accounts.domain.mail_address import MailAddress

WINDOW_S = 15 * 60  # one for all: storage forgets counts by it
MAX_MAILS_TO_ADDRESS = 5  # whoever asks for them: nobody's letter box is filled by us


async def count_try(
    unit_of_work: UnitOfWorkFactory,
    clock: Clock,
    limits: Sequence[tuple[bytes, int]],
    slug: str,
    detail: str,
    *,
    share: ShareOfRest | None = None,
) -> None:
    """Count a try for each (key, most tries in a window), before any work is done for it. share: as in
    `Attempts.count`.

    It commits at once, so parallel tries are all counted. Raises `RateLimited`; a refused try counts for
    nothing: who is refused by one limit neither uses up another, which others share, nor leaves rows.
    """
    now = clock.now()
    async with unit_of_work() as unit:
        window_started_at = await unit.attempts.count(limits, now, WINDOW_S, share)
        if window_started_at is not None:
            wait = window_started_at + timedelta(seconds=WINDOW_S) - now
            raise RateLimited(slug, detail, max(1.0, wait.total_seconds()))


async def count_mail(
    unit_of_work: UnitOfWorkFactory,
    clock: Clock,
    tokens: LoginTokens,
    mail: MailAddress,
    *limits: tuple[bytes, int],
) -> None:
    """As `count_try` for a letter to `mail`, within `limits` too. Raises `RateLimited` (too-many-mails)."""
    await count_try(
        unit_of_work,
        clock,
        [*limits, (tokens.attempt_key("mail-to", mail.folded), MAX_MAILS_TO_ADDRESS)],
        "too-many-mails",
        "Many mails were sent just now. Look for them in the letter box, or wait a while.",
    )

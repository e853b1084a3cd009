"""What a room asks of those who write. Who has a role in the channel is held to nothing.

Members-only is asked with access.
"""

from __future__ import annotations

import math
from collections.abc import Set
from datetime import datetime, timedelta

from emoji import purely_emoji

from cpc.kernel.errors import Forbidden, RateLimited
from livehouse.access.contract import MEMBERS, Role
from livehouse.channel.contract import ChatModes


def is_exempt(roles: Set[Role]) -> bool:
    return bool(MEMBERS & roles)


def asks_who_follows(modes: ChatModes, roles: Set[Role]) -> bool:
    """Whether it matters since when the sender follows. A paid subscriber need not."""
    return modes.followers_only_min is not None and not is_exempt(roles) and Role.PAID_SUBSCRIBER not in roles


def check_modes(modes: ChatModes, roles: Set[Role], followed_at: datetime | None, now: datetime) -> None:
    """followed_at: None unless the sender follows; asked where `asks_who_follows`.

    Raises `Forbidden` (followers-only).
    """
    if is_exempt(roles):
        return
    if not asks_who_follows(modes, roles):
        return
    asked_for = timedelta(minutes=modes.followers_only_min or 0)
    if followed_at is None:
        since = f" for {_spoken(asked_for)}" if asked_for else ""
        raise Forbidden(
            "followers-only", f"Only who has followed the channel{since} writes in this chat. Follow it."
        )
    left = followed_at + asked_for - now
    if left > timedelta(0):
        raise Forbidden(
            "followers-only",
            f"Only who has followed the channel for {_spoken(asked_for)} writes in this chat. "
            f"You may in {_spoken(left)}.",
        )


def slow_mode_refusal(pause: timedelta, wait: timedelta) -> RateLimited:
    retry_after_s = wait.total_seconds()
    return RateLimited(
        "slow-mode",
        f"This chat is in slow mode: one message in {pause.total_seconds():.0f} seconds. "
        f"Wait {math.ceil(retry_after_s)} s.",
        retry_after_s=retry_after_s,
    )


def check_text(modes: ChatModes, roles: Set[Role], text: str) -> None:
    """text: clean. Until there are emotes of our own, emotes-only takes emoji (UTS #51) and spaces.

    Raises `Forbidden` (emotes-only).
    """
    if not modes.emotes_only or is_exempt(roles) or purely_emoji(text.replace(" ", "")):
        return
    raise Forbidden("emotes-only", "This chat is in emotes-only mode: a message is made of emoji alone.")


def _spoken(duration: timedelta) -> str:
    """Rounded up, in the largest unit that says enough."""
    minutes = math.ceil(duration / timedelta(minutes=1))
    for name, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size or minutes == size:
            count = math.ceil(minutes / size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"

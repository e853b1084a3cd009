"""Somebody follows a channel: a free bond, ended as easily as made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from cpc.kernel.errors import Conflict, RateLimited
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId

MAX_FOLLOWS = 2_000
"""Channels one account follows at once."""
NEW_FOLLOWS = 200
NEW_FOLLOWS_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Follow:
    """notifies: whether the follower wants to hear when the channel goes live."""

    account_id: AccountId
    channel_id: ChannelId
    followed_at: datetime
    notifies: bool = True


@dataclass(frozen=True, slots=True)
class FollowTally:
    """How many channels an account follows, and how many follows it made since `window_started_at`.

    Taking a follow back makes room, yet the follow still counts in its window: otherwise following and
    leaving in turns would send a stream of events.
    """

    account_id: AccountId
    follows: int
    window_started_at: datetime
    made_in_window: int

    def with_one_more(self, now: datetime) -> Self:
        """Raises `Conflict` (too-many-follows), `RateLimited` (follow-rate)."""
        if self.follows >= MAX_FOLLOWS:
            raise Conflict(
                "too-many-follows",
                f"You follow {MAX_FOLLOWS} channels, the most there may be. Leave one first.",
            )
        window_ends_at = self.window_started_at + NEW_FOLLOWS_WINDOW
        if now >= window_ends_at:
            return replace(self, follows=self.follows + 1, window_started_at=now, made_in_window=1)
        if self.made_in_window >= NEW_FOLLOWS:
            raise RateLimited(
                "follow-rate",
                f"At most {NEW_FOLLOWS} new follows an hour. Go on in a while.",
                (window_ends_at - now).total_seconds(),
            )
        return replace(self, follows=self.follows + 1, made_in_window=self.made_in_window + 1)

    def with_one_less(self) -> Self:
        return replace(self, follows=self.follows - 1)

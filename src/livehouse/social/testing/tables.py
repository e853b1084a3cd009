"""What the fakes keep."""

from __future__ import annotations

from dataclasses import dataclass, field

from cpc.eventbus.envelope import CloudEvent
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.domain.follow import Follow, FollowTally


@dataclass(slots=True)
class Tables:
    follows: dict[tuple[AccountId, ChannelId], Follow] = field(default_factory=dict)
    tallies: dict[AccountId, FollowTally] = field(default_factory=dict)
    events: list[CloudEvent] = field(default_factory=list)

    def copy(self) -> Tables:
        return Tables(dict(self.follows), dict(self.tallies), list(self.events))

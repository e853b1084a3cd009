"""What the owner lets others do on a channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from livehouse.access.contract import Role
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId

MAX_ROLES = 500
"""Of one channel, so that a list of them stays one."""


class ChannelRole(StrEnum):
    """The strongest first, also by the alphabet. One person has one of a channel."""

    EDITOR = "editor"
    MODERATOR = "moderator"
    VIP = "vip"

    @property
    def role(self) -> Role:
        """In the words of access."""
        return _ROLES[self]


_ROLES = {
    ChannelRole.EDITOR: Role.EDITOR,
    ChannelRole.MODERATOR: Role.MODERATOR,
    ChannelRole.VIP: Role.VIP,
}


@dataclass(frozen=True, slots=True)
class RoleGrant:
    channel_id: ChannelId
    account_id: AccountId
    role: ChannelRole
    granted_at: datetime

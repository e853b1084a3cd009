"""What has become of the rooms of a gateway meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livehouse.channel.contract import ChannelId, Channels, ChatModes, Privacy
from livehouse.chat.domain.chat_room import ChatRoom

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class RoomState:
    """is_open: to everybody, whoever they are."""

    modes: ChatModes
    is_open: bool


class LookAtRooms:
    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    async def __call__(self, rooms: Sequence[ChatRoom]) -> Mapping[ChannelId, RoomState]:
        """Without those whose channel is gone. Raises `Unavailable`."""
        states = {}
        for start in range(0, len(rooms), _AT_ONCE):
            some = rooms[start : start + _AT_ONCE]
            found = await self._channels.by_ids([room.channel_id for room in some])
            for channel in found.values():
                is_open = channel.privacy is not Privacy.MEMBERS_ONLY and not channel.is_suspended
                states[channel.id] = RoomState(channel.chat_modes, is_open)
        return states

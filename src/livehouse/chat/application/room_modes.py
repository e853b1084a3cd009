"""The modes of rooms and since when people follow, remembered for a moment: every line asks for them."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound, Unavailable
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, Channels, ChatModes
from livehouse.chat.domain.chat_room import ChatRoom
from livehouse.social.contract import SupportOfChannels

MAX_REMEMBERED = 20_000


class RoomModes:
    """trusted_s: so long a change may go unnoticed; 0 asks every time. While nobody can be asked, what was
    known last counts.
    """

    def __init__(
        self, channels: Channels, support: SupportOfChannels, clock: Clock, *, trusted_s: float = 0.0
    ) -> None:
        self._channels = channels
        self._support = support
        self._clock = clock
        self._trusted_s = trusted_s
        self._modes: OrderedDict[ChannelId, tuple[ChatModes, float]] = OrderedDict()
        self._followed_at: OrderedDict[tuple[ChannelId, AccountId], tuple[datetime, float]] = OrderedDict()

    async def of(self, room: ChatRoom) -> ChatModes:
        now_s = self._clock.monotonic_s()
        known = self._modes.get(room.channel_id)
        if known is not None and now_s - known[1] < self._trusted_s:
            return known[0]
        try:
            modes = (await self._channels.by_id(room.channel_id)).chat_modes
        except (NotFound, Unavailable):
            return room.modes if known is None else known[0]
        self._modes[room.channel_id] = (modes, now_s)
        self._modes.move_to_end(room.channel_id)
        if len(self._modes) > MAX_REMEMBERED:
            self._modes.popitem(last=False)
        return modes

    async def followed_at(self, room: ChatRoom, account_id: AccountId) -> datetime | None:
        """None unless they follow; that is asked each time, as somebody may have followed this moment.
        Raises `Unavailable`.
        """
        key, now_s = (room.channel_id, account_id), self._clock.monotonic_s()
        known = self._followed_at.get(key)
        if known is not None and now_s - known[1] < self._trusted_s:
            return known[0]
        followed_at = (await self._support.support(room.channel_id, account_id)).followed_at
        self._followed_at.pop(key, None)
        if followed_at is not None:
            self._followed_at[key] = (followed_at, now_s)
            if len(self._followed_at) > MAX_REMEMBERED:
                self._followed_at.popitem(last=False)
        return followed_at

"""Enter a chat room: from then on one hears what is said."""

from __future__ import annotations

from livehouse.access.contract import Access, Action, Standing
from livehouse.accounts.contract import Actor
from livehouse.chat.domain.chat_room import ChatRoom


class EnterChatRoom:
    def __init__(self, access: Access) -> None:
        self._access = access

    async def __call__(self, actor: Actor, room: ChatRoom) -> Standing:
        """Raises `Forbidden`, `Unavailable`."""
        return await self._access.require(actor, Action.ENTER_CHAT_ROOM, room.channel_id)

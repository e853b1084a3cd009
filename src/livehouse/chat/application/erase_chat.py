"""Nothing of a channel that is gone is kept, and what somebody said who is gone bears no name."""

from __future__ import annotations

from uuid import UUID

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.chat.application.ports import UnitOfWorkFactory
from livehouse.chat.domain.chat_message import as_nobodys
from livehouse.chat.domain.chat_room import person_id

NOBODY = AccountId(UUID(int=0))
_AT_ONCE = 2_000  # far below what the database's limit of time allows


class EraseChat:
    """For other parts of the node. In many small units of work: a chat may be long."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def of_channel(self, channel_id: ChannelId) -> None:
        """Its room, with all that was said there. Doing it twice is fine."""
        async with self._unit_of_work() as work:
            conversation_id = await work.rooms.conversation_of(channel_id)
        if conversation_id is None:
            return
        while True:
            async with self._unit_of_work() as work:
                if await work.messages.remove_some(conversation_id, _AT_ONCE) < _AT_ONCE:
                    break
        async with self._unit_of_work() as work:
            await work.conversations.remove(conversation_id)
            await work.rooms.remove(channel_id)

    async def of_person(self, account_id: AccountId) -> None:
        """Others answered to it, so it stays where it stands; who said it is forgotten. Doing it twice is
        fine.
        """
        while True:
            async with self._unit_of_work() as work:
                handed_over = await work.messages.hand_over(
                    person_id(account_id), person_id(NOBODY), as_nobodys(NOBODY), _AT_ONCE
                )
            if handed_over < _AT_ONCE:
                return

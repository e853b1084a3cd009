"""Find a channel's chat room, or make it on first use."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from cpc.messenger.conversation import Conversation, Participant, ParticipantRole
from cpc.messenger.identifiers import ConversationId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, Channels
from livehouse.chat.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.chat.domain.chat_room import ChatRoom, new_conversation, person_id


class OpenChatRoom:
    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._clock = clock
        self._ids = ids

    async def __call__(self, channel_name: str) -> ChatRoom:
        """Raises `NotFound` (`no-such-channel`)."""
        channel = await self._channels.by_name(channel_name)
        async with self._unit_of_work() as work:
            conversation_id = await work.rooms.conversation_of(channel.id)
            if conversation_id is None:
                conversation_id = await self._make(work, channel.id, channel.owner_id)
            conversation = await work.conversations.get(conversation_id)
        if conversation is None:
            raise RuntimeError(f"the chat room of {channel.id} names a conversation that does not exist")
        return ChatRoom(channel.id, str(channel.name), channel.owner_id, conversation, channel.chat_modes)

    async def _make(self, work: UnitOfWork, channel_id: ChannelId, owner_id: AccountId) -> ConversationId:
        now = self._clock.now()
        conversation: Conversation = new_conversation(ConversationId(self._ids.uuid()), now)
        if await work.rooms.claim(channel_id, conversation.id):
            owner = Participant(person_id(owner_id), ParticipantRole.OWNER, now)
            await work.conversations.add(conversation, [owner])
            return conversation.id
        made_by_another = await work.rooms.conversation_of(channel_id)
        if made_by_another is None:
            raise RuntimeError(f"the chat room of {channel_id} was claimed and is gone")
        return made_by_another

"""What chat keeps of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from cpc.messenger.identifiers import ConversationId
from livehouse.accounts.contract import AccountId, ExportedFile
from livehouse.channel.contract import ChannelId, Channels
from livehouse.chat.application.ports import UnitOfWorkFactory
from livehouse.chat.domain.chat_room import person_id

_AT_ONCE = 500


class ChatPersonalData:
    """The `PersonalData` of this slice: the lines somebody said."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]:
        return [ExportedFile("chat_messages", self._messages(account_id))]

    async def _messages(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        after: tuple[ConversationId, int] | None = None
        while True:
            async with self._unit_of_work() as work:
                found = await work.messages.of_sender(person_id(account_id), after, _AT_ONCE)
                rooms = {one.conversation_id for one in found}
                channel_ids = {room: await work.rooms.channel_of(room) for room in rooms}
            names = await self._names(channel_ids)
            for message in found:
                yield {
                    "id": str(message.id),
                    "channel": names.get(message.conversation_id),
                    "sent_at": message.sent_at.isoformat(),
                    "text": message.body,
                }
            if len(found) < _AT_ONCE:
                return
            after = found[-1].conversation_id, found[-1].seq

    async def _names(
        self, channel_ids: Mapping[ConversationId, ChannelId | None]
    ) -> Mapping[ConversationId, str]:
        known = await self._channels.by_ids([one for one in channel_ids.values() if one is not None])
        return {
            room: known[channel_id].name.value
            for room, channel_id in channel_ids.items()
            if channel_id is not None and channel_id in known
        }

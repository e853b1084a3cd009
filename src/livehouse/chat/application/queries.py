"""Reading what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cpc.kernel.errors import Invalid
from cpc.messenger.identifiers import ConversationId
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChannelId, Channels
from livehouse.chat.application.ports import UnitOfWorkFactory
from livehouse.chat.domain.chat_message import ChatMessage, chat_message
from livehouse.chat.domain.chat_room import ChatRoom

HISTORY_LIMIT = 100


class ReadChatHistory:
    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._access = access

    async def __call__(
        self, actor: Actor, channel_name: str, *, before_seq: int | None = None, limit: int = 50
    ) -> Sequence[ChatMessage]:
        """The last `limit` (1 to 100) messages before `before_seq`, or the newest; oldest first.

        Raises `NotFound` (`no-such-channel`), `Forbidden` and `Invalid`. A channel where nobody has
        chatted has no messages.
        """
        if not 1 <= limit <= HISTORY_LIMIT:
            raise Invalid("malformed-limit", f"limit is 1 to {HISTORY_LIMIT}.")
        if before_seq is not None and not 1 <= before_seq < 2**63:
            raise Invalid("malformed-before-seq", "before_seq is the seq of a message, a positive integer.")
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.READ_CHAT_HISTORY, channel.id)
        async with self._unit_of_work() as work:
            conversation_id = await work.rooms.conversation_of(channel.id)
            if conversation_id is None:
                return []
            return [chat_message(m) for m in await work.messages.before(conversation_id, before_seq, limit)]


class ReadRoomHistory:
    """The same for a room that is open already."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._messages = RoomMessages(unit_of_work)
        self._access = access

    async def __call__(
        self, actor: Actor, room: ChatRoom, before_seq: int | None, limit: int
    ) -> Sequence[ChatMessage]:
        """Raises `Forbidden`, `Invalid`, `Unavailable`."""
        if not 1 <= limit <= HISTORY_LIMIT:
            raise Invalid("malformed-limit", f"limit is 1 to {HISTORY_LIMIT}.")
        if before_seq is not None and not 1 <= before_seq < 2**63:
            raise Invalid("malformed-before-seq", "before_seq is the seq of a message.")
        await self._access.require(actor, Action.READ_CHAT_HISTORY, room.channel_id)
        return await self._messages.before(room.conversation_id, before_seq, limit)


class RoomMessages:
    """What a gateway reads to keep its rooms complete."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def before(
        self, conversation_id: ConversationId, seq: int | None, limit: int
    ) -> Sequence[ChatMessage]:
        async with self._unit_of_work() as work:
            return [chat_message(m) for m in await work.messages.before(conversation_id, seq, limit)]

    async def after(self, conversation_id: ConversationId, seq: int, limit: int) -> Sequence[ChatMessage]:
        async with self._unit_of_work() as work:
            return [chat_message(m) for m in await work.messages.after(conversation_id, seq, limit)]

    async def last_seqs(self, conversation_ids: Sequence[ConversationId]) -> Mapping[ConversationId, int]:
        async with self._unit_of_work() as work:
            return await work.messages.last_seqs(conversation_ids)


class CountMessages:
    """What other slices ask of a channel's room."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def before(self, channel_id: ChannelId, moment: datetime) -> int:
        """How many messages had been sent by then. Raises `Unavailable`.

        They are numbered from 1 without gaps, so the last number is their count; it is found by halving.
        """
        async with self._unit_of_work() as work:
            conversation_id = await work.rooms.conversation_of(channel_id)
            if conversation_id is None:
                return 0
            least, most = 0, (await work.messages.last_seqs([conversation_id])).get(conversation_id, 0)
            seq = most  # the newest first: mostly it is about this moment
            while least < most:
                (message,) = await work.messages.before(conversation_id, seq + 1, 1)
                if message.sent_at < moment:
                    least = seq
                else:
                    most = seq - 1
                seq = (least + most + 1) // 2
            return least

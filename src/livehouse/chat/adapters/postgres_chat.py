"""The slice's unit of work on PostgreSQL: its own table, and the messenger's, in one transaction."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres import PostgresTransaction
from cpc.messenger.identifiers import ConversationId
from cpc.messenger.postgres import PostgresConversations, PostgresMessages
from livehouse.channel.contract import ChannelId

metadata = MetaData(schema="chat")

room_table = Table(
    "room",
    metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False, unique=True),
)


class PostgresChatRooms:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def conversation_of(self, channel_id: ChannelId) -> ConversationId | None:
        found = await self._connection.execute(
            select(room_table.c.conversation_id).where(room_table.c.channel_id == channel_id.uuid)
        )
        conversation_uuid = found.scalar_one_or_none()
        return None if conversation_uuid is None else ConversationId(conversation_uuid)

    async def claim(self, channel_id: ChannelId, conversation_id: ConversationId) -> bool:
        claimed = await self._connection.execute(
            insert(room_table)
            .values(channel_id=channel_id.uuid, conversation_id=conversation_id.uuid)
            .on_conflict_do_nothing(index_elements=[room_table.c.channel_id])
            .returning(room_table.c.channel_id)
        )
        return claimed.first() is not None

    async def channel_of(self, conversation_id: ConversationId) -> ChannelId | None:
        found = await self._connection.execute(
            select(room_table.c.channel_id).where(room_table.c.conversation_id == conversation_id.uuid)
        )
        channel_uuid = found.scalar_one_or_none()
        return None if channel_uuid is None else ChannelId(channel_uuid)

    async def remove(self, channel_id: ChannelId) -> None:
        await self._connection.execute(delete(room_table).where(room_table.c.channel_id == channel_id.uuid))


class PostgresChatUnitOfWork(PostgresTransaction):
    @property
    def rooms(self) -> PostgresChatRooms:
        return PostgresChatRooms(self.connection)

    @property
    def conversations(self) -> PostgresConversations:
        return PostgresConversations(self.connection)

    @property
    def messages(self) -> PostgresMessages:
        return PostgresMessages(self.connection)

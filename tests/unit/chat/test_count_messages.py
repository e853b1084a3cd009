"""How many messages a room had by a moment: found by halving, compared with counting them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from cpc.messenger.identifiers import MessageId, PersonId
from cpc.messenger.message import MessageDraft
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.testing import FakeChannels
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.queries import CountMessages
from livehouse.chat.testing import InMemoryChatStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHANNEL = ChannelRef(ChannelId(UUID(int=1)), AccountId(UUID(int=2)), ChannelName("ada"), "Ada")


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
async def test_messages_before_a_moment(count: int) -> None:
    store, clock = InMemoryChatStore(), FakeClock(NOW)
    counts = CountMessages(store)
    assert await counts.before(CHANNEL.id, NOW) == 0, "a channel where nobody has chatted"
    room = await OpenChatRoom(store, FakeChannels(CHANNEL), clock, UuidV7Ids(clock))("ada")
    async with store() as work:
        for number in range(count):
            # Two a second: they need not be evenly spread.
            sent_at = NOW + timedelta(seconds=number // 2)
            draft = MessageDraft(MessageId(uuid4()), PersonId(uuid4()), f"n{number}", "hello", sent_at)
            await work.messages.append(room.conversation_id, [draft])
    for second in range(-1, count // 2 + 3):
        moment = NOW + timedelta(seconds=second)
        expected = sum(NOW + timedelta(seconds=number // 2) < moment for number in range(count))
        assert await counts.before(CHANNEL.id, moment) == expected

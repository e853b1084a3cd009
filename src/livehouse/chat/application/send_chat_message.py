"""Send a message to a chat room."""

from __future__ import annotations

import math

from cpc.kernel.clock import Clock
from cpc.kernel.errors import RateLimited, Unavailable
from cpc.kernel.ids import Ids
from cpc.messenger.identifiers import MessageId
from livehouse.accounts.contract import AccountId, Actor
from livehouse.chat.application.message_commits import MessageCommits
from livehouse.chat.contract import CHAT_LIMITS
from livehouse.chat.domain.chat_message import ChatMessage, chat_message, draft_chat_message
from livehouse.chat.domain.chat_room import ChatRoom
from livehouse.chat.domain.chat_text import clean_chat_text
from livehouse.chat.domain.send_rate import SendRate


class SendChatMessage:
    def __init__(self, commits: MessageCommits, rate: SendRate, clock: Clock, ids: Ids) -> None:
        self._commits = commits
        self._rate = rate
        self._clock = clock
        self._ids = ids

    async def __call__(self, room: ChatRoom, sender: Actor, *, nonce: str, text: str) -> ChatMessage:
        """Returns the stored message; a repeated nonce gives the message it made the first time.

        Raises `Unauthenticated`, `Forbidden`, `Invalid`, `RateLimited` (with the time to wait),
        `Unavailable`. Messages of one sender keep the order of these calls: nothing is awaited before the
        message is in line.
        """
        sender_id = sender.require_account()
        room.check_may_send(sender_id)
        text = clean_chat_text(text, characters=CHAT_LIMITS.characters)
        draft = draft_chat_message(
            room,
            sender_id,
            str(sender.name),
            message_id=MessageId(self._ids.uuid()),
            nonce=nonce,
            text=text,
            now=self._clock.now(),
        )
        key = _rate_key(room, sender_id)
        allowance = room.allowance(sender_id)
        retry_after_s = self._rate.take(key, allowance, self._clock.monotonic_s())
        if retry_after_s > 0:
            raise RateLimited(
                "chat-rate",
                f"At most {allowance.messages} messages in {allowance.per_seconds} seconds. "
                f"Wait {math.ceil(retry_after_s)} s.",
                retry_after_s=retry_after_s,
            )
        try:
            return chat_message(await self._commits.commit(room, draft))
        except Unavailable:
            self._rate.give_back(key)
            raise


def _rate_key(room: ChatRoom, sender_id: AccountId) -> tuple[object, ...]:
    """One window for all rooms, and one for the room one owns."""
    return (sender_id, room.channel_id) if sender_id == room.owner_id else (sender_id,)

"""Send a message to a chat room."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cpc.kernel.clock import Clock
from cpc.kernel.errors import RateLimited, Unavailable
from cpc.kernel.ids import Ids
from cpc.messenger.identifiers import MessageId
from livehouse.access.contract import Access, Action, Standing
from livehouse.accounts.contract import AccountId, AccountName, Actor
from livehouse.chat.application.message_commits import MessageCommits
from livehouse.chat.contract import CHAT_LIMITS
from livehouse.chat.domain.chat_message import ChatMessage, chat_message, draft_chat_message
from livehouse.chat.domain.chat_room import ChatRoom
from livehouse.chat.domain.chat_text import clean_chat_text
from livehouse.chat.domain.send_rate import SendRate


@dataclass(frozen=True, slots=True)
class AdmittedSender:
    """Somebody who was found to be allowed to send to the room just now."""

    room: ChatRoom
    id: AccountId
    name: AccountName | None
    standing: Standing


class SendChatMessage:
    """In two steps, so that the messages of one sender keep their order: whether they may is asked first,
    and then nothing is awaited before a message is in line.
    """

    def __init__(
        self, commits: MessageCommits, rate: SendRate, clock: Clock, ids: Ids, access: Access
    ) -> None:
        self._commits = commits
        self._rate = rate
        self._clock = clock
        self._ids = ids
        self._access = access

    async def admit(self, room: ChatRoom, sender: Actor) -> AdmittedSender:
        """Raises `Unauthenticated`, `Forbidden`, `Unavailable`."""
        standing = await self._access.require(sender, Action.SEND_CHAT_MESSAGE, room.channel_id)
        sender_id = sender.require_account()
        room.check_may_send(sender_id)
        return AdmittedSender(room, sender_id, sender.name, standing)

    async def __call__(self, sender: AdmittedSender, *, nonce: str, text: str) -> ChatMessage:
        """Returns the stored message; a repeated nonce gives the message it made the first time.

        Raises `Invalid`, `RateLimited` (with the time to wait), `Unavailable`. Messages of one sender keep
        the order of these calls.
        """
        room, sender_id = sender.room, sender.id
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

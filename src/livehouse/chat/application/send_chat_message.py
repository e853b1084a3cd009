"""Send a message to a chat room."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import RateLimited, Unavailable
from cpc.kernel.ids import Ids
from cpc.messenger.identifiers import MessageId
from livehouse.access.contract import Access, Action, Standing
from livehouse.accounts.contract import AccountId, Actor
from livehouse.channel.contract import ChatModes
from livehouse.chat.application.message_commits import MessageCommits
from livehouse.chat.application.room_modes import RoomModes
from livehouse.chat.contract import CHAT_LIMITS
from livehouse.chat.domain.chat_message import ChatMessage, chat_message, draft_chat_message
from livehouse.chat.domain.chat_modes import (
    asks_who_follows,
    check_modes,
    check_text,
    is_exempt,
    slow_mode_refusal,
)
from livehouse.chat.domain.chat_room import ChatRoom
from livehouse.chat.domain.chat_text import clean_chat_text
from livehouse.chat.domain.last_lines import LastLines
from livehouse.chat.domain.send_rate import SendRate


@dataclass(frozen=True, slots=True)
class AdmittedSender:
    """Somebody who was found to be allowed to send to the room just now."""

    room: ChatRoom
    id: AccountId
    name: str
    display_name: str
    standing: Standing
    modes: ChatModes


class SendChatMessage:
    """In two steps, so that the messages of one sender keep their order: whether they may is asked first,
    and then nothing is awaited before a message is in line.
    """

    def __init__(
        self,
        commits: MessageCommits,
        rate: SendRate,
        clock: Clock,
        ids: Ids,
        access: Access,
        modes: RoomModes,
    ) -> None:
        self._commits = commits
        self._rate = rate
        self._last_lines = LastLines()
        self._clock = clock
        self._ids = ids
        self._access = access
        self._modes = modes

    async def admit(self, room: ChatRoom, sender: Actor) -> AdmittedSender:
        """Raises `Unauthenticated`, `Forbidden` (also members-only, followers-only), `Unavailable`."""
        standing = await self._access.require(sender, Action.SEND_CHAT_MESSAGE, room.channel_id)
        sender_id = sender.require_account()
        room.check_may_send(sender_id)
        modes = await self._modes.of(room)
        followed_at = None
        if asks_who_follows(modes, standing.roles):
            followed_at = await self._modes.followed_at(room, sender_id)
        check_modes(modes, standing.roles, followed_at, self._clock.now())
        return AdmittedSender(room, sender_id, str(sender.name), sender.display_name, standing, modes)

    async def __call__(self, sender: AdmittedSender, *, nonce: str, text: str) -> ChatMessage:
        """Returns the stored message; a repeated nonce gives the message it made the first time.

        Raises `Invalid`, `Forbidden` (emotes-only), `RateLimited` (chat-rate, slow-mode; with the time to
        wait), `Unavailable`. Messages of one sender keep the order of these calls.
        """
        room, sender_id = sender.room, sender.id
        text = clean_chat_text(text, characters=CHAT_LIMITS.characters)
        check_text(sender.modes, sender.standing.roles, text)
        pause_s = 0 if is_exempt(sender.standing.roles) else sender.modes.slow_mode_s
        draft = draft_chat_message(
            room,
            sender_id,
            sender.name,
            sender.display_name,
            message_id=MessageId(self._ids.uuid()),
            nonce=nonce,
            text=text,
            now=self._clock.now(),
            standing=sender.standing,
            pause=timedelta(seconds=pause_s),
        )
        key, slow_key = _rate_key(room, sender_id), (sender_id, room.channel_id)
        self._take_turn(sender, key)
        if pause_s:
            wait_s = self._last_lines.take(slow_key, nonce, pause_s, self._clock.monotonic_s())
            if wait_s > 0:
                self._rate.give_back(key)
                raise slow_mode_refusal(draft.pause, timedelta(seconds=wait_s))
        try:
            return chat_message(await self._commits.commit(room, draft))
        except RateLimited as refusal:  # for what they said at another gateway
            self._rate.give_back(key)
            said_s = self._clock.monotonic_s() + refusal.retry_after_s - pause_s
            self._last_lines.note(slow_key, "", said_s)
            raise
        except Unavailable:
            self._rate.give_back(key)
            self._last_lines.forget(slow_key)
            raise

    def _take_turn(self, sender: AdmittedSender, key: tuple[object, ...]) -> None:
        allowance = sender.room.allowance(sender.id)
        retry_after_s = self._rate.take(key, allowance, self._clock.monotonic_s())
        if retry_after_s > 0:
            raise RateLimited(
                "chat-rate",
                f"At most {allowance.messages} messages in {allowance.per_seconds} seconds. "
                f"Wait {math.ceil(retry_after_s)} s.",
                retry_after_s=retry_after_s,
            )


def _rate_key(room: ChatRoom, sender_id: AccountId) -> tuple[object, ...]:
    """One window for all rooms, and one for the room one owns."""
    return (sender_id, room.channel_id) if sender_id == room.owner_id else (sender_id,)

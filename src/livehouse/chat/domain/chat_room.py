"""A channel's chat room: a group conversation of the messenger in which everyone signed in may send."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cpc.messenger.conversation import (
    Conversation,
    ConversationKind,
    Participant,
    ParticipantRole,
    Posting,
    RateAllowance,
    RatePolicy,
)
from cpc.messenger.identifiers import ConversationId, PersonId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, ChatModes
from livehouse.chat.contract import CHAT_LIMITS

CHAT_RATE_POLICY = RatePolicy(
    member=RateAllowance(CHAT_LIMITS.messages, CHAT_LIMITS.per_seconds),
    owner=RateAllowance(CHAT_LIMITS.owner_messages, CHAT_LIMITS.per_seconds),
)


@dataclass(frozen=True, slots=True)
class ChatRoom:
    """modes: as they were when the room was opened."""

    channel_id: ChannelId
    channel_name: str
    owner_id: AccountId
    conversation: Conversation
    modes: ChatModes = field(default_factory=ChatModes)

    @property
    def conversation_id(self) -> ConversationId:
        return self.conversation.id

    def participant(self, account_id: AccountId) -> Participant | None:
        """The account's part in the conversation: the channel's owner owns it, everyone else passes by."""
        if account_id != self.owner_id:
            return None
        return Participant(person_id(account_id), ParticipantRole.OWNER, self.conversation.created_at)

    def allowance(self, account_id: AccountId) -> RateAllowance:
        return CHAT_RATE_POLICY.allowance(self.participant(account_id))

    def check_may_send(self, account_id: AccountId) -> None:
        self.conversation.check_may_send(self.participant(account_id))


def new_conversation(conversation_id: ConversationId, now: datetime) -> Conversation:
    return Conversation(
        id=conversation_id, kind=ConversationKind.GROUP, posting=Posting.EVERYONE, created_at=now
    )


def person_id(account_id: AccountId) -> PersonId:
    """The messenger's name for an account."""
    return PersonId(account_id.uuid)

"""A Twitch-style message: the messenger's base message with sender, badges and fragments in its extension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from cpc.messenger.identifiers import MessageId
from cpc.messenger.message import Message, MessageDraft
from livehouse.access.contract import Role, Standing
from livehouse.accounts.contract import AccountId
from livehouse.chat.domain.chat_room import ChatRoom, person_id
from livehouse.chat.domain.fragments import Fragment, fragment_from_json, parse_fragments
from livehouse.chat.domain.name_color import default_name_color


class Badge(StrEnum):
    BROADCASTER = "broadcaster"
    MODERATOR = "moderator"
    VIP = "vip"
    SUBSCRIBER = "subscriber"


_BADGES = {
    Role.OWNER: Badge.BROADCASTER,
    Role.MODERATOR: Badge.MODERATOR,
    Role.VIP: Badge.VIP,
}
_NOBODY = Standing(frozenset())
_NO_ACCOUNT = "deleted account"


@dataclass(frozen=True, slots=True)
class Chatter:
    """The sender as they were when they sent. display_name: the name in the letters its owner likes."""

    id: AccountId
    name: str
    display_name: str
    color: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """badge_months: after how many months of support there is the subscriber's badge; None without it."""

    seq: int
    id: MessageId
    sender: Chatter
    badges: Sequence[str]
    badge_months: int | None
    fragments: Sequence[Fragment]
    sent_at: datetime
    nonce: str


def draft_chat_message(
    room: ChatRoom,
    sender_id: AccountId,
    name: str,
    display_name: str = "",
    *,
    message_id: MessageId,
    nonce: str,
    text: str,
    now: datetime,
    standing: Standing = _NOBODY,
    pause: timedelta = timedelta(0),
) -> MessageDraft:
    """`text` is clean already. standing: what the sender is to the channel beside owning it. pause: of slow
    mode.
    """
    roles = standing.roles | {Role.OWNER} if sender_id == room.owner_id else standing.roles
    badges = [badge for role, badge in _BADGES.items() if role in roles]
    if standing.badge_months is not None:
        badges.append(Badge.SUBSCRIBER)
    return MessageDraft(
        id=message_id,
        sender_id=person_id(sender_id),
        nonce=nonce,
        body=text,
        sent_at=now,
        extension={
            "name": name,
            "display_name": display_name or name,
            "color": default_name_color(sender_id),
            "badges": [badge.value for badge in badges],
            "badge_months": standing.badge_months,
            "fragments": [fragment.to_json() for fragment in parse_fragments(text)],
        },
        pause=pause,
    )


def as_nobodys(nobody: AccountId) -> Mapping[str, object]:
    """What to put over the extension of a message whose sender is gone. No account can have that name."""
    return {
        "name": _NO_ACCOUNT,
        "display_name": _NO_ACCOUNT,
        "color": default_name_color(nobody),
        "badges": [],
        "badge_months": None,
    }


def chat_message(message: Message) -> ChatMessage:
    """Read the extension that `draft_chat_message` wrote."""
    extension = message.extension
    fragments = cast("Sequence[Mapping[str, str]]", extension["fragments"])
    name = cast("str", extension["name"])
    return ChatMessage(
        seq=message.seq,
        id=message.id,
        sender=Chatter(
            AccountId(message.sender_id.uuid),
            name,
            # Lines of before there were display names in chat have none.
            cast("str", extension.get("display_name", name)),
            cast("str", extension["color"]),
        ),
        badges=tuple(cast("Sequence[str]", extension["badges"])),
        badge_months=cast("int | None", extension.get("badge_months")),
        fragments=tuple(fragment_from_json(fragment) for fragment in fragments),
        sent_at=message.sent_at,
        nonce=message.nonce,
    )

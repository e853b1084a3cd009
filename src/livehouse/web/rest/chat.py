"""Chat history; talking is the chat socket's matter."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from livehouse.chat.application import ChatMessage as ChatMessageResult
from livehouse.chat.application.queries import HISTORY_LIMIT
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.shapes import DisplayName, Rfc3339, Shape

router = APIRouter(prefix="/api/v1", tags=["chat"], route_class=PlainRoute)


class ChatSender(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    display_name: DisplayName
    color: Annotated[str, Field(examples=["#3f8fd2"], description="To be corrected for contrast")]


class ChatTextFragment(Shape):
    type: Literal["text"]
    text: str


class ChatMentionFragment(Shape):
    type: Literal["mention"]
    text: Annotated[str, Field(examples=["@Grace"])]
    name: Annotated[str, Field(examples=["grace"])]


class ChatLinkFragment(Shape):
    type: Literal["link"]
    text: str
    url: Annotated[str, Field(description="http or https only")]


ChatFragment = Annotated[
    ChatTextFragment | ChatMentionFragment | ChatLinkFragment, Field(discriminator="type")
]


class ChatMessage(Shape):
    seq: Annotated[int, Field(ge=1, description="Counts within the room from 1, without gaps")]
    id: Annotated[str, Field(examples=["msg_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    sender: ChatSender
    badges: Annotated[list[str], Field(examples=[["broadcaster"]])]
    badge_months: Annotated[
        int | None, Field(description="Of the subscriber's badge: after how many there is this one")
    ]
    fragments: Annotated[list[ChatFragment], Field(description="Text, never HTML")]
    sent_at: Rfc3339
    nonce: Annotated[str, Field(description="Chosen by the sender")]


class ChatMessages(Shape):
    messages: Annotated[list[ChatMessage], Field(description="Oldest first")]


@router.get(
    "/channels/{name}/chat/messages",
    openapi_extra=may_answer("malformed-before-seq", "malformed-limit", "members-only"),
)
async def read_chat_history(
    name: str,
    actor: CurrentActor,
    cases: Cases,
    before_seq: Annotated[
        int | None, Query(ge=1, lt=2**63, description="Messages older than this one; without: the newest")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=HISTORY_LIMIT, description="How many at most")] = 50,
) -> ChatMessages:
    """What was said in a channel's chat."""
    messages = await cases.chat.read_history(actor, name, before_seq=before_seq, limit=limit)
    return ChatMessages(messages=[_message(message) for message in messages])


def _message(view: ChatMessageResult) -> ChatMessage:
    return ChatMessage(
        seq=view.seq,
        id=str(view.id),
        sender=ChatSender(
            id=str(view.sender.id),
            name=view.sender.name,
            display_name=view.sender.display_name,
            color=view.sender.color,
        ),
        badges=list(view.badges),
        badge_months=view.badge_months,
        fragments=[_fragment(fragment.to_json()) for fragment in view.fragments],
        sent_at=view.sent_at,
        nonce=view.nonce,
    )


def _fragment(content: dict[str, str]) -> ChatTextFragment | ChatMentionFragment | ChatLinkFragment:
    match content["type"]:
        case "mention":
            return ChatMentionFragment(type="mention", text=content["text"], name=content["name"])
        case "link":
            return ChatLinkFragment(type="link", text=content["text"], url=content["url"])
        case _:
            return ChatTextFragment(type="text", text=content["text"])

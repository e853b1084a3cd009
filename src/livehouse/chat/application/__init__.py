"""Use cases of chat."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.chat.application.enter_chat_room import EnterChatRoom
from livehouse.chat.application.look_at_rooms import LookAtRooms
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.queries import ReadChatHistory, ReadRoomHistory, RoomMessages
from livehouse.chat.application.send_chat_message import SendChatMessage
from livehouse.chat.domain.chat_message import ChatMessage

__all__ = ["ChatGatewayUseCases", "ChatMessage", "ChatUseCases"]


@dataclass(frozen=True, slots=True)
class ChatUseCases:
    """Those of the web door."""

    read_history: ReadChatHistory


@dataclass(frozen=True, slots=True)
class ChatGatewayUseCases:
    """Those of the socket door. open_room, room_messages and look_at_rooms serve the gateway itself, not one
    socket. may_stay: as enter_room, without trust in what was known before.
    """

    open_room: OpenChatRoom
    room_messages: RoomMessages
    look_at_rooms: LookAtRooms
    enter_room: EnterChatRoom
    may_stay: EnterChatRoom
    read_history: ReadRoomHistory
    send_message: SendChatMessage

"""What other slices may know of chat."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """characters: of one message, counted after cleaning. messages: at most so many in any `per_seconds`."""

    characters: int = 500
    messages: int = 20
    owner_messages: int = 100
    per_seconds: int = 30


CHAT_LIMITS = ChatLimits()

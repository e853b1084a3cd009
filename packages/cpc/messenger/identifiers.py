"""Ids of the chat engine."""

from __future__ import annotations

from typing import ClassVar

from cpc.kernel.ids import EntityId


class ConversationId(EntityId):
    prefix: ClassVar[str] = "cnv"


class MessageId(EntityId):
    prefix: ClassVar[str] = "msg"


class PersonId(EntityId):
    """A person as the messenger knows them. An application maps its account ids here: same UUID, other
    prefix.
    """

    prefix: ClassVar[str] = "prs"

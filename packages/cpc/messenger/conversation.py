"""A conversation, who takes part in it and what each may do there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cpc.kernel.errors import Forbidden
from cpc.messenger.identifiers import ConversationId, PersonId


class ConversationKind(StrEnum):
    GROUP = "group"


class Posting(StrEnum):
    """Who may send."""

    EVERYONE = "everyone"
    PARTICIPANTS = "participants"


class ParticipantRole(StrEnum):
    OWNER = "owner"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Participant:
    person_id: PersonId
    role: ParticipantRole
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class RateAllowance:
    """At most `messages` in any `per_seconds`."""

    messages: int
    per_seconds: int


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """How fast a person may send, by role; someone who only passes by counts as a member."""

    member: RateAllowance
    owner: RateAllowance

    def allowance(self, participant: Participant | None) -> RateAllowance:
        if participant is not None and participant.role is ParticipantRole.OWNER:
            return self.owner
        return self.member


@dataclass(frozen=True, slots=True)
class Conversation:
    id: ConversationId
    kind: ConversationKind
    posting: Posting
    created_at: datetime

    def allows_sending(self, participant: Participant | None) -> bool:
        return self.posting is Posting.EVERYONE or participant is not None

    def check_may_send(self, participant: Participant | None) -> None:
        """Raises `Forbidden` when a person with this part in the conversation (None: no part) may not
        send.
        """
        if not self.allows_sending(participant):
            raise Forbidden("not-a-participant", "Only participants of this conversation may send to it.")

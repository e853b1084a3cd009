from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from cpc.kernel.errors import Forbidden, Invalid
from cpc.messenger.conversation import (
    Conversation,
    ConversationKind,
    Participant,
    ParticipantRole,
    Posting,
    RateAllowance,
    RatePolicy,
)
from cpc.messenger.identifiers import ConversationId, MessageId, PersonId
from cpc.messenger.message import MessageDraft

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PERSON = PersonId(UUID(int=1))


def _conversation(posting: Posting) -> Conversation:
    return Conversation(ConversationId(UUID(int=2)), ConversationKind.GROUP, posting, NOW)


def test_who_may_send() -> None:
    member = Participant(PERSON, ParticipantRole.MEMBER, NOW)
    _conversation(Posting.EVERYONE).check_may_send(None)
    _conversation(Posting.PARTICIPANTS).check_may_send(member)
    with pytest.raises(Forbidden):
        _conversation(Posting.PARTICIPANTS).check_may_send(None)


def test_the_owner_may_send_more_often() -> None:
    policy = RatePolicy(member=RateAllowance(20, 30), owner=RateAllowance(100, 30))
    assert policy.allowance(None) == policy.member
    assert policy.allowance(Participant(PERSON, ParticipantRole.MEMBER, NOW)) == policy.member
    assert policy.allowance(Participant(PERSON, ParticipantRole.OWNER, NOW)) == policy.owner


@pytest.mark.parametrize("nonce", ["", "x" * 65, "two words", "line\n", "nul\0", "ünïcode"])
def test_a_nonce_is_short_visible_ascii(nonce: str) -> None:
    with pytest.raises(Invalid):
        MessageDraft(MessageId(UUID(int=3)), PERSON, nonce, "hello", NOW)

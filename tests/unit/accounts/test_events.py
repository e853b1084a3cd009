"""What accounts publish, as it comes out again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from livehouse.accounts.contract import (
    AccountErased,
    AccountEvent,
    AccountId,
    AccountName,
    AccountOpened,
    AccountReinstated,
    AccountRenamed,
    AccountSuspended,
    AdministratorActed,
    PersonBlocked,
)

NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
ADA, BOB = AccountId(UUID(int=1)), AccountId(UUID(int=2))
NAME = AccountName("ada")
EVENTS = (
    AccountOpened(ADA, NAME, NOW),
    AccountSuspended(ADA, NAME, NOW, NOW),
    AccountSuspended(ADA, NAME, NOW, None),
    AccountReinstated(ADA, NAME, NOW),
    PersonBlocked(ADA, BOB, NOW),
    AccountErased(ADA, NAME, NOW),
    AccountRenamed(ADA, AccountName("lovelace"), NAME, NOW),
    AdministratorActed(ADA, NAME, "end_broadcast", str(BOB), "bob", ""),
    AdministratorActed(ADA, None, "end_broadcast", str(BOB), "bob", "None"),
)


def test_all_of_them_are_tried() -> None:
    assert {event.kind for event in EVENTS} == {kind.kind for kind in AccountEvent.__subclasses__()}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_is_read_as_it_was_written(event: AccountEvent) -> None:
    written = event.to_cloud_event(event_id=UUID(int=9), time=NOW)
    assert type(event).from_cloud_event(written) == event

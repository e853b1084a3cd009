"""What slices publish of themselves, as it is stored and sent: others rely on each name and form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cpc.eventbus.envelope import CloudEvent
from livehouse.accounts.contract import (
    AccountErased,
    AccountId,
    AccountName,
    AccountOpened,
    AccountReinstated,
    AccountRenamed,
    AccountSuspended,
    PersonBlocked,
)
from livehouse.channel.contract import (
    ChannelChanged,
    ChannelCreated,
    ChannelDeleted,
    ChannelId,
    ChannelName,
    ChannelReinstated,
    ChannelRenamed,
    ChannelRoleChanged,
    ChannelSuspended,
)
from livehouse.streaming.contract import BroadcastId, BroadcastViewersCounted

ID = UUID("0198f0a2-b3c4-7d5e-8f90-000000000001")
NOW = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)
ADA, EVE = AccountId(UUID(int=0xADA)), AccountId(UUID(int=0xE7E))
CHANNEL = ChannelId(UUID(int=0xC))
BROADCAST = BroadcastId(UUID(int=0xB))
ACC_ADA, ACC_EVE = "acc_00000000000000000000000000000ada", "acc_00000000000000000000000000000e7e"
CHN, BRD = "chn_0000000000000000000000000000000c", "brd_0000000000000000000000000000000b"
AT, AT_PLUS_0 = "2026-01-31T12:00:00.250000Z", "2026-01-31T12:00:00.250000+00:00"

ada, eve = AccountName("ada"), AccountName("eve")
channel = (CHANNEL, ADA, ChannelName("ada"), 7)
of_channel = {"channel_id": CHN, "owner_id": ACC_ADA, "name": "ada", "version": 7}

OF_ACCOUNTS = [
    (
        AccountOpened(ADA, ada, NOW),
        {"account_id": ACC_ADA, "name": "ada", "opened_at": AT_PLUS_0},
    ),
    (
        AccountRenamed(ADA, ada, eve, NOW),
        {"account_id": ACC_ADA, "name": "ada", "former_name": "eve", "renamed_at": AT_PLUS_0},
    ),
    (
        AccountSuspended(ADA, ada, NOW, None),
        {"account_id": ACC_ADA, "name": "ada", "suspended_at": AT_PLUS_0, "until": None},
    ),
    (
        AccountSuspended(ADA, ada, NOW, NOW + timedelta(days=1)),
        {
            "account_id": ACC_ADA,
            "name": "ada",
            "suspended_at": AT_PLUS_0,
            "until": "2026-02-01T12:00:00.250000+00:00",
        },
    ),
    (
        AccountReinstated(ADA, ada, NOW),
        {"account_id": ACC_ADA, "name": "ada", "reinstated_at": AT_PLUS_0},
    ),
    (
        PersonBlocked(ADA, EVE, NOW),
        {"account_id": ACC_ADA, "blocked_id": ACC_EVE, "blocked_at": AT_PLUS_0},
    ),
    (
        AccountErased(ADA, ada, NOW),
        {"account_id": ACC_ADA, "name": "ada", "erased_at": AT_PLUS_0},
    ),
]
OF_CHANNELS = [
    (ChannelCreated(*channel), {}),
    (ChannelChanged(*channel), {}),
    (ChannelDeleted(*channel), {}),
    (ChannelRenamed(*channel, ChannelName("eve")), {"former_name": "eve"}),
    (ChannelRoleChanged(*channel, EVE, "editor"), {"account_id": ACC_EVE, "role": "editor"}),
    (ChannelRoleChanged(*channel, EVE, None), {"account_id": ACC_EVE, "role": None}),
    (ChannelSuspended(*channel, EVE, eve, "spam"), {"by_id": ACC_EVE, "by_name": "eve", "reason": "spam"}),
    (ChannelReinstated(*channel, EVE, None, ""), {"by_id": ACC_EVE, "by_name": None, "reason": ""}),
]


@pytest.mark.parametrize(("event", "data"), OF_ACCOUNTS, ids=lambda one: type(one).__name__)
def test_events_of_accounts(
    event: AccountOpened | AccountRenamed | AccountSuspended | PersonBlocked | AccountErased,
    data: dict[str, object],
) -> None:
    kind = type(event).__name__
    told = event.to_cloud_event(event_id=ID, time=NOW)
    assert told == CloudEvent(
        id=ID,
        type=f"livehouse.accounts.{kind}.v1",
        source="/livehouse/accounts",
        subject=f"accounts.{kind}.v1.{ACC_ADA}",
        time=NOW,
        partition_key=ACC_ADA,
        data=data,
    )
    assert type(event).from_cloud_event(told) == event


@pytest.mark.parametrize(("event", "more"), OF_CHANNELS, ids=lambda one: type(one).__name__)
def test_events_of_channels(
    event: ChannelCreated | ChannelRenamed | ChannelRoleChanged | ChannelSuspended, more: dict[str, object]
) -> None:
    kind = type(event).__name__
    assert event.to_cloud_event(event_id=ID, time=NOW) == CloudEvent(
        id=ID,
        type=f"livehouse.channel.{kind}.v1",
        source="/livehouse/channel",
        subject=f"channel.{kind}.v1.{CHANNEL.uuid.hex}",
        time=NOW,
        partition_key=CHN,
        data=of_channel | more,
    )


def test_viewers_of_a_broadcast() -> None:
    counted = BroadcastViewersCounted(CHANNEL, BROADCAST, 42, NOW)
    assert counted.to_cloud_event(event_id=ID, time=NOW) == CloudEvent(
        id=ID,
        type="cpc.streaming.BroadcastViewersCounted.v1",
        source="/livehouse/streaming",
        subject=f"streaming.BroadcastViewersCounted.v1.{CHN}",
        time=NOW,
        partition_key=CHN,
        data={"channel_id": CHN, "broadcast_id": BRD, "viewers": 42, "counted_at": AT},
    )

"""The specification's ChannelManager: the life of a channel in one place, each step a use case."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.channel.application.create_channel import CreateChannel, CreateChannelAgain
from livehouse.channel.application.delete_channel import CancelChannelDeletion, RequestChannelDeletion
from livehouse.channel.application.rename_channel import MayRenameChannel, TakeAccountName
from livehouse.channel.application.suspend_channel import ReinstateChannel, SuspendChannel


@dataclass(frozen=True, slots=True)
class ChannelManager:
    """create and take_account_name are steps of processes, which open and rename accounts. What comes with
    time, erasure after the grace, is among `ChannelDuties`.
    """

    create: CreateChannel
    create_again: CreateChannelAgain
    may_rename: MayRenameChannel
    take_account_name: TakeAccountName
    suspend: SuspendChannel
    reinstate: ReinstateChannel
    request_deletion: RequestChannelDeletion
    cancel_deletion: CancelChannelDeletion

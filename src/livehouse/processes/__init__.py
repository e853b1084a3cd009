"""Workflows that span slices."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.processes.deleting_channel import DeleteChannel
from livehouse.processes.opening_account import OpenAccount, ReturnToAccount
from livehouse.processes.reading_channel_page import ReadChannelPage
from livehouse.processes.renaming_channel import RenameChannel

__all__ = ["ProcessesUseCases"]


@dataclass(frozen=True, slots=True)
class ProcessesUseCases:
    open_account: OpenAccount
    return_to_account: ReturnToAccount
    rename_channel: RenameChannel
    delete_channel: DeleteChannel
    read_channel_page: ReadChannelPage

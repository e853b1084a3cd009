"""Workflows across slices."""

from __future__ import annotations

from livehouse.accounts.application import AccountsUseCases
from livehouse.channel.application import ChannelUseCases
from livehouse.processes import ProcessesUseCases
from livehouse.processes.deleting_channel import DeleteChannel
from livehouse.processes.opening_account import OpenAccount, ReturnToAccount
from livehouse.processes.reading_channel_page import ReadChannelPage
from livehouse.processes.renaming_channel import RenameChannel


def build_processes(
    accounts: AccountsUseCases, channel: ChannelUseCases, read_channel_page: ReadChannelPage
) -> ProcessesUseCases:
    return ProcessesUseCases(
        open_account=OpenAccount(accounts.sign_up, channel.manager.create),
        return_to_account=ReturnToAccount(accounts.sign_in, channel.manager.create),
        rename_channel=RenameChannel(
            channel.manager.may_rename, accounts.rename_account, channel.manager.take_account_name
        ),
        delete_channel=DeleteChannel(
            channel.manager.request_deletion, accounts.check_password, accounts.tell_of_channel_deletion
        ),
        read_channel_page=read_channel_page,
    )

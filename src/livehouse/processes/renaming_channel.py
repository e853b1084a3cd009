"""A channel and its owner's account change their name together."""

from __future__ import annotations

from livehouse.accounts.application.rename_account import RenameAccount
from livehouse.accounts.contract import Actor
from livehouse.channel.application.rename_channel import MayRenameChannel, TakeAccountName
from livehouse.channel.domain.channel import Channel


class RenameChannel:
    """Two units of work. Should the second fail, the worker renames the channel on `AccountRenamed`."""

    def __init__(
        self, may_rename: MayRenameChannel, rename_account: RenameAccount, take_account_name: TakeAccountName
    ) -> None:
        self._may_rename = may_rename
        self._rename_account = rename_account
        self._take_account_name = take_account_name

    async def __call__(self, actor: Actor, name: str, new_name: str) -> Channel:
        """Raises what `MayRenameChannel` and `RenameAccount` raise."""
        channel = await self._may_rename(actor, name)
        renamed = await self._rename_account(channel.owner_id, new_name)
        taken = await self._take_account_name(renamed.account_id, renamed.name, renamed.renamed_at)
        return channel if taken is None else taken

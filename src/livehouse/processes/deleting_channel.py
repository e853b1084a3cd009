"""Whoever has their channel erased proves who they are, and hears of it by mail."""

from __future__ import annotations

from livehouse.accounts.application.check_password import CheckPassword
from livehouse.accounts.application.tell_owner import TellOfChannelDeletion
from livehouse.accounts.contract import Actor
from livehouse.channel.application.delete_channel import RequestChannelDeletion
from livehouse.channel.domain.channel import Channel


class DeleteChannel:
    """A login that was stolen is not enough. The mail is of a unit of work of its own: what was asked for
    counts without it.
    """

    def __init__(
        self,
        request: RequestChannelDeletion,
        check_password: CheckPassword,
        tell_owner: TellOfChannelDeletion,
    ) -> None:
        self._request = request
        self._check_password = check_password
        self._tell_owner = tell_owner

    async def __call__(self, actor: Actor, name: str, password: str) -> Channel:
        """Raises what `RequestChannelDeletion` and `CheckPassword` raise."""
        before = await self._request.may(actor, name)
        await self._check_password(actor.require_account(), password)
        channel = await self._request(actor, name)
        if before.deletion_due_at is None:
            await self._tell_owner(channel.owner_id)
        return channel

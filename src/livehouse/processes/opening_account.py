"""Whoever signs up gets an account and a channel of the same name."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.accounts.application import SignedIn
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.contract import AccountOpened
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.domain.channel import Channel


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    signed_in: SignedIn
    channel: Channel


class OpenAccount:
    """Two units of work. Should the second fail, the worker makes the channel from `AccountOpened`."""

    def __init__(self, sign_up: SignUp, create_channel: CreateChannel) -> None:
        self._sign_up = sign_up
        self._create_channel = create_channel

    async def __call__(
        self,
        name: str,
        password: str,
        *,
        address: str | None = None,
        mail: str | None = None,
        program: str = "",
    ) -> OpenedAccount:
        """Raises what `SignUp` raises."""
        signed_in = await self._sign_up(name, password, address=address, mail=mail, program=program)
        channel = await self._create_channel(signed_in.account.id, signed_in.account.name)
        return OpenedAccount(signed_in, channel)


class ReturnToAccount:
    """Signing in; also makes the channel should it be missing and not have been erased."""

    def __init__(self, sign_in: SignIn, create_channel: CreateChannel) -> None:
        self._sign_in = sign_in
        self._create_channel = create_channel

    async def __call__(
        self, name: str, password: str, *, address: str, device: str | None = None, program: str = ""
    ) -> SignedIn:
        """Raises what `SignIn` raises."""
        signed_in = await self._sign_in(name, password, address=address, device=device, program=program)
        await self._create_channel.unless_erased(signed_in.account.id, signed_in.account.name)
        return signed_in


class GiveChannelToOpenedAccount:
    """Handles `AccountOpened`: completes an opening that was cut short."""

    def __init__(self, create_channel: CreateChannel) -> None:
        self._create_channel = create_channel

    async def __call__(self, event: AccountOpened) -> None:
        await self._create_channel.unless_erased(event.account_id, event.name)

"""Somebody's picture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from cpc.images.image import ImageForm, ImageName
from cpc.images.keep_image import KeepImage
from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import own_account
from livehouse.accounts.application.throttle import count_try
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.account import Account

AVATAR = ImageForm(sizes=((300, 300), (150, 150), (70, 70)), is_cropped=True)
MAX_UPLOADS = 30  # in a window


class ChangeAvatar:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        keep_image: KeepImage,
        tokens: LoginTokens,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._keep_image = keep_image
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, actor: Actor, body: AsyncIterator[bytes]) -> Account:
        """body: the file; not read before it is known that its sender may.

        Raises `Unauthenticated`, `Forbidden`, `RateLimited` (too-many-images, image-in-progress),
        `Unprocessable` (not-an-image, image-type-not-taken, image-too-large, image-damaged,
        image-too-complex), `Unavailable` (images-busy, images-away).
        """
        await self._access.require(actor, Action.CHANGE_AVATAR)
        account_id = actor.require_account()
        await count_try(
            self._unit_of_work,
            self._clock,
            [(self._tokens.attempt_key("avatar", str(account_id)), MAX_UPLOADS)],
            "too-many-images",
            "You sent many images just now. Wait a while.",
        )
        return await self._set(actor, await self._keep_image(body, AVATAR, by=str(account_id)))

    async def remove(self, actor: Actor) -> None:
        """Doing it twice is fine. Raises `Unauthenticated`, `Forbidden`."""
        await self._access.require(actor, Action.CHANGE_AVATAR)
        await self._set(actor, None)

    async def _set(self, actor: Actor, avatar: ImageName | None) -> Account:
        async with self._unit_of_work() as unit:
            account = await own_account(unit.accounts, actor, for_update=True)
            if account.avatar is not None and account.avatar != avatar:
                await unit.images_in_doubt.add(account.avatar, self._clock.now())
            account = replace(account, avatar=avatar)
            await unit.accounts.save(account)
        return account


class AvatarUses:
    """The `ImageUses` of this slice."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def used(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        async with self._unit_of_work() as unit:
            return await unit.accounts.avatars_among(names)

"""What social keeps of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from livehouse.accounts.contract import AccountId, ExportedFile
from livehouse.channel.contract import Channels
from livehouse.social.application.pages import MAX_PAGE
from livehouse.social.application.ports import Place, UnitOfWorkFactory


class SocialPersonalData:
    """The `PersonalData` of this slice."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]:
        return [ExportedFile("social/follows", self._follows(account_id))]

    async def _follows(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        after: Place | None = None
        while True:
            async with self._unit_of_work() as unit:
                follows = await unit.follows.of_account(account_id, after=after, limit=MAX_PAGE)
            channels = await self._channels.by_ids([follow.channel_id for follow in follows])
            for follow in follows:
                channel = channels.get(follow.channel_id)
                yield {
                    "channel_id": str(follow.channel_id),
                    "channel": None if channel is None else channel.name.value,
                    "followed_at": follow.followed_at.isoformat(),
                    "notifies": follow.notifies,
                }
                after = Place(follow.followed_at, follow.channel_id)
            if len(follows) < MAX_PAGE:
                return

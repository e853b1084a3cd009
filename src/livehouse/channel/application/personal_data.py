"""What channels keep of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from livehouse.accounts.contract import AccountId, ExportedFile
from livehouse.channel.application.ports import UnitOfWorkFactory


class ChannelPersonalData:
    """The `PersonalData` of this slice."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]:
        return [ExportedFile("channel", self._channel(account_id))]

    async def _channel(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id)
        if channel is not None:
            yield {
                "id": str(channel.id),
                "name": channel.name.value,
                "title": channel.title,
                "category": channel.category,
                "created_at": channel.created_at.isoformat(),
            }

"""What channels keep of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict

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
            suspension = channel.suspension
            yield {
                "id": str(channel.id),
                "name": channel.name.value,
                "title": channel.title,
                "category": channel.category,
                "tags": list(channel.tags),
                "language": channel.language,
                "is_mature": channel.is_mature,
                "is_recorded": channel.is_recorded,
                "ladder": list(channel.ladder),
                "privacy": channel.privacy.value,
                "chat_modes": asdict(channel.chat_modes),
                "suspension": None
                if suspension is None
                else {
                    "reason": suspension.reason,
                    "until": None if suspension.until is None else suspension.until.isoformat(),
                },
                "deletion_due_at": None
                if channel.deletion_due_at is None
                else channel.deletion_due_at.isoformat(),
                "created_at": channel.created_at.isoformat(),
            }

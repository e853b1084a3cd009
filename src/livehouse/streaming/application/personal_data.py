"""What streaming keeps of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountId, ExportedFile
from livehouse.channel.contract import Channels
from livehouse.streaming.application.ports import UnitOfWorkFactory


class StreamingPersonalData:
    """The `PersonalData` of this slice. The hashes of secrets stay here."""

    def __init__(self, units: UnitOfWorkFactory, channels: Channels) -> None:
        self._units = units
        self._channels = channels

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]:
        return [ExportedFile("stream_keys", self._stream_keys(account_id))]

    async def _stream_keys(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        try:
            channel = await self._channels.by_owner(account_id)
        except NotFound:
            return
        async with self._units() as unit:
            keys = await unit.stream_keys.of_channel(channel.id)
        for key in keys:
            yield {
                "id": str(key.id),
                "name": key.name,
                "created_at": key.created_at.isoformat(),
                "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
                "last_used_at": None if key.last_used_at is None else key.last_used_at.isoformat(),
            }

"""Nothing of a channel that is gone is kept."""

from __future__ import annotations

from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.ports import UnitOfWorkFactory


class EraseStreaming:
    """For other parts of the node: what ran was ended before."""

    def __init__(self, units: UnitOfWorkFactory) -> None:
        self._units = units

    async def __call__(self, channel_id: ChannelId) -> None:
        """Stream keys, broadcasts and who sent or watched them. Doing it twice is fine."""
        async with self._units() as unit:
            await unit.stream_keys.erase_channel(channel_id)
            await unit.broadcasts.erase_channel(channel_id)

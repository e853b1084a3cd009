"""The state of each channel's broadcast, told on core NATS to chat gateways and whoever else listens."""

from __future__ import annotations

from datetime import UTC

import msgspec
import nats.errors
from nats.aio.client import Client

from cpc.kernel.errors import Unavailable
from livehouse.streaming.adapters.media_messages import live_state_subject
from livehouse.streaming.application.ports import LiveState


class NatsLiveStates:
    """On `livehouse.live.<channel hex>`: {state, viewers, started_at, title, broadcast_id}."""

    def __init__(self, nats_client: Client) -> None:
        self._nats = nats_client

    async def publish(self, state: LiveState) -> None:
        if not self._nats.is_connected:
            raise Unavailable("bus-away", "NATS is away for the moment.")
        started_at = state.started_at
        payload = {
            "state": state.state,
            "viewers": state.viewers,
            "started_at": None if started_at is None else started_at.astimezone(UTC),
            "title": state.title,
            "broadcast_id": None if state.broadcast_id is None else str(state.broadcast_id),
        }
        try:
            await self._nats.publish(live_state_subject(state.channel_id), msgspec.json.encode(payload))
        except (nats.errors.Error, OSError) as error:
            raise Unavailable("bus-away", "NATS is away for the moment.") from error

from collections.abc import AsyncIterator

import pytest
from tests.streaming_platform import StreamingPlatform, streaming_platform


@pytest.fixture
async def platform(database_url: str, nats_url: str) -> AsyncIterator[StreamingPlatform]:
    async with streaming_platform(database_url, nats_url) as running:
        yield running

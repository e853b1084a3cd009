"""Images that no row names any more are deleted, some time after they came into doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cpc.images.ports import ImageStore, ImagesUnitOfWorkFactory, ImageUses
from cpc.kernel.clock import Clock

GRACE = timedelta(hours=1)
"""Between storing an image and writing the row that names it lie seconds; pages that show an old one for a
while should still find it."""


class CollectImages:
    """A duty of the worker. uses: of every slice that names images."""

    def __init__(
        self, units: ImagesUnitOfWorkFactory, store: ImageStore, uses: Sequence[ImageUses], clock: Clock
    ) -> None:
        self._units = units
        self._store = store
        self._uses = uses
        self._clock = clock

    async def __call__(self) -> bool:
        """Look at one; False when none is due. Raises `Unavailable`."""
        async with self._units() as unit:
            # Held until the end: whoever uploads the same picture now waits, then stores it again.
            name = await unit.images_in_doubt.take(self._clock.now() - GRACE)
            if name is None:
                return False
            for uses in self._uses:
                if await uses.used([name]):
                    return True
            await self._store.delete(name)
        return True

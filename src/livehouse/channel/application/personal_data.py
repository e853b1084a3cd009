"""What channels keep of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from cpc.images.image import ImageFile, ImageName
from livehouse.accounts.contract import AccountId, DeedHistory, ExportedFile
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import ChannelId

_AT_ONCE = 500


class ChannelPersonalData:
    """The `PersonalData` of this slice."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, deeds: DeedHistory) -> None:
        self._unit_of_work = unit_of_work
        self._deeds = deeds

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]:
        return [
            ExportedFile("channel", self._channel(account_id)),
            ExportedFile("channel/about", self._about(account_id)),
            ExportedFile("channel/schedule", self._schedule(account_id)),
            ExportedFile("channel/vacation", self._vacation(account_id)),
            ExportedFile("channel/broadcasts", self._broadcasts(account_id)),
            ExportedFile("channel/audit_log", self._audit_log(account_id)),
            ExportedFile("roles", self._roles(account_id)),
        ]

    async def _channel(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id)
            banner = None if channel is None else await unit.banners.of(channel.id)
        if channel is not None:
            suspension = channel.suspension
            yield {
                "id": str(channel.id),
                "name": channel.name.value,
                "title": channel.title,
                "banner": banner,
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

    async def _about(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id)
            found = None if channel is None else await unit.about.of(channel.id)
        if found is not None:
            yield {
                "description": found.about.description,
                "panels": [
                    {
                        "title": panel.title,
                        "text": panel.text,
                        "link_url": panel.link_url,
                        "image": _picture(panel.image),
                        "image_alt": panel.image_alt,
                    }
                    for panel in found.about.panels
                ],
            }

    async def _schedule(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id)
            entries = [] if channel is None else await unit.schedule.entries(channel.id)
        for entry in entries:
            yield {
                "id": str(entry.id),
                "title": entry.title,
                "starts_at": entry.starts_at.isoformat(),
                "category": entry.category,
                "time_zone": entry.time_zone,
                "duration_min": entry.duration // timedelta(minutes=1),
                "repeats_on": sorted(entry.repeats_on),
                "repeats_until": None if entry.repeats_until is None else entry.repeats_until.isoformat(),
                "cancelled": [day.isoformat() for day in sorted(entry.cancelled)],
            }

    async def _vacation(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id)
            vacation = None if channel is None else await unit.schedule.vacation(channel.id)
        if vacation is not None:
            yield {"starts_at": vacation.starts_at.isoformat(), "ends_at": vacation.ends_at.isoformat()}

    async def _broadcasts(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id)
        before: tuple[datetime, str] | None = None
        while channel is not None:
            async with self._unit_of_work() as unit:
                found = await unit.statistics.page(channel.id, before=before, limit=_AT_ONCE)
            for one in found:
                yield {
                    "id": one.broadcast_id,
                    "title": one.title,
                    "started_at": one.started_at.isoformat(),
                    "ended_at": None if one.ended_at is None else one.ended_at.isoformat(),
                    "peak_viewers": one.peak_viewers,
                    "viewer_s": one.viewer_s,
                    "chat_messages": one.messages,
                }
                before = one.started_at, one.broadcast_id
            if len(found) < _AT_ONCE:
                return

    async def _audit_log(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id)
        if channel is not None:
            async for record in self._deeds.about(channel.id):
                yield record

    async def _roles(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        after: ChannelId | None = None
        while True:
            async with self._unit_of_work() as unit:
                found = await unit.roles.held_by(account_id, after=after, limit=_AT_ONCE)
            for channel, role in found:
                yield {"channel": channel.name.value, "role": role.value}
            if len(found) < _AT_ONCE:
                return
            after = found[-1][0].id


def _picture(path: str | None) -> ImageName | None:
    file = None if path is None else ImageFile.parse(path.removeprefix("/images/"))
    return None if file is None else file.name

"""What channels say of themselves and their schedules, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from livehouse.channel.application.content_ports import Calendar, RenderedAbout
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.schedule import ScheduleEntry, ScheduleEntryId, Vacation


@dataclass(slots=True)
class ContentTables:
    about: dict[ChannelId, RenderedAbout] = field(default_factory=dict)
    entries: dict[tuple[ChannelId, ScheduleEntryId], ScheduleEntry] = field(default_factory=dict)
    vacations: dict[ChannelId, Vacation] = field(default_factory=dict)

    def copy(self) -> ContentTables:
        return ContentTables(dict(self.about), dict(self.entries), dict(self.vacations))

    def forget(self, channel_id: ChannelId) -> None:
        self.about.pop(channel_id, None)
        self.entries = {key: entry for key, entry in self.entries.items() if key[0] != channel_id}
        self.vacations.pop(channel_id, None)


class InMemoryAbout:
    def __init__(self, tables: ContentTables) -> None:
        self._tables = tables

    async def of(self, channel_id: ChannelId) -> RenderedAbout | None:
        return self._tables.about.get(channel_id)

    async def save(self, rendered: RenderedAbout) -> None:
        self._tables.about[rendered.about.channel_id] = rendered

    async def save_html(self, rendered: RenderedAbout) -> None:
        kept = self._tables.about.get(rendered.about.channel_id)
        if kept is not None and kept.about.version == rendered.about.version:
            self._tables.about[rendered.about.channel_id] = replace(
                kept, html=rendered.html, renderer=rendered.renderer
            )

    async def images_among(self, paths: Sequence[str]) -> frozenset[str]:
        shown = {panel.image for rendered in self._tables.about.values() for panel in rendered.about.panels}
        return frozenset(path for path in paths if path in shown)


class InMemorySchedule:
    def __init__(self, tables: ContentTables) -> None:
        self._tables = tables

    async def entries(self, channel_id: ChannelId) -> Sequence[ScheduleEntry]:
        mine = [entry for entry in self._tables.entries.values() if entry.channel_id == channel_id]
        return sorted(mine, key=lambda entry: entry.id.uuid)

    async def save(self, entry: ScheduleEntry) -> None:
        self._tables.entries[entry.channel_id, entry.id] = entry

    async def remove(self, channel_id: ChannelId, entry_id: ScheduleEntryId) -> bool:
        return self._tables.entries.pop((channel_id, entry_id), None) is not None

    async def vacation(self, channel_id: ChannelId) -> Vacation | None:
        return self._tables.vacations.get(channel_id)

    async def set_vacation(self, channel_id: ChannelId, vacation: Vacation | None) -> None:
        self._tables.vacations.pop(channel_id, None)
        if vacation is not None:
            self._tables.vacations[channel_id] = vacation


class FakeMarkdownRenderer:
    """Marks what it was given. Change `version` to make all it rendered before out of date."""

    def __init__(self) -> None:
        self.version = 1

    async def html(self, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"<{self.version}>{text}" for text in texts)


class FakeCalendarWriter:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.written: list[Calendar] = []

    async def ics(self, calendar: Calendar, now: object) -> bytes:
        self.written.append(calendar)
        return b"BEGIN:VCALENDAR"

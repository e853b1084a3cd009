"""What the parts of a channel's page need from outside: the text about it and its schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from livehouse.channel.contract import ChannelId, ChannelName
from livehouse.channel.domain.about import About
from livehouse.channel.domain.schedule import ScheduleEntry, ScheduleEntryId, Vacation


@dataclass(frozen=True, slots=True)
class RenderedAbout:
    """html: of `about.texts`, one for each. renderer: which version of the rules made it."""

    about: About
    html: tuple[str, ...]
    renderer: int


class MarkdownRenderer(Protocol):
    version: int
    """Grows with its rules: what an older one made is made anew."""

    async def html(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Safe HTML of each text, whatever stands in it. Does not hold up the event loop.

        Raises `Invalid` (text-too-complex) when they take more work, or make more HTML, than texts should,
        `Unavailable` (texts-busy).
        """
        ...


class AboutStore(Protocol):
    async def of(self, channel_id: ChannelId) -> RenderedAbout | None: ...

    async def save(self, rendered: RenderedAbout) -> None: ...

    async def save_html(self, rendered: RenderedAbout) -> None:
        """The HTML only, and only while the text is of the same version."""
        ...

    async def images_among(self, paths: Sequence[str]) -> frozenset[str]:
        """Those that any panel shows."""
        ...


class ScheduleStore(Protocol):
    async def entries(self, channel_id: ChannelId) -> Sequence[ScheduleEntry]:
        """All of a channel, in the order they were made."""
        ...

    async def save(self, entry: ScheduleEntry) -> None:
        """Add it, or replace the one of its id."""
        ...

    async def remove(self, channel_id: ChannelId, entry_id: ScheduleEntryId) -> bool:
        """False when there is none."""
        ...

    async def vacation(self, channel_id: ChannelId) -> Vacation | None: ...

    async def set_vacation(self, channel_id: ChannelId, vacation: Vacation | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a calendar feed shows. page_url: of the channel's page."""

    channel_name: ChannelName
    page_url: str
    entries: tuple[ScheduleEntry, ...]
    vacation: Vacation | None


class CalendarWriter(Protocol):
    async def ics(self, calendar: Calendar, now: datetime) -> bytes:
        """An iCalendar object (RFC 5545). Does not hold up the event loop."""
        ...

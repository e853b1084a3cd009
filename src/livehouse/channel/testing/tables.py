"""What the in-memory channels are kept in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cpc.eventbus.testing import InMemoryTables
from cpc.images.image import ImageName
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import CategoryId, ChannelId, ChannelName
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics
from livehouse.channel.domain.category import Category
from livehouse.channel.domain.channel import Channel
from livehouse.channel.domain.role_grant import RoleGrant
from livehouse.channel.testing.content import ContentTables


@dataclass(frozen=True, slots=True)
class LiveRow:
    broadcast_id: str
    viewers: int
    started_at: datetime


def _some_categories() -> dict[CategoryId, Category]:
    """A few of those that a new database has."""
    names = ("Talk", "Music", "Art", "Games", "Chess", "Food and Cooking")
    made = [
        Category(CategoryId(UUID(int=2**100 + number)), name.lower().replace(" ", "-"), name)
        for number, name in enumerate(names)
    ]
    return {category.id: category for category in made}


@dataclass(slots=True)
class Tables(InMemoryTables):
    channels: dict[ChannelId, Channel] = field(default_factory=dict)
    directory: dict[ChannelId, LiveRow] = field(default_factory=dict)
    content: ContentTables = field(default_factory=ContentTables)
    banners: dict[ChannelId, ImageName] = field(default_factory=dict)
    images_in_doubt: dict[ImageName, datetime] = field(default_factory=dict)
    categories: dict[CategoryId, Category] = field(default_factory=_some_categories)
    former_slugs: dict[str, CategoryId] = field(default_factory=dict)
    statistics: dict[tuple[ChannelId, str], BroadcastStatistics] = field(default_factory=dict)
    roles: dict[tuple[ChannelId, AccountId], RoleGrant] = field(default_factory=dict)
    former_names: dict[ChannelName, tuple[ChannelId, datetime]] = field(default_factory=dict)
    erased_channels: dict[AccountId, datetime] = field(default_factory=dict)

    def read(self, channel: Channel) -> Channel:
        """With its category as it is called by now."""
        category = None if channel.category_id is None else self.categories.get(channel.category_id)
        return channel.about(category)

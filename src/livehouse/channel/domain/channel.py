"""A creator's channel and what its owner may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from cpc.kernel.errors import PreconditionFailed
from livehouse.access.contract import Role, Suspension
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import CategoryId, ChannelId, ChannelName, ChatModes, Privacy
from livehouse.channel.domain.category import Category
from livehouse.channel.domain.settings import titled, valid_ladder, valid_language, valid_tags

MAX_TITLE_CHARACTERS = 140


class ChannelState(StrEnum):
    """As administrators sort channels. One about to be erased may be suspended too."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatModesChange:
    """What shall be else; None leaves a mode as it is. followers_only_off: anybody may write again."""

    slow_mode_s: int | None = None
    followers_only_min: int | None = None
    followers_only_off: bool = False
    members_only: bool | None = None
    emotes_only: bool | None = None

    def of(self, modes: ChatModes) -> ChatModes:
        """Raises `Invalid` (slow-mode-range, followers-only-range)."""
        followed_min = (
            modes.followers_only_min if self.followers_only_min is None else self.followers_only_min
        )
        return ChatModes(
            slow_mode_s=modes.slow_mode_s if self.slow_mode_s is None else self.slow_mode_s,
            followers_only_min=None if self.followers_only_off else followed_min,
            members_only=modes.members_only if self.members_only is None else self.members_only,
            emotes_only=modes.emotes_only if self.emotes_only is None else self.emotes_only,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """What shall be else, as it was typed; None leaves a field as it is.

    category: name or slug; empty for none.
    """

    title: str | None = None
    category: str | None = None
    tags: Sequence[str] | None = None
    language: str | None = None
    is_mature: bool | None = None
    is_recorded: bool | None = None
    ladder: Sequence[int] | None = None
    privacy: Privacy | None = None
    chat_modes: ChatModesChange | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """version: grows by one with every change; what `If-Match` compares.

    category, category_slug: of the category as it is called by now; empty and None without one.
    language: RFC 5646 section 2.2.1, empty where none was said. ladder: heights a broadcast is offered in
    below its own; empty: chosen by itself. suspension: the last one that was not lifted; its end may have
    passed. owner_suspension: the same, of the owner's account. deletion_due_at: when it will be erased, where
    that was asked for.
    """

    id: ChannelId
    owner_id: AccountId
    name: ChannelName
    title: str
    category: str
    created_at: datetime
    version: int = 1
    tags: tuple[str, ...] = ()
    language: str = ""
    is_mature: bool = False
    is_recorded: bool = False
    ladder: tuple[int, ...] = ()
    privacy: Privacy = Privacy.PUBLIC
    chat_modes: ChatModes = field(default_factory=ChatModes)
    suspension: Suspension | None = None
    deletion_due_at: datetime | None = None
    renamed_at: datetime | None = None
    category_id: CategoryId | None = None
    category_slug: str | None = None
    owner_suspension: Suspension | None = None

    def suspension_at(self, now: datetime) -> Suspension | None:
        """The channel's own, else its owner's; None unless one counts now."""
        own = self.own_suspension_at(now)
        if own is not None or self.owner_suspension is None:
            return own
        return self.owner_suspension.at(now)

    def own_suspension_at(self, now: datetime) -> Suspension | None:
        return None if self.suspension is None else self.suspension.at(now)

    def suspension_as(self, role: Role | None, now: datetime) -> Suspension | None:
        """What somebody with that role may know: why the owner's account is suspended, is for the owner
        alone.
        """
        return self.suspension_at(now) if role is Role.OWNER else self.own_suspension_at(now)

    def about(self, category: Category | None) -> Self:
        """With that category, or none."""
        if category is None:
            return replace(self, category="", category_id=None, category_slug=None)
        return replace(self, category=category.name, category_id=category.id, category_slug=category.slug)

    def changed(
        self,
        change: SettingsChange,
        *,
        category: Category | None = None,
        expected_version: int | None = None,
    ) -> Self:
        """The channel after a change, itself when nothing is else. category: the one that `change` names.

        Raises `PreconditionFailed` (channel-changed), `Invalid`.
        """
        if expected_version is not None and expected_version != self.version:
            raise PreconditionFailed(
                "channel-changed", "The channel was changed meanwhile. Load it again, then repeat the change."
            )
        new = replace(
            self,
            title=self.title
            if change.title is None
            else titled(change.title, MAX_TITLE_CHARACTERS, "channel"),
            tags=self.tags if change.tags is None else valid_tags(change.tags),
            language=self.language if change.language is None else valid_language(change.language),
            is_mature=self.is_mature if change.is_mature is None else change.is_mature,
            is_recorded=self.is_recorded if change.is_recorded is None else change.is_recorded,
            ladder=self.ladder if change.ladder is None else valid_ladder(change.ladder),
            privacy=self.privacy if change.privacy is None else change.privacy,
            chat_modes=self.chat_modes
            if change.chat_modes is None
            else change.chat_modes.of(self.chat_modes),
        )
        if change.category is not None:
            new = new.about(category)
        return self if new == self else replace(new, version=self.version + 1)

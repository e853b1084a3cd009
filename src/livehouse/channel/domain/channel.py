"""A creator's channel and what its owner may change."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from cpc.kernel.errors import Invalid, PreconditionFailed
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, ChannelName

MAX_TITLE_CHARACTERS = 140
MAX_CATEGORY_CHARACTERS = 50


@dataclass(frozen=True, slots=True)
class Channel:
    """version: grows by one with every change; what `If-Match` compares."""

    id: ChannelId
    owner_id: AccountId
    name: ChannelName
    title: str
    category: str
    created_at: datetime
    version: int = 1

    def changed(
        self,
        *,
        title: str | None = None,
        category: str | None = None,
        expected_version: int | None = None,
    ) -> Self:
        """The channel after a change; None leaves a field as it is.

        Raises `PreconditionFailed` (channel-changed), `Invalid`.
        """
        if expected_version is not None and expected_version != self.version:
            raise PreconditionFailed(
                "channel-changed", "The channel was changed meanwhile. Load it again, then repeat the change."
            )
        new_title = self.title if title is None else one_line(title, MAX_TITLE_CHARACTERS, "title")
        new_category = (
            self.category if category is None else one_line(category, MAX_CATEGORY_CHARACTERS, "category")
        )
        if (new_title, new_category) == (self.title, self.category):
            return self
        return replace(self, title=new_title, category=new_category, version=self.version + 1)


def one_line(text: str, max_characters: int, what: str) -> str:
    """Trimmed, white space folded; control, bidirectional-override and unassigned characters dropped."""
    if len(text) > max_characters * 20:  # before any work on it
        raise _too_long(what, max_characters)
    spaced = " ".join(text.split())
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", spaced)
        if unicodedata.category(character) not in {"Cc", "Cs", "Cn", "Co"}
        and character not in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ).strip()
    if len(kept) > max_characters:
        raise _too_long(what, max_characters)
    return kept


def _too_long(what: str, max_characters: int) -> Invalid:
    return Invalid(f"{what}-too-long", f"The {what} may have at most {max_characters} characters.")

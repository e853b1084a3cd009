"""What a channel says of itself: a description and panels, written in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from cpc.kernel.errors import Invalid, PreconditionFailed
from cpc.kernel.text import visible_text
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.settings import one_line

MAX_DESCRIPTION_CHARACTERS = 5000
MAX_PANELS = 12
MAX_PANEL_TITLE_CHARACTERS = 60
MAX_PANEL_CHARACTERS = 2500
MAX_IMAGE_ALT_CHARACTERS = 200
MAX_LINK_CHARACTERS = 500

# Where this node serves what was uploaded to it. Pictures from elsewhere would tell their host who looks.
OWN_IMAGE = re.compile(r"/images/[0-9a-f]{40}\.webp")


class WrittenPanel(NamedTuple):
    """A panel as somebody sent it, not judged yet. text: Markdown."""

    title: str
    text: str
    link_url: str | None = None
    image: str | None = None
    image_alt: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A box below the player. text: Markdown. image: path of a picture on this node. image_alt: what the
    picture shows, for who does not see it; empty without a picture.
    """

    title: str
    text: str
    link_url: str | None = None
    image: str | None = None
    image_alt: str = ""

    @classmethod
    def parse(cls, written: WrittenPanel) -> Panel:
        """Raises `Invalid` (panel-title-too-long, panel-text-too-long, panel-image-alt-too-long, panel-empty,
        and of `valid_link` and `valid_image`).
        """
        image_alt = one_line(written.image_alt, MAX_IMAGE_ALT_CHARACTERS, "panel-image-alt")
        panel = cls(
            one_line(written.title, MAX_PANEL_TITLE_CHARACTERS, "panel-title"),
            markdown(written.text, MAX_PANEL_CHARACTERS, "panel-text"),
            valid_link(written.link_url) if written.link_url else None,
            valid_image(written.image) if written.image else None,
            image_alt if written.image else "",
        )
        if not (panel.title or panel.text or panel.image):
            raise Invalid("panel-empty", "A panel has a title, a text or a picture. Remove empty ones.")
        return panel


@dataclass(frozen=True, slots=True)
class About:
    """description: Markdown. version: 0 before anything was said, one more with every change."""

    channel_id: ChannelId
    description: str = ""
    panels: tuple[Panel, ...] = ()
    version: int = 0

    @property
    def texts(self) -> tuple[str, ...]:
        """All Markdown in it: the description, then the text of each panel."""
        return (self.description, *(panel.text for panel in self.panels))

    @property
    def images(self) -> tuple[str, ...]:
        """Paths of the pictures that its panels show."""
        return tuple(panel.image for panel in self.panels if panel.image)

    def changed(self, description: str, panels: Sequence[Panel], expected_version: int | None) -> About:
        """Raises `PreconditionFailed` (about-changed)."""
        if expected_version is not None and expected_version != self.version:
            raise PreconditionFailed(
                "about-changed", "What the channel says of itself was changed meanwhile. Load it again."
            )
        return About(self.channel_id, description, tuple(panels), self.version + 1)


def parse_panels(panels: Sequence[WrittenPanel]) -> tuple[Panel, ...]:
    """Raises `Invalid` (too-many-panels, and of `Panel.parse`)."""
    if len(panels) > MAX_PANELS:
        raise Invalid("too-many-panels", f"A channel has at most {MAX_PANELS} panels.")
    return tuple(Panel.parse(panel) for panel in panels)


def markdown(text: str, max_characters: int, what: str) -> str:
    """Text of several lines: line ends made one kind, control and bidirectional-override characters dropped.

    Raises `Invalid` (<what>-too-long).
    """
    too_long = Invalid(f"{what}-too-long", f"The {what} may have at most {max_characters} characters.")
    if len(text) > max_characters * 4:  # before any work on it
        raise too_long
    kept = visible_text(text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t").strip()
    if len(kept) > max_characters:
        raise too_long
    return kept


def valid_link(url: str) -> str:
    """An absolute http or https address. Raises `Invalid` (malformed-link)."""
    malformed = Invalid(
        "malformed-link",
        f"A link is a whole address such as https://example.org/shop, of at most {MAX_LINK_CHARACTERS} "
        "characters and without a user name.",
    )
    url = url.strip()
    if not 0 < len(url) <= MAX_LINK_CHARACTERS or re.search(r"[\s\x00-\x20\x7f\\<>\"`{}|^]", url):
        raise malformed
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port is not False
    except ValueError:
        raise malformed from None
    if parts.scheme not in {"http", "https"} or not has_host or "@" in parts.netloc:
        raise malformed
    return url


def valid_image(path: str) -> str:
    """Raises `Invalid` (foreign-image)."""
    if not OWN_IMAGE.fullmatch(path):
        raise Invalid(
            "foreign-image",
            "A picture is one uploaded here, such as /images/<name>.webp, never one from elsewhere.",
        )
    return path

"""What broadcasts are about, as administrators keep it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from cpc.kernel.errors import Invalid, PreconditionFailed
from livehouse.channel.contract import CategoryId
from livehouse.channel.domain.about import markdown, valid_image
from livehouse.channel.domain.settings import one_line

MAX_CATEGORIES = 5000
MAX_NAME_CHARACTERS = 50
MAX_DESCRIPTION_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Category:
    """slug: what its address has, made of the name it was given first. box_art: path of a picture here.
    version: one more with each change.
    """

    id: CategoryId
    slug: str
    name: str
    description: str = ""
    box_art: str | None = None
    version: int = 1

    def check_version(self, expected_version: int | None) -> None:
        """None: whichever it is. Raises `PreconditionFailed` (category-changed)."""
        if expected_version not in (None, self.version):
            raise PreconditionFailed(
                "category-changed",
                "The category was changed meanwhile. Load it again, then repeat the change.",
            )


def category_slug(name: str, category_id: CategoryId) -> str:
    """Letters, digits and dashes of ASCII; a name that has none of them is called by its id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or f"category-{category_id.uuid.hex[-12:]}"


def valid_category_name(name: str) -> str:
    """Raises `Invalid` (category-too-long, category-name-missing)."""
    line = one_line(name, MAX_NAME_CHARACTERS, "category")
    if not line:
        raise Invalid("category-name-missing", "Give the category a name.")
    return line


def valid_category_description(text: str) -> str:
    """Raises `Invalid` (description-too-long)."""
    return markdown(text, MAX_DESCRIPTION_CHARACTERS, "description")


def valid_box_art(path: str) -> str | None:
    """None for an empty one. Raises `Invalid` (foreign-image)."""
    return valid_image(path) if path else None

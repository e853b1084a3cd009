"""Cleaning what people type, so that it can only ever be one line of visible text.

Nothing is escaped: chat text is never HTML, the page renders text nodes.
"""

from __future__ import annotations

from cpc.kernel.errors import Invalid
from cpc.kernel.text import visible_line


def clean_chat_text(text: str, *, characters: int) -> str:
    """As `visible_line`.

    Raises `Invalid`: `empty-message` when nothing visible is left, `message-too-long` above `characters`
    code points.
    """
    line = visible_line(text)
    if not line:
        raise Invalid("empty-message", "The message has no visible character.")
    if len(line) > characters:
        raise Invalid(
            "message-too-long", f"The message has {len(line)} characters; at most {characters} are allowed."
        )
    return line

"""A message as a list of fragments: what the page renders as text, mentions and links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_NAME = r"[A-Za-z0-9_]{3,25}"
_FOUND = re.compile(
    rf"(?<![\w@./:])@(?P<name>{_NAME})(?![A-Za-z0-9_])"
    r"|(?<![A-Za-z0-9_])(?P<url>https?://[^\s<>\"'`{}|\\^]+)",
    re.IGNORECASE,
)
_CLOSING = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class TextFragment:
    text: str

    def to_json(self) -> dict[str, str]:
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class MentionFragment:
    """text: as typed, with the @. name: the account's, in lower case; it may not exist."""

    text: str
    name: str

    def to_json(self) -> dict[str, str]:
        return {"type": "mention", "text": self.text, "name": self.name}


@dataclass(frozen=True, slots=True)
class LinkFragment:
    """url: http or https only."""

    text: str
    url: str

    def to_json(self) -> dict[str, str]:
        return {"type": "link", "text": self.text, "url": self.url}


Fragment = TextFragment | MentionFragment | LinkFragment


def parse_fragments(text: str) -> tuple[Fragment, ...]:
    """Cut clean chat text into fragments; their texts joined are the text again."""
    fragments: list[Fragment] = []
    plain_from = 0
    for found in _FOUND.finditer(text):
        fragment = _mention(found) or _link(found["url"] or "")
        if fragment is None:
            continue
        if found.start() > plain_from:
            fragments.append(TextFragment(text[plain_from : found.start()]))
        fragments.append(fragment)
        plain_from = found.start() + len(fragment.text)
    if plain_from < len(text):
        fragments.append(TextFragment(text[plain_from:]))
    return tuple(fragments)


def fragment_from_json(data: Mapping[str, str]) -> Fragment:
    if data["type"] == "mention":
        return MentionFragment(data["text"], data["name"])
    if data["type"] == "link":
        return LinkFragment(data["text"], data["url"])
    return TextFragment(data["text"])


def _mention(found: re.Match[str]) -> MentionFragment | None:
    name = found["name"]
    return None if name is None else MentionFragment(f"@{name}", name.lower())


def _link(url: str) -> LinkFragment | None:
    url = _without_trailing_punctuation(url)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    # A user name before the host is how https://bank.example@evil.example lies about where it goes.
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return LinkFragment(url, url)


def _without_trailing_punctuation(url: str) -> str:
    """The full stop of the sentence, or the bracket around the link, is not part of it."""
    while url:
        last = url[-1]
        opening = _CLOSING.get(last)
        if last in ".,;:!?…*_~" or (opening is not None and url.count(opening) < url.count(last)):
            url = url[:-1]
        else:
            break
    return url

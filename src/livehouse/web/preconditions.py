"""Conditional requests (RFC 9110 section 13), for every resource that has a version.

An ETag of ours is `"<version>-<checksum>"`. `If-None-Match` compares all of it, so that an answer is sent
again when anything in it changed. `If-Match` compares the version, so that what changes by itself, such as
the number of viewers, does not refuse a change of what somebody edits.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Header, Response

from cpc.kernel.errors import Invalid, PreconditionFailed

_ENTITY_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')  # RFC 9110 section 8.8.3
_OURS = re.compile(r'"(\d{1,9})-[0-9a-f]{8}"')

IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag that the change is based on; 412 when it has changed meanwhile",
        examples=['"3-9e83a1c0"'],
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(description="ETags at hand; 304 when one of them still holds", examples=['"3-9e83a1c0"']),
]
NOT_MODIFIED: dict[int | str, dict[str, object]] = {304: {"description": "As in the ETag sent"}}
"""For `responses` of a route that takes `IfNoneMatch`."""


@dataclass(frozen=True, slots=True)
class EntityTag:
    """opaque: with its quotes."""

    opaque: str
    is_weak: bool = False


def entity_tags(header: str) -> list[EntityTag]:
    """What a list of entity tags holds; what is none is left out."""
    return [EntityTag(found.group(2), found.group(1) is not None) for found in _ENTITY_TAG.finditer(header)]


def entity_tag(body: str, version: int) -> str:
    """body: JSON of the resource as it is now."""
    return f'"{version}-{zlib.crc32(body.encode()):08x}"'


@dataclass(frozen=True, slots=True)
class Representation:
    """A resource with a version, as it is sent (RFC 9110 section 3.2). body: JSON."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, body: str, version: int) -> Self:
        return cls(body.encode(), entity_tag(body, version))

    def answer(
        self,
        if_none_match: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """304 without the body where one of the tags of `if_none_match` still holds; it carries what a cache
        must know (RFC 9110 section 15.4.5)."""
        headers = {"Cache-Control": "private, no-cache", **(headers or {}), "ETag": self.etag}
        if if_none_match is not None and _holds(if_none_match, self.etag):
            return Response(status_code=304, headers=headers)
        return Response(self.body, status, headers, "application/json")


def versioned_answer(
    body: str,
    version: int,
    if_none_match: str | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """body: JSON of the resource as it is now."""
    return Representation.of(body, version).answer(if_none_match, status=status, headers=headers)


def expected_version(if_match: str | None, slug: str) -> int | None:
    """The version that a change is based on; None: whichever it is, as without the header or with `*`.

    slug: of the problem when nothing that was sent can match. Of several the newest counts: versions only
    grow, so no other could be the present one. Raises `Invalid` (malformed-if-match), `PreconditionFailed`.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = entity_tags(if_match)
    if not tags:
        raise Invalid(
            "malformed-if-match", "If-Match holds no entity tag. Send the ETag as it came, with quotes."
        )
    versions = [
        int(ours.group(1))
        for tag in tags
        if not tag.is_weak and (ours := _OURS.fullmatch(tag.opaque)) is not None  # section 13.1.1
    ]
    if not versions:
        raise PreconditionFailed(slug, "It never had that ETag. Load it again, then change it.")
    return max(versions)


def _holds(if_none_match: str, etag: str) -> bool:
    """Compared weakly (RFC 9110 section 13.1.2)."""
    return if_none_match.strip() == "*" or any(tag.opaque == etag for tag in entity_tags(if_none_match))

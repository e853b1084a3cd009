"""What an uploaded picture becomes, what it may be, and the name it gets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from cpc.kernel.errors import Unprocessable

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""Of the first picture of a file, by its header."""


@dataclass(frozen=True, slots=True)
class ImageForm:
    """sizes: (width, height) in pixels, the largest first.

    is_cropped: exactly that size, the middle of the picture; otherwise it fits inside and is never enlarged.
    """

    sizes: tuple[tuple[int, int], ...]
    is_cropped: bool


@dataclass(frozen=True, slots=True)
class ImageName:
    """160 bits of the hash of what it shows, as 40 hex digits: the same picture has the same name."""

    text: str

    _FORM: ClassVar[re.Pattern[str]] = re.compile(r"[0-9a-f]{40}")

    def __post_init__(self) -> None:
        if not self._FORM.fullmatch(self.text):
            raise ValueError(f"{self.text[:60]!r} is no name of an image: 40 hex digits")

    @classmethod
    def of(cls, content: bytes) -> Self:
        return cls(hashlib.sha256(content).hexdigest()[:40])

    def __str__(self) -> str:
        return self.text

    @property
    def path(self) -> str:
        """Of its largest size, below the site's address."""
        return f"/images/{self.text}.webp"


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One size of an image. width: None for the largest, else what its path ends with."""

    name: ImageName
    width: int | None = None

    _FORM: ClassVar[re.Pattern[str]] = re.compile(r"([0-9a-f]{40})(?:-([1-9][0-9]{0,3}))?\.webp")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """`<name>.webp` or `<name>-<width>.webp`; None for anything else."""
        match = cls._FORM.fullmatch(text)
        return None if match is None else cls(ImageName(match[1]), int(match[2]) if match[2] else None)


@dataclass(frozen=True, slots=True)
class MadeImage:
    """files: WebP by width, None for the largest."""

    name: ImageName
    files: Mapping[int | None, bytes]

    @classmethod
    def of(cls, form: ImageForm, contents: list[bytes]) -> Self:
        """contents: as `form.sizes` orders them."""
        widths = [None, *(width for width, _ in form.sizes[1:])]
        return cls(ImageName.of(contents[0]), dict(zip(widths, contents, strict=True)))


# The first bytes of a file say what it is; what the sender says of it counts for nothing.
_TAKEN = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("WEBP", re.compile(rb"RIFF....WEBP", re.S)),
    ("AVIF", re.compile(rb"....ftyp(?:avif|avis)", re.S)),
)
_KNOWN = (
    ("SVG", re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!DOCTYPE svg)", re.I)),
    ("BMP", re.compile(rb"BM")),
    ("TIFF", re.compile(rb"II\*\x00|MM\x00\*")),
    ("HEIC", re.compile(rb"....ftyp(?:heic|heix|mif1|msf1|hevc)", re.S)),
    ("PDF", re.compile(rb"%PDF-")),
    ("ICO", re.compile(rb"\x00\x00[\x01\x02]\x00")),
    ("PSD", re.compile(rb"8BPS")),
    ("JPEG XL", re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL ")),
)


def sniffed(content: bytes) -> str:
    """PNG, JPEG, GIF, WEBP or AVIF. Raises `Unprocessable`: image-type-not-taken, not-an-image."""
    for kind, form in _TAKEN:
        if form.match(content):
            return kind
    for kind, form in _KNOWN:
        if form.match(content):
            raise Unprocessable(
                "image-type-not-taken", f"{kind} is not taken. Send a PNG, JPEG, WebP, AVIF or GIF."
            )
    raise not_an_image()


def not_an_image() -> Unprocessable:
    return Unprocessable("not-an-image", "This is no image. Send a PNG, JPEG, WebP, AVIF or GIF.")


def too_large() -> Unprocessable:
    return Unprocessable(
        "image-too-large",
        f"An image may have at most {MAX_UPLOAD_BYTES // 2**20} MiB and {MAX_PIXELS // 10**6} million "
        "pixels. Make it smaller.",
    )


def damaged() -> Unprocessable:
    return Unprocessable("image-damaged", "The image is damaged or cut short. Send it again, or another one.")

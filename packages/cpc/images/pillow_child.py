"""The process that decodes one upload and ends: `python -I pillow_child.py SETTINGS`, the file on its input.

Whatever a decoder does with bytes from strangers stays in here: memory, time and files are limited, and it
knows nothing of the node. Prints one line of JSON, `{"lengths": […]}` with the files behind it, or
`{"error": "…"}`.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import warnings
from collections.abc import Sequence

from PIL import Image, ImageCms, ImageFile, ImageOps

_QUALITY = 82


def main() -> None:
    settings = json.loads(sys.argv[1])
    _confine(settings["memory_bytes"], settings["cpu_s"])
    # Pillow's own limit is no error; ours is checked before anything is decoded.
    Image.MAX_IMAGE_PIXELS = None
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("ignore")
    content = sys.stdin.buffer.read()
    try:
        files = render(
            content,
            settings["kind"],
            settings["sizes"],
            is_cropped=settings["is_cropped"],
            max_pixels=settings["max_pixels"],
        )
    except MemoryError:
        _answer({"error": "too-large"})
    except Exception:  # noqa: BLE001 - decoders raise anything at all at bytes made to hurt them
        _answer({"error": "damaged"})
    else:
        _answer({"lengths": [len(file) for file in files]} if files else {"error": "too-large"}, files)


def render(
    content: bytes, kind: str, sizes: Sequence[tuple[int, int]], *, is_cropped: bool, max_pixels: int
) -> list[bytes]:
    """WebP in these sizes; nothing for a picture of too many pixels. Raises whatever the decoder does."""
    image: Image.Image = Image.open(io.BytesIO(content), formats=(kind,))
    if image.width * image.height > max_pixels:
        return []
    largest = sizes[0]
    # A JPEG is decoded at a half, a quarter or an eighth where that is enough.
    image.draft("RGB", (largest[0] * 2, largest[1] * 2))
    image.load()
    if is_cropped:
        # Before anything else works on all the pixels; the middle is the middle also when turned.
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    upright = _upright(image)
    return [_webp(_scaled(upright, size, is_cropped)) for size in sizes]


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF says, in sRGB, 8 bits a channel, and nothing else of what came with it."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    transparent = image.has_transparency_data
    if image.mode not in {"RGB", "RGBA", "CMYK"}:
        image = image.convert("RGBA" if transparent else "RGB")
    if profile:
        image = _srgb(image, profile)
    if image.mode not in {"RGB", "RGBA"}:
        image = image.convert("RGB")
    image.info = {}
    return image


def _srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # a broken profile is as good as none
    return image if turned is None else turned


def _scaled(image: Image.Image, size: tuple[int, int], is_cropped: bool) -> Image.Image:
    width, height = size
    if is_cropped:
        return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    shrunk = image.copy()
    shrunk.thumbnail((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return shrunk


def _webp(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "WEBP", quality=_QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return written.getvalue()


def _confine(memory_bytes: int, cpu_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)


def _answer(head: dict[str, object], files: Sequence[bytes] = ()) -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(files))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

"""Images made by Pillow, each in a process of its own that has little memory and little time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cpc.images.image import MAX_PIXELS, ImageForm, MadeImage, damaged, sniffed, too_large
from cpc.kernel.confined_program import AllPlacesTaken, ConfinedProgram, ProgramStopped
from cpc.kernel.errors import Unavailable, Unprocessable

_PROGRAM = Path(__file__).with_name("pillow_child.py")
# 40 million pixels of four bytes, some copies of them, and the libraries.
_MEMORY_BYTES = 1536 * 2**20
_CPU_S = 10


class PillowImageMaker:
    """At most `at_once` processes and `max_waiting` uploads before them; more are told to come back."""

    def __init__(self, *, at_once: int = 2, max_waiting: int = 16, timeout_s: float = 20.0) -> None:
        self._program = ConfinedProgram(
            _PROGRAM, at_once=at_once, max_waiting=max_waiting, timeout_s=timeout_s
        )

    async def make(self, content: bytes, form: ImageForm) -> MadeImage:
        kind = sniffed(content)
        return MadeImage.of(form, await self._rendered(content, kind, form))

    async def _rendered(self, content: bytes, kind: str, form: ImageForm) -> list[bytes]:
        settings: dict[str, Any] = {
            "kind": kind,
            "sizes": form.sizes,
            "is_cropped": form.is_cropped,
            "max_pixels": MAX_PIXELS,
            "memory_bytes": _MEMORY_BYTES,
            "cpu_s": _CPU_S,
        }
        try:
            answer = await self._program.run(content, json.dumps(settings))
        except AllPlacesTaken:
            raise Unavailable(
                "images-busy", "Many images are being worked on. Try again in a moment.", 5.0
            ) from None
        except ProgramStopped:
            raise _too_complex() from None
        head, _, body = answer.partition(b"\n")
        return _files(head, body)


def _files(head: bytes, body: bytes) -> list[bytes]:
    try:
        said = json.loads(head)
    except ValueError:
        # Killed: by its limit of processor time, or by a decoder that crashed.
        raise _too_complex() from None
    if "error" in said:
        raise too_large() if said["error"] == "too-large" else damaged()
    files, at = [], 0
    for length in said["lengths"]:
        files.append(body[at : at + length])
        at += length
    return files


def _too_complex() -> Unprocessable:
    return Unprocessable(
        "image-too-complex", "This image takes more work than an image should. Save it anew, or send another."
    )

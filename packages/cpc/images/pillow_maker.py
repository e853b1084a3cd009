"""Images made by Pillow, each in a process of its own that has little memory and little time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

from cpc.images.image import MAX_PIXELS, ImageForm, MadeImage, damaged, sniffed, too_large
from cpc.kernel.errors import Unavailable, Unprocessable

_PROGRAM = Path(__file__).with_name("pillow_child.py")
# 40 million pixels of four bytes, some copies of them, and the libraries.
_MEMORY_BYTES = 1536 * 2**20
_CPU_S = 10


class PillowImageMaker:
    """At most `at_once` processes and `max_waiting` uploads before them; more are told to come back."""

    def __init__(self, *, at_once: int = 2, max_waiting: int = 16, timeout_s: float = 20.0) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._max_taken = at_once + max_waiting
        self._taken = 0
        self._timeout_s = timeout_s

    async def make(self, content: bytes, form: ImageForm) -> MadeImage:
        kind = sniffed(content)
        if self._taken >= self._max_taken:
            raise Unavailable("images-busy", "Many images are being worked on. Try again in a moment.", 5.0)
        self._taken += 1
        try:
            async with self._places:
                return MadeImage.of(form, await self._rendered(content, kind, form))
        finally:
            self._taken -= 1

    async def _rendered(self, content: bytes, kind: str, form: ImageForm) -> list[bytes]:
        settings: dict[str, Any] = {
            "kind": kind,
            "sizes": form.sizes,
            "is_cropped": form.is_cropped,
            "max_pixels": MAX_PIXELS,
            "memory_bytes": _MEMORY_BYTES,
            "cpu_s": _CPU_S,
        }
        # Isolated: neither environment nor working directory decide what it imports.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_PROGRAM), json.dumps(settings), stdin=PIPE, stdout=PIPE, env={}
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                answer, _ = await process.communicate(content)
        except TimeoutError:
            raise _too_complex() from None
        finally:
            await _end(process)
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


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()

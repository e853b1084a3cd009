"""The demo's encoder in a process of its own, watched: FFmpeg may wait for ever for a server that died."""

from __future__ import annotations

import multiprocessing
import signal
import time
from ctypes import c_double
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

import av.error

from livehouse.streaming.adapters.pyav_broadcast import broadcast_demo

_CONTEXT = multiprocessing.get_context("spawn")
_GOODBYE_S = 5.0


class DemoEncoder:
    """One WHIP session. Start it, look at it, stop it."""

    def __init__(self, whip_url: str, stream_key: str, width: int, height: int, bitrate_bps: int) -> None:
        self._over = _CONTEXT.Event()
        self._progress_s = _CONTEXT.Value(c_double, time.monotonic())
        self._refusals = _CONTEXT.SimpleQueue()
        self._process = _CONTEXT.Process(
            target=_encode,
            args=(
                (whip_url, stream_key, width, height, bitrate_bps),
                self._over,
                self._progress_s,
                self._refusals,
            ),
            name="livehouse demo encoder",
            daemon=True,
        )

    def start(self) -> None:
        self._process.start()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    @property
    def refusal(self) -> str | None:
        """Why it ended, if it says so."""
        return None if self._refusals.empty() else str(self._refusals.get())

    def silent_s(self) -> float:
        """Seconds since the last frame was sent, or since the start."""
        return time.monotonic() - self._progress_s.value

    def stop(self) -> None:
        """Say goodbye to the server, or, if that takes too long, just end."""
        self._over.set()
        if self._process.pid is None:
            return
        self._process.join(_GOODBYE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _encode(
    settings: tuple[str, str, int, int, int],
    over: Event,
    progress_s: Synchronized[float],
    refusals: multiprocessing.SimpleQueue[str],
) -> None:
    # Ctrl-C reaches the whole group; this process ends when its parent tells it to, with a goodbye.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    whip_url, stream_key, width, height, bitrate_bps = settings

    def is_over() -> bool:
        return over.is_set() or (parent is not None and not parent.is_alive())

    def on_progress() -> None:
        progress_s.value = time.monotonic()

    try:
        broadcast_demo(
            whip_url,
            stream_key,
            width=width,
            height=height,
            bitrate_bps=bitrate_bps,
            is_over=is_over,
            on_progress=on_progress,
        )
    except (av.error.FFmpegError, OSError) as error:
        refusals.put(error.strerror or str(error))

"""What the browsers' instruments (instruments.js) recorded, as figures."""

import base64
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Locator, Page
from tests.film import CHIRP_S, SAMPLE_RATE, chirp, film_pictures

Samples = npt.NDArray[np.float32]
# Shorter than the distance of two chirps, longer than any delay under test.
PAIRING_LIMIT_MS = 900


@dataclass(frozen=True)
class HeardChirp:
    """One chirp found in a recording; `at_ms` is the Unix time of its first sample."""

    at_ms: float
    upward: bool
    correlation: float


@dataclass(frozen=True)
class VideoReceived:
    """The counters of getStats() that a viewer would notice."""

    frames_received: int
    frames_decoded: int
    frames_dropped: int
    packets_lost: int
    freeze_count: int
    nack_count: int
    retransmitted_packets: int
    keyframe_requests: int
    codec: str
    width: int
    height: int
    is_synchronised: bool


def record_sound(video: Locator) -> None:
    video.evaluate("video => void instruments.record(video.srcObject.getAudioTracks()[0], 'heard')")


def chirps_in(page: Page, name: str) -> list[HeardChirp]:
    """Chirps in the recording `sent` (the publisher's microphone) or `heard` (the viewer's track)."""
    recording: dict[str, Any] = page.evaluate("name => instruments.recording(name)", name)
    recorded = np.frombuffer(base64.b64decode(recording["samples"]), np.float32)
    # One row a block: when it came (Unix ms), its timestamp on the track's own clock (ms), rate, samples.
    blocks = np.array(recording["blocks"], np.float64).reshape(-1, 4)
    if blocks[:, 3].sum() < 2 * SAMPLE_RATE:
        return []
    rate = blocks[0, 2]
    positions = np.arange(0, len(recorded), rate / SAMPLE_RATE)
    samples = np.interp(positions, np.arange(len(recorded)), recorded).astype(np.float32)
    heard = [
        HeardChirp(_unix_time_ms(blocks, position * rate / SAMPLE_RATE), upward, correlation)
        for upward in (True, False)
        for position, correlation in _matches(samples, chirp(upward=upward))
    ]
    return sorted(heard, key=lambda found: found.at_ms)


def sound_latencies_ms(sent: list[HeardChirp], heard: list[HeardChirp]) -> list[float]:
    """For each chirp heard, the time since the same chirp was sent."""
    latencies = []
    for arrival in heard:
        earlier = [
            arrival.at_ms - departure.at_ms
            for departure in sent
            if departure.upward == arrival.upward
            and -50 <= arrival.at_ms - departure.at_ms < PAIRING_LIMIT_MS
        ]
        if earlier:
            latencies.append(min(earlier))
    return latencies


def _matches(samples: Samples, template: Samples) -> list[tuple[int, float]]:
    """Where the template lies, and the normalised cross-correlation there (1: the same wave)."""
    size = 1 << (len(samples) + len(template)).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(template, size))
    product = np.fft.irfft(spectrum, size)[: len(samples) - len(template)]
    energy = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    window = energy[len(template) : -1] - energy[: -len(template) - 1]
    # Silence correlates with anything: windows below a hundredth of the loudest do not count.
    audible = window > max(1e-6, 0.01 * float(window.max()))
    norm = np.sqrt(np.maximum(window, 1e-12) * float(np.sum(template.astype(np.float64) ** 2)))
    correlation = np.where(audible, product / norm, 0.0)
    found = []
    radius = int(CHIRP_S * SAMPLE_RATE)
    remaining = correlation.copy()
    while (best := float(remaining.max())) >= 0.5:
        position = int(remaining.argmax())
        found.append((position, best))
        remaining[max(0, position - radius) : position + radius] = 0.0
    return found


def _unix_time_ms(blocks: npt.NDArray[np.float64], position: float) -> float:
    """The time of a recorded sample. A block may be handed over late, never early: the least delay counts."""
    starts = np.concatenate(([0.0], np.cumsum(blocks[:-1, 3])))
    index = int(np.searchsorted(starts, position, side="right")) - 1
    _, timestamp, rate, _ = blocks[index]
    near = blocks[np.abs(blocks[:, 1] - timestamp) < 1000]
    return float(np.min(near[:, 0] - near[:, 1]) + timestamp + (position - starts[index]) / rate * 1000)


def video_received(page: Page) -> VideoReceived | None:
    """Counters of the newest open peer connection's video, or None while there is none."""
    reports = page.evaluate("() => instruments.statistics('inbound-rtp')")
    if not reports:
        return None
    last = reports[-1]
    return VideoReceived(
        frames_received=last.get("framesReceived", 0),
        frames_decoded=last.get("framesDecoded", 0),
        frames_dropped=last.get("framesDropped", 0),
        packets_lost=last.get("packetsLost", 0),
        freeze_count=last.get("freezeCount", 0),
        nack_count=last.get("nackCount", 0),
        retransmitted_packets=last.get("retransmittedPacketsReceived", 0),
        keyframe_requests=last.get("pliCount", 0) + last.get("firCount", 0),
        codec=last.get("codec") or "",
        width=last.get("frameWidth", 0),
        height=last.get("frameHeight", 0),
        is_synchronised="estimatedPlayoutTimestamp" in last,
    )


def longest_stall_ms(page: Page, since_ms: float, until_ms: float) -> float:
    """The longest time between two pictures on the screen that `watchFrames` saw; by the page's clock."""
    shown: list[tuple[float, int]] = page.evaluate("() => instruments.shown")
    watched = [(at, count) for at, count in shown if since_ms <= at <= until_ms]
    edges = [(since_ms, watched[0][1] - 1), *watched, (until_ms, watched[-1][1] + 1)] if watched else []
    # Pictures the page was not told of were shown in between.
    steps = [
        (later - earlier) / max(1, after - before) for (earlier, before), (later, after) in pairwise(edges)
    ]
    return max(steps, default=until_ms - since_ms)


def likeness_to_the_film(video: Locator) -> float:
    """The correlation of what the video element shows with the film frame it is most like."""
    pictures = film_pictures()
    shown = np.array(video.evaluate("video => instruments.picture(video, 64, 36)"), np.float32)
    shown = (shown - shown.mean()) / (shown.std() + 1e-6)
    return float((pictures @ shown / len(shown)).max())

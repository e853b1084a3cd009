"""A generated programme: an animated picture with a clock, and soft music with a chirp each second.

The ring widens exactly while the chirp sounds, so that eye and ear can tell whether they come together.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from livehouse.streaming.adapters.stroke_letters import Mask, line

Picture = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]

SAMPLE_RATE = 48_000
_CHIRP_S = 0.12
_CHORD_S = 4.0
_CHORDS_HZ = (
    (220.00, 261.63, 329.63, 440.00),
    (174.61, 220.00, 261.63, 349.23),
    (196.00, 261.63, 329.63, 392.00),
    (196.00, 246.94, 293.66, 392.00),
)
_WHITE = np.array([255, 246, 230], np.float32)
_GLOW = np.array([255, 178, 36], np.float32)
_BALLS = (
    (np.array([255, 75, 75], np.float32), 0.9, 0.0),
    (np.array([124, 196, 255], np.float32), 0.7, 2.1),
    (np.array([255, 178, 36], np.float32), 0.5, 4.2),
)
_CLOUDS_EVERY_S = 0.1
_CLOUD = (90, 160)  # rows and columns of the background before it is scaled up


class DemoPicture:
    """Frames of a given size."""

    def __init__(self, width: int = 1280, height: int = 720) -> None:
        self._width = width
        self._height = height
        self._title = line("Livehouse", round(height * 0.17))
        rows, columns = _CLOUD
        self._y, self._x = np.mgrid[0:rows, 0:columns].astype(np.float32) / rows
        self._ball = _disc(round(height * 0.035))
        ring = round(height * 0.17)
        y, x = np.mgrid[-ring : ring + 1, -ring : ring + 1].astype(np.float32)
        self._ring_distance = np.hypot(x, y)
        self._ring_size = ring
        self._clouds: tuple[float, Picture | None] = (0.0, None)

    def frame(self, at_s: float, clock: datetime) -> Picture:
        """Rows, columns, RGB. at_s: into the programme. clock: the time of day shown."""
        picture = self._background(at_s).copy()
        centre_x, centre_y = self._width // 2, round(self._height * 0.42)
        self._pulse(picture, at_s, centre_x, round(self._height * 0.80))
        for color, speed, phase in _BALLS:
            angle = at_s * speed + phase
            x = centre_x + round(np.cos(angle) * self._width * 0.38)
            y = centre_y + round(np.sin(angle) * self._height * 0.27)
            _blend(picture, self._ball, x, y, color)
        _blend(picture, self._title, centre_x, centre_y, _WHITE)
        time_of_day = line(f"{clock:%H:%M:%S}.{clock.microsecond // 100_000}", round(self._height * 0.07))
        _blend(picture, time_of_day, centre_x, round(self._height * 0.80), _WHITE)
        return picture

    def _background(self, at_s: float) -> Picture:
        """Slow clouds: computed small, scaled up by FFmpeg, and anew only as often as they visibly move."""
        drawn_at_s, drawn = self._clouds
        if drawn is not None and 0 <= at_s - drawn_at_s < _CLOUDS_EVERY_S:
            return drawn
        waves = (
            np.sin(self._x * 3.1 + at_s * 0.31)
            + np.sin(self._y * 4.3 - at_s * 0.23)
            + np.sin((self._x + self._y) * 2.7 + at_s * 0.17)
        ) / 6 + 0.5
        small = np.stack([14 + 92 * waves, 13 + 44 * waves, 16 + 8 * waves], axis=-1).astype(np.uint8)
        frame = VideoFrame.from_ndarray(small, format="rgb24")
        large = frame.reformat(self._width, self._height, interpolation="BILINEAR").to_ndarray()
        clouds = large.astype(np.uint8, copy=False)
        self._clouds = (at_s, clouds)
        return clouds

    def _pulse(self, picture: Picture, at_s: float, x: int, y: int) -> None:
        age = at_s % 1.0
        radius = self._ring_size * min(1.0, 0.35 + age / _CHIRP_S * 0.5)
        strength = max(0.0, 1.0 - age)
        ring = np.clip(4.0 - np.abs(self._ring_distance - radius), 0, 1) * strength
        _blend(picture, ring.astype(np.float32), x, y, _GLOW)


class DemoSound:
    """Stereo samples between -1 and 1."""

    def samples(self, first: int, count: int) -> Sound:
        """Shape (count, 2). first: index of the first sample in the programme."""
        time = (first + np.arange(count)) / SAMPLE_RATE
        mix = np.zeros((count, 2))
        # Each chord swells and fades within its own span and a little over, so that none begins with a click.
        position = time / _CHORD_S
        for offset in (0, 1):
            index = np.floor(position).astype(int) - offset
            within = position - index
            swell = np.clip(within / 0.5, 0, 1) * np.clip((1.5 - within) / 0.5, 0, 1)
            frequencies = np.array(_CHORDS_HZ)[index % len(_CHORDS_HZ)]
            for voice in range(frequencies.shape[1]):
                tone = np.sin(2 * np.pi * frequencies[:, voice] * (time - index * _CHORD_S))
                pan = 0.35 + 0.3 * voice / (frequencies.shape[1] - 1)
                mix[:, 0] += 0.05 * swell * tone * (1 - pan)
                mix[:, 1] += 0.05 * swell * tone * pan
        age = time % 1.0
        sweep = np.sin(2 * np.pi * (700 * age + 2500 * age**2))
        chirp = 0.12 * sweep * np.clip(np.minimum(age, _CHIRP_S - age) / 0.02, 0, 1)
        mix += chirp[:, None]
        return mix.astype(np.float32)


def _disc(radius: int) -> Mask:
    y, x = np.mgrid[-radius - 1 : radius + 2, -radius - 1 : radius + 2].astype(np.float32)
    covered: Mask = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return covered


def _blend(
    picture: Picture, mask: Mask, centre_x: int, centre_y: int, color: npt.NDArray[np.float32]
) -> None:
    """Lay the color over the picture where the mask says; what is outside the picture is left out."""
    rows, columns = mask.shape
    top, left = centre_y - rows // 2, centre_x - columns // 2
    bottom, right = min(top + rows, picture.shape[0]), min(left + columns, picture.shape[1])
    mask = mask[max(0, -top) : bottom - top, max(0, -left) : right - left, None]
    top, left = max(0, top), max(0, left)
    below = picture[top:bottom, left:right]
    below[:] = (below + mask * (color - below)).astype(np.uint8)

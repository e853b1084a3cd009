"""Letters drawn as round strokes, so that a picture can bear words without a font file."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.float32]
Stroke = list[tuple[float, float]]

_X = 0.42
"""Height of the top of small letters; the baseline is at 1, tall letters begin at 0."""


def _arc(x: float, y: float, width: float, height: float, begin: float, end: float) -> Stroke:
    """Part of an ellipse; degrees clockwise from the right."""
    steps = max(6, round(abs(end - begin) / 15))
    angles = [math.radians(begin + (end - begin) * step / steps) for step in range(steps + 1)]
    return [(x + width / 2 * math.cos(angle), y + height / 2 * math.sin(angle)) for angle in angles]


_BOWL = (_X + 1) / 2
_BOWL_HEIGHT = 1 - _X
# Of each letter: its width, in heights of a tall letter, and its strokes.
_LETTERS: dict[str, tuple[float, list[Stroke]]] = {
    " ": (0.3, []),
    ":": (0.1, [[(0.05, 0.45), (0.05, 0.45)], [(0.05, 0.9), (0.05, 0.9)]]),
    ".": (0.1, [[(0.05, 1.0), (0.05, 1.0)]]),
    "L": (0.45, [[(0.0, 0.0), (0.0, 1.0), (0.45, 1.0)]]),
    "i": (0.0, [[(0.0, _X), (0.0, 1.0)], [(0.0, 0.16), (0.0, 0.16)]]),
    "v": (0.5, [[(0.0, _X), (0.25, 1.0), (0.5, _X)]]),
    "e": (0.5, [[(0.02, _BOWL), (0.5, _BOWL), *_arc(0.25, _BOWL, 0.5, _BOWL_HEIGHT, 0, -315)]]),
    "h": (
        0.44,
        [[(0.0, 0.0), (0.0, 1.0)], [*_arc(0.22, 0.66, 0.44, 0.48, 180, 360), (0.44, 1.0)]],
    ),
    "o": (0.54, [_arc(0.27, _BOWL, 0.54, _BOWL_HEIGHT, 0, 360)]),
    "u": (
        0.44,
        [[(0.0, _X), *_arc(0.22, 0.76, 0.44, 0.48, 180, 0), (0.44, _X)], [(0.44, _X), (0.44, 1.0)]],
    ),
    "s": (
        0.4,
        [[*_arc(0.2, 0.565, 0.36, 0.29, -30, -270), *_arc(0.2, 0.855, 0.4, 0.29, -90, 150)]],
    ),
    "0": (0.5, [_arc(0.25, 0.5, 0.5, 1.0, 0, 360)]),
    "1": (0.5, [[(0.08, 0.2), (0.28, 0.0), (0.28, 1.0)]]),
    "2": (0.5, [[*_arc(0.25, 0.26, 0.5, 0.52, 190, 385), (0.0, 1.0), (0.5, 1.0)]]),
    "3": (0.5, [_arc(0.23, 0.25, 0.46, 0.5, 200, 450), _arc(0.23, 0.75, 0.54, 0.5, -90, 160)]),
    "4": (0.5, [[(0.38, 1.0), (0.38, 0.0), (0.0, 0.7), (0.5, 0.7)]]),
    "5": (0.5, [[(0.45, 0.0), (0.06, 0.0), (0.03, 0.44), *_arc(0.23, 0.68, 0.54, 0.62, -125, 150)]]),
    "6": (0.5, [_arc(0.25, 0.68, 0.5, 0.62, 0, 360), [(0.02, 0.62), (0.12, 0.25), (0.36, 0.0)]]),
    "7": (0.5, [[(0.0, 0.0), (0.5, 0.0), (0.16, 1.0)]]),
    "8": (0.5, [_arc(0.25, 0.24, 0.44, 0.48, 0, 360), _arc(0.25, 0.74, 0.5, 0.52, 0, 360)]),
    "9": (0.5, [_arc(0.25, 0.31, 0.5, 0.62, 0, 360), [(0.48, 0.38), (0.38, 0.75), (0.14, 1.0)]]),
}


@cache
def letter(character: str, height: int) -> Mask:
    """How much of each pixel the letter covers, 0 to 1. height: of a tall letter, in pixels."""
    width, strokes = _LETTERS[character]
    radius = height * 0.055
    margin = math.ceil(radius) + 1
    rows, columns = height + 2 * margin, math.ceil(width * height) + 2 * margin
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) - margin
    distance = np.full((rows, columns), 1e6, np.float32)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in pairwise(stroke):
            distance = np.minimum(
                distance, _to_segment(x, y, x0 * height, y0 * height, x1 * height, y1 * height)
            )
    covered: Mask = np.clip(radius + 0.5 - distance, 0, 1)
    return covered


def line(text: str, height: int) -> Mask:
    """Letters side by side."""
    masks = [letter(character, height) for character in text]
    return np.concatenate([np.pad(mask, ((0, 0), (0, round(height * 0.06)))) for mask in masks], axis=1)


def _to_segment(x: Mask, y: Mask, x0: float, y0: float, x1: float, y1: float) -> Mask:
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    along = np.zeros_like(x) if length == 0 else np.clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1)
    return np.hypot(x - (x0 + along * dx), y - (y0 + along * dy)).astype(np.float32)

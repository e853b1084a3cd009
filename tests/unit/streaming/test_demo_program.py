from datetime import UTC, datetime

import numpy as np

from livehouse.streaming.adapters.demo_program import SAMPLE_RATE, DemoPicture, DemoSound
from livehouse.streaming.adapters.stroke_letters import line

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def test_picture_moves_and_shows_the_time() -> None:
    picture = DemoPicture(640, 360)
    first = picture.frame(0.0, NOON)
    assert first.shape == (360, 640, 3)
    assert (first != picture.frame(0.5, NOON)).any()
    clock = slice(260, 320)
    assert (first[clock] != picture.frame(0.0, NOON.replace(hour=13))[clock]).any()


def test_frames_do_not_share_their_pixels() -> None:
    picture = DemoPicture(640, 360)
    first = picture.frame(0.0, NOON)
    kept = first.copy()
    picture.frame(1 / 30, NOON)
    assert (first == kept).all()


def test_every_digit_looks_different() -> None:
    digits = [np.pad(line(digit, 40), ((0, 0), (0, 4))) for digit in "0123456789"]
    assert len({digit.tobytes() for digit in digits}) == 10
    assert all(digit.max() == 1 for digit in digits)


def test_sound_is_soft_without_clicks_and_the_same_in_any_pieces() -> None:
    sound = DemoSound()
    whole = sound.samples(0, 9 * SAMPLE_RATE)
    assert 0.05 < np.abs(whole).max() < 0.5
    assert np.abs(np.diff(whole, axis=0)).max() < 0.15
    pieces = np.concatenate([sound.samples(first, 960) for first in range(0, 48_000, 960)])
    assert np.allclose(pieces, whole[:48_000], atol=1e-6)

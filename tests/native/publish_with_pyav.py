"""Publishes pictures and silence with FFmpeg's WHIP muxer until its input speaks: publish_with_pyav.py URL

A program of its own: PyAV holds the interpreter's lock while the muxer waits for the answer to its offer.
"""

from __future__ import annotations

import select
import sys
import time
from fractions import Fraction

import av
import numpy as np

FPS = 30
SAMPLES = 960


def main(url: str) -> None:
    with av.open(url, "w", format="whip", options={"authorization": "key"}) as output:
        video = output.add_stream(
            "libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency", "bf": "0"}
        )
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        video.codec_context.gop_size = FPS
        audio = output.add_stream("libopus", rate=48_000, layout="stereo")
        audio.bit_rate = 64_000
        started, frames, samples = time.monotonic(), 0, 0
        while not select.select([sys.stdin], [], [], 0)[0]:
            picture = av.VideoFrame.from_ndarray(
                np.full((240, 320, 3), frames % 255, np.uint8), format="rgb24"
            )
            picture.pts, picture.time_base = frames, Fraction(1, FPS)
            output.mux(video.encode(picture))
            frames += 1
            while samples * FPS < frames * 48_000:
                sound = av.AudioFrame.from_ndarray(
                    np.zeros((1, SAMPLES * 2), np.int16), format="s16", layout="stereo"
                )
                sound.sample_rate, sound.pts, sound.time_base = 48_000, samples, Fraction(1, 48_000)
                output.mux(audio.encode(sound))
                samples += SAMPLES
            time.sleep(max(0.0, started + frames / FPS - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1])

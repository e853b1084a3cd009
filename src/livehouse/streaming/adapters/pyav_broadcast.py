"""An encoder: H.264 and Opus from generated frames, sent by FFmpeg's WHIP muxer, in real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.output import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from livehouse.streaming.adapters.demo_program import SAMPLE_RATE, DemoPicture, DemoSound

FRAMES_PER_SECOND = 30
_KEYFRAME_EVERY_S = 2
_OPUS_FRAME = SAMPLE_RATE // 50
_LATE_S = 0.5


def broadcast_demo(
    whip_url: str,
    stream_key: str,
    *,
    width: int,
    height: int,
    bitrate_bps: int,
    is_over: Callable[[], bool],
    on_progress: Callable[[], None],
) -> None:
    """Send the demo programme until `is_over`, then say goodbye with DELETE.

    on_progress: called about each frame sent. Raises `av.error.FFmpegError` when the server refuses or is
    gone.
    FFmpeg's muxer does not come back by itself: call again for a new session.
    """
    with av.open(whip_url, "w", format="whip", options={"authorization": stream_key}) as container:
        video = _video(container, width, height, bitrate_bps)
        audio = _audio(container)
        container.start_encoding()
        _send(container, video, audio, DemoPicture(width, height), is_over, on_progress)


def _video(container: OutputContainer, width: int, height: int, bitrate_bps: int) -> VideoStream:
    """WebRTC knows no B-frames; the constrained baseline profile plays in every browser."""
    video = container.add_stream(
        "libx264",
        rate=FRAMES_PER_SECOND,
        options={"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"},
    )
    video.width, video.height, video.pix_fmt = width, height, "yuv420p"
    video.bit_rate = bitrate_bps
    video.gop_size = FRAMES_PER_SECOND * _KEYFRAME_EVERY_S
    return video


def _audio(container: OutputContainer) -> AudioStream:
    audio = container.add_stream("libopus", rate=SAMPLE_RATE)
    audio.layout, audio.bit_rate = "stereo", 96_000
    return audio


def _send(
    container: OutputContainer,
    video: VideoStream,
    audio: AudioStream,
    picture: DemoPicture,
    is_over: Callable[[], bool],
    on_progress: Callable[[], None],
) -> None:
    sound = DemoSound()
    begun_s = time.monotonic()
    frame_index = 0
    sample_index = 0
    while not is_over():
        at_s = frame_index / FRAMES_PER_SECOND
        while sample_index / SAMPLE_RATE <= at_s:
            container.mux(audio.encode(_sound_frame(sound, sample_index)))
            sample_index += _OPUS_FRAME
        wait_s = begun_s + at_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        elif wait_s < -_LATE_S:
            # The machine was busy or asleep: skip what is missed rather than send it late.
            missed = int(-wait_s * FRAMES_PER_SECOND)
            frame_index += missed
            sample_index += missed * SAMPLE_RATE // FRAMES_PER_SECOND
            continue
        pixels = picture.frame(at_s, datetime.now().astimezone())
        frame = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = frame_index, Fraction(1, FRAMES_PER_SECOND)
        container.mux(video.encode(frame))
        frame_index += 1
        on_progress()


def _sound_frame(sound: DemoSound, first: int) -> AudioFrame:
    samples = sound.samples(first, _OPUS_FRAME).reshape(1, -1)
    frame = AudioFrame.from_ndarray(samples, format="flt", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, first, Fraction(1, SAMPLE_RATE)
    return frame

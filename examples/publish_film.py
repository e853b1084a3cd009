"""Publish a film file to a Livehouse channel by WHIP, over and over, as an encoder that is no browser.

    python examples/publish_film.py film.mp4 --url http://127.0.0.1:8080/whip --key lhk_…

Needs only PyAV (`pip install av`). FFmpeg's WHIP muxer sends H.264 and Opus; this program decodes the film,
scales and encodes it for live viewing, and sends it as fast as it plays. Ctrl-C ends the broadcast. The muxer
does not reconnect by itself: `--retry` starts a new session when the server was away; within 30 seconds the
broadcast goes on.
"""

from __future__ import annotations

import argparse
import heapq
import os
import signal
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.video.frame import PictureType

FRAME_RATE = 30
AUDIO_RATE = 48_000  # what Opus in WebRTC runs at
CLOCK = Fraction(1, 90_000)  # of video in RTP
CONNECT_PATIENCE_S = 20


class Unusable(Exception):
    """The film or the settings do not work; the text says why."""


def main() -> int:
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    while True:
        try:
            publish(arguments)
        except KeyboardInterrupt:
            print("The broadcast has ended.")
            return 0
        except Unusable as error:
            return fail(str(error))
        except av.error.FFmpegError as error:
            sentence = explain(error, arguments.url)
            if not arguments.retry or isinstance(error, av.error.HTTPUnauthorizedError):
                return fail(sentence)
            print(f"{sentence} Trying again in 2 seconds …", file=sys.stderr)
            time.sleep(2)
        else:
            return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publish a film file by WHIP, in a loop.")
    parser.add_argument("film", type=Path, help="any file FFmpeg reads")
    parser.add_argument("--url", default="http://127.0.0.1:8080/whip", help="WHIP endpoint [%(default)s]")
    parser.add_argument(
        "--key", default=os.environ.get("LIVEHOUSE_STREAM_KEY"), help="[$LIVEHOUSE_STREAM_KEY]"
    )
    parser.add_argument("--height", type=int, default=360, help="lines of the picture sent [%(default)s]")
    parser.add_argument("--bitrate", type=int, default=1_500_000, help="video, bits a second [%(default)s]")
    parser.add_argument(
        "--keyframe-interval",
        type=float,
        default=2,
        metavar="S",
        help="seconds between keyframes [%(default)s]",
    )
    parser.add_argument("--once", action="store_true", help="end with the film instead of looping")
    parser.add_argument("--retry", action="store_true", help="start again when the server goes away")
    arguments = parser.parse_args()
    if not arguments.key:
        parser.error("a stream key is needed: --key, or LIVEHOUSE_STREAM_KEY")
    return arguments


def publish(arguments: argparse.Namespace) -> None:
    width, height, has_audio = shape_of(arguments.film, arguments.height)
    with av.open(
        arguments.url,
        "w",
        format="whip",
        options={"authorization": arguments.key, "handshake_timeout": "5000"},
    ) as session:
        # No B-frames and no lookahead: a frame leaves as soon as it is encoded. Keyframes at their time only,
        # whatever the film cuts to: each costs several times the bits of another frame.
        video = session.add_stream(
            "libx264",
            rate=FRAME_RATE,
            options={"preset": "veryfast", "tune": "zerolatency", "profile": "baseline", "sc_threshold": "0"},
        )
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.bit_rate, video.codec_context.time_base = arguments.bitrate, CLOCK
        video.gop_size = max(1, round(arguments.keyframe_interval * FRAME_RATE))
        audio = session.add_stream("libopus", rate=AUDIO_RATE) if has_audio else None
        if audio is not None:
            audio.layout, audio.bit_rate = "stereo", 96_000
        start(session)
        print(
            f"Live: {arguments.film.name} at {width}x{height} to {arguments.url}  (Ctrl-C ends it)",
            flush=True,
        )

        begun = time.monotonic()
        for seconds, frame in frames(arguments.film, width, height, once=arguments.once):
            time.sleep(max(0.0, begun + seconds - time.monotonic()))
            if isinstance(frame, av.VideoFrame):
                frame.pts, frame.time_base = round(seconds / CLOCK), CLOCK
                session.mux(video.encode(frame))
            elif audio is not None:
                frame.pts, frame.time_base = round(seconds * AUDIO_RATE), Fraction(1, AUDIO_RATE)
                session.mux(audio.encode(frame))
    # Leaving the block closes the session with DELETE: the broadcast ends at once.


def start(session: av.container.OutputContainer) -> None:
    """Offer, answer, ICE and DTLS. FFmpeg does not listen to Python meanwhile, and waits for ever for a lost
    answer: let the system end the program on Ctrl-C, and by its alarm when nothing comes."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    print(f"Connecting (the alarm clock ends this after {CONNECT_PATIENCE_S} seconds) …", flush=True)
    signal.alarm(CONNECT_PATIENCE_S)
    try:
        session.start_encoding()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGINT, before)


def shape_of(film: Path, height: int) -> tuple[int, int, bool]:
    """Width and height to send, both even as H.264 wants them, and whether the film has sound."""
    try:
        with av.open(film) as source:
            if not source.streams.video:
                raise Unusable(f"{film} has no picture.")
            picture = source.streams.video[0].codec_context
            height = min(height, picture.height) // 2 * 2
            return round(picture.width * height / picture.height / 2) * 2, height, bool(source.streams.audio)
    except (av.error.FFmpegError, OSError) as error:
        raise Unusable(f"{film} cannot be read: {error.strerror}.") from error


def frames(
    film: Path, width: int, height: int, *, once: bool
) -> Iterator[tuple[float, av.VideoFrame | av.AudioFrame]]:
    """Frames in the order of the second at which each is due, the film again and again."""
    offset = 0.0
    while True:
        end = offset
        # Files hold picture and sound in pieces, a second apart or more: each is read by itself.
        for seconds, duration, frame in heapq.merge(
            pictures(film, width, height), sound(film), key=lambda due: due[0]
        ):
            yield offset + seconds, frame
            end = max(end, offset + seconds + duration)
        if once or end == offset:
            return
        offset = end


def pictures(film: Path, width: int, height: int) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """Seconds into the film, duration and picture."""
    with av.open(film) as source:
        stream = source.streams.video[0]
        duration = 1 / float(stream.average_rate or FRAME_RATE)
        for frame in source.decode(stream):
            if frame.time is not None:
                frame.pict_type = PictureType.NONE  # where keyframes go is the encoder's to say
                yield frame.time, duration, frame.reformat(width, height, "yuv420p")


def sound(film: Path) -> Iterator[tuple[float, float, av.AudioFrame]]:
    """The same of the sound, in pieces of 20 ms, as Opus sends it."""
    with av.open(film) as source:
        resampler = av.AudioResampler("flt", "stereo", AUDIO_RATE, frame_size=AUDIO_RATE // 50)
        samples = 0
        for frame in source.decode(source.streams.audio[0]) if source.streams.audio else ():
            for piece in resampler.resample(frame):
                yield samples / AUDIO_RATE, piece.samples / AUDIO_RATE, piece
                samples += piece.samples


def explain(error: av.error.FFmpegError, url: str) -> str:
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return "The server refuses the stream key: it is wrong, expired or revoked."
    if isinstance(error, av.error.HTTPOtherClientError):
        return (
            "The server refuses the offer. If the channel is live from another encoder, take over from it:"
            f" --url {url}?takeover=true"
        )
    if isinstance(error, av.error.HTTPNotFoundError):
        return f"There is no WHIP endpoint at {url}."
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing answers at {url}."
    return f"The broadcast broke off: {error.strerror}."


def fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

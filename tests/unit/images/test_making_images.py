"""What becomes of uploads: by the real library, in the real process."""

from __future__ import annotations

import asyncio
import io
import struct
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from tests.unit.images.uploads import encoded, opened, picture, png_of

from cpc.images import pillow_child, pillow_maker
from cpc.images.image import ImageForm, ImageName, MadeImage
from cpc.images.pillow_maker import PillowImageMaker
from cpc.kernel.errors import Unavailable, Unprocessable

SQUARE = ImageForm(((60, 60), (30, 30)), is_cropped=True)
WIDE = ImageForm(((300, 100),), is_cropped=False)

RED, BLUE = (255, 0, 0), (0, 0, 255)


async def made(content: bytes, form: ImageForm = SQUARE) -> MadeImage:
    return await PillowImageMaker().make(content, form)


def is_near(pixel: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 30 for one, other in zip(pixel[:3], wanted, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
async def test_every_kind_that_is_taken_becomes_webp_of_fixed_sizes(kind: str) -> None:
    image = await made(picture(kind))
    assert {width: (opened(file).format, opened(file).size) for width, file in image.files.items()} == {
        None: ("WEBP", (60, 60)),
        30: ("WEBP", (30, 30)),
    }
    shown = opened(image.files[None]).convert("RGB")
    assert is_near(shown.getpixel((5, 30)), RED)
    assert is_near(shown.getpixel((55, 30)), BLUE)


async def test_the_name_is_the_hash_of_what_it_shows() -> None:
    first, again, other = await made(picture()), await made(picture()), await made(picture(size=(64, 48)))
    assert first == again
    assert first.name == ImageName.of(first.files[None]) != other.name


@pytest.mark.parametrize(
    ("size", "shown"), [((3000, 500), (300, 50)), ((600, 600), (100, 100)), ((40, 20), (40, 20))]
)
async def test_a_picture_that_is_not_cut_fits_inside_and_is_never_enlarged(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert opened((await made(picture(size=size), WIDE)).files[None]).size == shown


@pytest.mark.parametrize("form", [SQUARE, WIDE])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
async def test_odd_shapes_are_no_trouble(form: ImageForm, size: tuple[int, int]) -> None:
    assert opened((await made(picture(size=size), form)).files[None]).size <= form.sizes[0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "YCbCr"])
async def test_every_kind_of_pixel_is_understood(mode: str) -> None:
    kind = "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG"
    assert opened((await made(encoded(Image.new(mode, (50, 50)), kind))).files[None]).mode in {"RGB", "RGBA"}


async def test_sixteen_bits_keep_their_brightness() -> None:
    grey = Image.new("I;16", (50, 50), 128 * 256)
    shown = opened((await made(encoded(grey, "PNG"))).files[None]).convert("RGB")
    assert is_near(shown.getpixel((25, 25)), (128, 128, 128))


async def test_what_is_transparent_stays_so() -> None:
    shown = opened((await made(encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG"))).files[None])
    assert shown.convert("RGBA").getpixel((25, 25))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("form", [SQUARE, WIDE])
async def test_it_stands_upright_and_says_nothing_of_where_it_was_taken(form: ImageForm) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter: the left of the file is the top
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    content = picture("JPEG", exif=exif, comment=b"taken at home")
    for file in (await made(content, form)).files.values():
        image = opened(file)
        width, height = image.size
        rgb = image.convert("RGB")
        assert is_near(rgb.getpixel((width // 2, height // 8)), RED)
        assert is_near(rgb.getpixel((width // 2, height * 7 // 8)), BLUE)
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
        assert b"A camera" not in file
        assert b"at home" not in file


@pytest.mark.parametrize("profile", ["sRGB", "nonsense"])
async def test_colours_are_those_of_the_profile_where_it_is_one(profile: str) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = picture("PNG", icc_profile=srgb if profile == "sRGB" else b"nonsense")
    shown = opened((await made(content)).files[None])
    assert is_near(shown.convert("RGB").getpixel((5, 5)), RED)
    assert "icc_profile" not in shown.info


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_of_a_moving_picture_the_first_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue", "green")]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    shown = opened((await made(content)).files[None])
    assert getattr(shown, "n_frames", 1) == 1
    assert is_near(shown.convert("RGB").getpixel((25, 25)), RED)


# --- what is refused


async def refused(content: bytes, form: ImageForm = SQUARE) -> str:
    with pytest.raises(Unprocessable) as error:
        await made(content, form)
    return error.value.slug


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "not-an-image"),
        (b"hello", "not-an-image"),
        (b"<html><script>alert(1)</script>", "not-an-image"),
        (b"MZ\x90\x00", "not-an-image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image-type-not-taken"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "image-type-not-taken"),
        (b"%PDF-1.7", "image-type-not-taken"),
        (b"\x00\x00\x00\x18ftypheic", "image-type-not-taken"),
        (picture("BMP"), "image-type-not-taken"),
        (picture("TIFF"), "image-type-not-taken"),
        (b"\x89PNG\r\n\x1a\n", "image-damaged"),
        (b"\xff\xd8\xff", "image-damaged"),
        (b"GIF89a", "image-damaged"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image-damaged"),
        (b"\x00\x00\x00\x1cftypavif", "image-damaged"),
    ],
)
async def test_what_is_no_image_or_none_that_is_taken(content: bytes, slug: str) -> None:
    assert await refused(content) == slug


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
async def test_one_that_was_cut_short(kind: str) -> None:
    noise = Image.effect_noise((200, 200), 80).convert("RGB")
    content = encoded(noise, kind)
    assert await refused(content[: len(content) // 2]) == "image-damaged"


async def test_a_header_that_says_more_pixels_than_are_taken_is_believed() -> None:
    """50,000 by 50,000 from 100 KB would be 7.5 GB: nothing of it is decoded."""
    assert await refused(png_of(50_000, 50_000, b"\0" * 100_000_000)) == "image-too-large"
    assert await refused(png_of(6400, 6400, b""), WIDE) == "image-too-large"


async def test_a_bomb_of_a_kind_that_is_unpacked_when_opened() -> None:
    """The WebP decoder takes room for the whole canvas, 16,383 squared, before it tells its size."""
    size = struct.pack("<I", 16_382)[:3]
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + size
    content = b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas
    assert await refused(content) in {"image-too-large", "image-damaged"}


async def test_text_that_unpacks_to_more_than_the_picture() -> None:
    written = io.BytesIO()
    info = PngInfo()
    info.add_text("Comment", "x" * 200_000_000, zip=True)
    Image.new("RGB", (10, 10)).save(written, "PNG", pnginfo=info)
    assert await refused(written.getvalue()) == "image-damaged"


async def test_two_files_in_one_become_a_picture_alone() -> None:
    script = b"<script>alert(document.domain)</script>"
    for content in (
        picture("GIF") + script,
        picture("PNG") + b"PK\x03\x04" + script,
        picture("JPEG", comment=script),
    ):
        assert all(script not in file for file in (await made(content)).files.values())


async def test_one_that_takes_too_long_is_given_up_and_its_process_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    program = tmp_path / "sleeper.py"
    program.write_text(
        f"import os, sys, time\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\n"
        "sys.stdin.read()\ntime.sleep(600)\n"
    )
    monkeypatch.setattr(pillow_maker, "_PROGRAM", program)
    with pytest.raises(Unprocessable) as error:
        await PillowImageMaker(timeout_s=1.0).make(picture(), SQUARE)
    assert error.value.slug == "image-too-complex"
    assert not psutil.pid_exists(int(pid_file.read_text()))


async def test_one_on_which_the_decoder_dies_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "dies.py"
    program.write_text("import os\nos.abort()\n")
    monkeypatch.setattr(pillow_maker, "_PROGRAM", program)
    assert await refused(picture()) == "image-too-complex"


async def test_who_comes_when_all_places_are_taken_is_told_to_come_back() -> None:
    maker = PillowImageMaker(at_once=1, max_waiting=1)
    outcomes = await asyncio.gather(
        *(maker.make(picture(), SQUARE) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "MadeImage", "MadeImage", "Unavailable", "Unavailable",
    ]  # fmt: skip
    assert all(each.slug == "images-busy" for each in outcomes if isinstance(each, Unavailable))
    await maker.make(picture(), SQUARE)


def test_the_process_is_confined(tmp_path: Path) -> None:
    """It can write no file and take no more memory than it was given."""
    tries = tmp_path / "tries.py"
    tries.write_text(
        f"import sys; sys.path.insert(0, {str(Path(pillow_child.__file__).parent)!r})\n"
        "import signal, pillow_child\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "pillow_child._confine(600 * 2**20, 5)\n"
        "try:\n    bytearray(700 * 2**20)\n    print('memory')\nexcept MemoryError:\n    pass\n"
        f"try:\n    open({str(tmp_path / 'made')!r}, 'wb', buffering=0).write(b'x')\n    print('file')\n"
        "except OSError:\n    pass\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", str(tries)], capture_output=True, text=True, timeout=30, check=True
    )
    assert ran.stdout == ""

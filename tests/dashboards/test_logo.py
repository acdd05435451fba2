"""Logos: whatever is given, what is kept is a small PNG of the portal's own making."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from dashboards import logo
from dashboards.errors import ThemeRefused
from tests.factories.pictures import picture

SCRIPT = b"<script>alert(1)</script>"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width, height, rows=b"") -> bytes:
    """A PNG that says to be so large, whatever its pixels are."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_images_become_a_png_that_fits(kind):
    made = Image.open(io.BytesIO(logo.clean(picture(kind, (2000, 1000)))))

    assert (made.format, made.size) == ("PNG", (256, 128))


def test_a_small_one_keeps_its_size_and_its_transparence():
    made = Image.open(io.BytesIO(logo.clean(picture(size=(40, 20), colour=(1, 2, 3, 77)))))

    assert (made.size, made.getpixel((0, 0))) == ((40, 20), (1, 2, 3, 77))


def test_making_it_twice_changes_nothing():
    once = logo.clean(picture("JPEG", (900, 300)))

    assert logo.clean(once) == once


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "data", [SVG, b"\xef\xbb\xbf  " + SVG, b'<?xml version="1.0"?>' + SVG, b"\n\t<!-- x -->" + SVG,
             b"GIF89a" + SVG, b"\x1f\x8b\x08" + SVG]
)  # fmt: skip
def test_svg_is_refused_with_words(data):
    with pytest.raises(ThemeRefused, match="SVG files may hold programs.*Export the logo as PNG"):
        logo.clean(data)


def test_nothing_of_a_polyglot_survives():
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", SCRIPT.decode())
    words.add_itxt("XML:com.adobe.xmp", SCRIPT.decode(), zip=False)
    given = picture(pnginfo=words, icc_profile=SCRIPT)
    given += SCRIPT + b"PK\x03\x04 an archive after the picture"
    assert SCRIPT in given

    made = logo.clean(given)

    assert SCRIPT not in made
    assert b"PK\x03\x04" not in made
    image = Image.open(io.BytesIO(made))
    image.load()
    assert (image.info, made[-12:]) == ({}, chunk(b"IEND", b""))


def test_a_jpeg_keeps_neither_its_comment_nor_its_place():
    exif = Image.Exif()
    exif[0x010E] = "Home of the photographer"
    made = logo.clean(picture("JPEG", exif=exif, comment=SCRIPT))

    assert b"photographer" not in made
    assert SCRIPT not in made


def test_a_photo_that_lies_on_its_side_is_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    made = Image.open(io.BytesIO(logo.clean(picture("JPEG", (60, 20), exif=exif))))

    assert made.size == (20, 60)


def test_a_file_that_is_too_large_is_not_opened():
    with pytest.raises(ThemeRefused, match="The file has 513 KiB; a logo may have 512 KiB"):
        logo.clean(picture() + b"\0" * 513 * 1024)


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_000, 1_000), (2**31 - 1, 1)])
def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(size):
    bomb = png_of(*size, rows=b"\0" * 1_000_000)
    assert len(bomb) < 2000

    with pytest.raises(ThemeRefused, match="too many pixels"):
        logo.clean(bomb)


def test_a_bomb_of_words_is_refused():
    bomb = b"Comment\0\0" + zlib.compress(b"a" * 100_000_000)
    given = picture()
    given = given[:33] + chunk(b"zTXt", bomb) + given[33:]
    assert len(given) < logo.LARGEST

    with pytest.raises(ThemeRefused, match="damaged"):
        logo.clean(given)


@pytest.mark.parametrize(
    "data",
    [b"", b"no image", picture()[:60], picture("JPEG")[:200], picture("GIF")[:20], png_of(9, 9),
     picture("BMP"), picture("TIFF"), picture("ICO", (32, 32)), b"%PDF-1.4", b"\0" * 2000,
     b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"],
)  # fmt: skip
def test_what_is_no_sound_image_of_the_four_kinds_is_refused(data):
    with pytest.raises(ThemeRefused, match="damaged"):
        logo.clean(data)


def test_of_a_moving_picture_the_first_one_is_taken():
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])

    made = Image.open(io.BytesIO(logo.clean(data.getvalue())))

    assert getattr(made, "n_frames", 1) == 1
    assert made.convert("RGB").getpixel((5, 5)) == (255, 0, 0) or made.getpixel((5, 5))[0] > 250

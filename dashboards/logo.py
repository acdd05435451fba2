"""Core: a logo made anew from the pixels of an image, so that nothing else of the file survives."""

from __future__ import annotations

import io
import re
import struct
import zlib

from dashboards.errors import ThemeRefused

LARGEST = 512 * 1024  # bytes of a file that is given
WIDEST, HIGHEST = 512, 128  # pixels of a logo
MOST_PIXELS = 8_000_000  # of an image that is given; as many as a photo has
KINDS = ("PNG", "JPEG", "WEBP", "GIF")
#: What broken and hostile files raise, which is listed nowhere.
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, ArithmeticError,
           MemoryError, RuntimeError, struct.error, zlib.error)  # fmt: skip
NO_SVG = (
    "SVG files may hold programs, so they are not taken. Export the logo as PNG, "
    "128 pixels high, with a transparent ground."
)
MARKUP = re.compile(rb"\s*(\xef\xbb\xbf)?\s*<", re.DOTALL)


def clean(data: bytes) -> bytes:
    """A PNG of at most 512 by 128 pixels; raises `ThemeRefused` saying what is wrong."""
    if len(data) > LARGEST:
        raise ThemeRefused("logo", f"The file has {len(data) / 1024:,.0f} KiB; a logo may have "
                           f"{LARGEST // 1024} KiB.")  # fmt: skip
    if MARKUP.match(data) or b"<svg" in data[:1024].lower() or data.startswith(b"\x1f\x8b"):
        raise ThemeRefused("logo", NO_SVG)
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=KINDS) as image:
            _check_size(*image.size)
            image.load()
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many() from error
    except UnidentifiedImageError as error:
        raise ThemeRefused("logo", "It is no PNG, JPEG, WebP or GIF, or it is damaged.") from error
    except DAMAGED as error:
        raise ThemeRefused("logo", "The image is damaged.") from error
    upright.thumbnail((WIDEST, HIGHEST))
    pixels = Image.new("RGBA", upright.size)
    pixels.paste(upright)  # a new image has no words, profiles or places of the old one
    made = io.BytesIO()
    pixels.save(made, "PNG", optimize=True)
    return made.getvalue()


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_many()


def _too_many() -> ThemeRefused:
    return ThemeRefused(
        "logo",
        f"The image has too many pixels; a logo needs {WIDEST} by {HIGHEST}, "
        f"and {MOST_PIXELS / 1e6:.0f} million are the most.",
    )

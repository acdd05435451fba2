"""Image files, honest ones."""

import io

from PIL import Image


def picture(kind="PNG", size=(300, 100), colour=(18, 113, 91, 255), **more) -> bytes:
    mode = "RGB" if kind == "JPEG" else "RGBA"
    made = io.BytesIO()
    Image.new(mode, size, colour[: len(mode)]).save(made, kind, **more)
    return made.getvalue()

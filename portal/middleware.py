"""Headers of every answer that no view has to think of."""

from django.utils.cache import patch_vary_headers

#: What pages of the portal may use of a browser; all else is off, for frames in them too.
USED = ("fullscreen", "clipboard-write", "screen-wake-lock")
OFF = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read",
    "display-capture", "encrypted-media", "geolocation", "gyroscope", "hid", "idle-detection",
    "local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "serial",
    "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS = ", ".join([*(f"{name}=(self)" for name in USED), *(f"{name}=()" for name in OFF)])


class SafeHeaders:
    """An answer that says nothing about caches belongs to one person and is kept nowhere."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        if "public" not in response["Cache-Control"]:
            patch_vary_headers(response, ["Cookie", "Authorization"])
        return response

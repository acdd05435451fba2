"""What no view has to think of: headers of every answer, and strangers who try keys."""

import logging

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from accounts import address
from datasets import counting

log = logging.getLogger(__name__)

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


class Knocking:
    """Limits of one address at the doors that strangers reach. Of the API counts what has no known
    token: DRF refuses it before its own limits are asked. Who has the right key is let in, however
    many wrong ones came from the same address."""

    REFUSED = {"/api/": {401}, "/shared/": {403, 404, 410}, "/embed/": {403, 404}}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        door = next((door for door in self.REFUSED if request.path_info.startswith(door)), None)
        if door is None:
            return self.get_response(request)
        who = address.network(request.META.get("REMOTE_ADDR", ""))
        if door != "/api/" and (left := _over(f"public:{who}", settings.PUBLIC_RATE)):
            return _wait(left)
        response = self.get_response(request)
        if response.status_code not in self.REFUSED[door]:
            return response
        left = _over(f"refused:{who}", settings.API_RATE_ANONYMOUS)
        return _wait(left) if left else response


def _over(key: str, rate: str) -> int:
    """Seconds to wait; 0 within the limit."""
    most, period = counting.rate(rate)
    many, left = counting.count(key, period)
    if many == most + 1:
        log.warning("Too many requests: %s", key)
    return left if many > most else 0


def _wait(seconds: int) -> HttpResponse:
    text = f"Too many requests. Wait {seconds} seconds, then try again."
    return HttpResponse(text, status=429, content_type="text/plain",
                        headers={"Retry-After": str(seconds)})  # fmt: skip

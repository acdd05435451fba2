"""A program that prints one page of the portal with Chromium; `dashboards.exports.pictures` runs
it.

One line of JSON comes in and says what; lines of JSON go out and say how far it is, and what went
wrong. When the input ends, so does the program, and Chromium with it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

#: A4 lying, in millimetres. A page of the portal is laid out wider and printed smaller.
WIDTH, HEIGHT, TOP, BOTTOM, SIDE, SCALE = 297, 210, 10, 12, 12, 0.8
PER_MM = 96 / 25.4  # pixels
PIXELS = int((WIDTH - 2 * SIDE) * PER_MM / SCALE)
LARGEST_SCALE = 2  # that Chromium takes
SCREEN = 1280  # pixels that a picture is wide
TALLEST = 16_000  # pixels of a picture that every program opens
READY = "() => [Number(document.documentElement.dataset.done ?? 0), " \
        "Number(document.documentElement.dataset.cards ?? 0), " \
        "document.documentElement.dataset.drawn === 'true', " \
        "document.documentElement.dataset.failed ?? '']"  # fmt: skip
FOOT = (
    '<div style="width:100%;padding:0 {side}mm;display:flex;justify-content:space-between;'
    'font:7.5px system-ui,sans-serif;color:#5b6472"><span>{foot}</span>'
    '<span><span class="pageNumber"></span> of <span class="totalPages"></span></span></div>'
)


def say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


def main() -> None:
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=request["browser"], args=_arguments(request), timeout=60_000
            )
            try:
                _print(chromium, request)
            finally:
                chromium.close()
    except Error as error:
        say(error=str(error).strip().splitlines()[0][:300])


def _end_with_parent() -> None:
    """Chromium ends with the pipe that leads to us."""
    sys.stdin.read()
    os._exit(1)


def _arguments(request: dict[str, Any]) -> list[str]:
    """No host exists but this machine."""
    rules = f"MAP {request['host']} {request['loopback']}, MAP * ~NOTFOUND, "
    rules += f"EXCLUDE {request['loopback']}"
    found = [f"--host-resolver-rules={rules}", "--disable-dev-shm-usage", "--disable-gpu"]
    # Chromium refuses its sandbox to root, as which containers often run.
    return [*found, "--no-sandbox"] if os.geteuid() == 0 else found


def _print(chromium: Any, request: dict[str, Any]) -> None:
    paper = request["format"] == "pdf"
    origin = f"http://{request['host']}:{request['port']}"
    context = chromium.new_context(
        viewport={"width": PIXELS if paper else SCREEN, "height": 900},
        device_scale_factor=1 if paper else 2,
        color_scheme="light", service_workers="block", accept_downloads=False,
        extra_http_headers=request["headers"],
    )  # fmt: skip
    context.route("**/*", lambda route: _only_ours(route, origin))
    page = context.new_page()
    page.emulate_media(media="print" if paper else "screen", reduced_motion="reduce")
    answer = page.goto(origin + request["address"], wait_until="domcontentloaded")
    if answer is None or answer.status != 200:
        return say(error=f"the portal answers {answer.status if answer else 'nothing'}.")
    deadline = time.monotonic() + request["seconds"]
    while True:
        done, total, drawn, failed = page.evaluate(READY)
        say(progress=[done, total])
        if failed:
            return say(error=f"the cards could not be drawn: {failed[:200]}")
        if drawn:
            break
        if time.monotonic() > deadline:
            return say(error="the cards were not drawn in time.")
        page.wait_for_timeout(250)
    if paper:
        _pdf(page, request)
    else:
        _picture(page, request)
    return None


def _only_ours(route: Any, origin: str) -> None:
    parts = urlsplit(route.request.url)
    if f"{parts.scheme}://{parts.netloc}" == origin or parts.scheme in ("data", "blob"):
        route.continue_()
    else:
        route.abort()


def _pdf(page: Any, request: dict[str, Any]) -> None:
    margin = {"top": f"{TOP}mm", "bottom": f"{BOTTOM}mm", "left": f"{SIDE}mm", "right": f"{SIDE}mm"}
    page.pdf(
        path=request["path"], format="A4", landscape=True, margin=margin,
        scale=_scale_alone(page) if request["alone"] else SCALE,
        print_background=True, display_header_footer=True, header_template="<span></span>",
        footer_template=FOOT.format(side=SIDE, foot=request["foot"]), tagged=True, outline=True,
    )  # fmt: skip


def _scale_alone(page: Any) -> float:
    """One card is printed as large as the page takes it."""
    box = page.locator(".paper").bounding_box()
    room = (WIDTH - 2 * SIDE) * PER_MM / box["width"], (HEIGHT - TOP - BOTTOM) * PER_MM
    return float(min(room[0], 0.98 * room[1] / box["height"], LARGEST_SCALE))


def _picture(page: Any, request: dict[str, Any]) -> None:
    place = page.locator(".paper")
    tall = place.bounding_box()["height"] * 2 > TALLEST
    place.screenshot(
        path=request["path"], animations="disabled", scale="css" if tall else "device"
    )  # fmt: skip


if __name__ == "__main__":
    main()

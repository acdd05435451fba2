"""The device from which a request comes, in words that people know."""

from __future__ import annotations

import re

LONGEST = 250  # characters kept of what a browser says of itself

BROWSERS = (  # the first that is found; many claim to be the ones below them
    ("Edg", "Edge"), ("OPR", "Opera"), ("Vivaldi", "Vivaldi"),
    ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
    ("Safari", "Safari"), ("curl", "curl"), ("python", "Python"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Macintosh", "Mac"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device(request) -> str:
    said = request.META.get("HTTP_USER_AGENT", "")
    return re.sub(r"[^ -~]", "?", said)[:LONGEST]


def name(said: str) -> str:
    """Firefox on Windows."""
    browser = next((known for word, known in BROWSERS if word in said), "")
    system = next((known for word, known in SYSTEMS if word in said), "")
    return " on ".join(part for part in (browser, system) if part) or "An unknown device"

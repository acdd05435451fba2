"""Core: what a theme may be. Words must stand out from what is behind them, charts from pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dashboards.errors import ThemeRefused

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
WORDS, MARKS = 4.5, 3.0  # least contrast, WCAG 2.2 (1.4.3, 1.4.11)
PALETTE = 10


@dataclass(frozen=True, slots=True)
class Font:
    label: str
    stack: str  # of CSS


FONTS = {
    "system": Font(
        "Of the device",
        '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, system-ui, sans-serif',
    ),
    "arial": Font("Arial", 'Arial, "Helvetica Neue", Helvetica, "Liberation Sans", sans-serif'),
    "verdana": Font("Verdana", 'Verdana, "DejaVu Sans", Geneva, sans-serif'),
    "georgia": Font("Georgia", 'Georgia, "Times New Roman", "Liberation Serif", serif'),
    "inter": Font("Inter, where it is installed", "Inter, system-ui, sans-serif"),
}


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, 0 to 1. Source: WCAG 2.2."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21. Source: WCAG 2.2."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def check(theme: Any) -> None:
    """Raise `ThemeRefused` where a colour is none, or could not be read or seen."""
    surfaces = {"light": ("#ffffff", "#f6f7f9"), "dark": ("#161b22", "#0e1116")}
    for scheme, behind in surfaces.items():
        accent = f"accent_{scheme}"
        if colour := getattr(theme, accent):
            _check(accent, colour, behind, MARKS, "buttons and lines")
        palette = f"palette_{scheme}"
        colours = getattr(theme, palette)
        if not isinstance(colours, list) or len(colours) > PALETTE:
            raise ThemeRefused(palette, f"Write a list of up to {PALETTE} colours.")
        for colour in colours:
            _check(palette, colour, behind, MARKS, "marks of charts")
    if len(theme.palette_light) != len(theme.palette_dark):
        raise ThemeRefused("palette_dark", "Give as many colours as for light pages.")


def _check(field: str, colour: Any, behind: tuple[str, ...], least: float, what: str) -> None:
    if not isinstance(colour, str) or not COLOUR.fullmatch(colour):
        raise ThemeRefused(field, f"'{colour}' is no colour such as #3b5bdb.")
    lowest = min(contrast(colour, surface) for surface in behind)
    if lowest < least:
        raise ThemeRefused(
            field,
            f"{colour} has a contrast of {lowest:.1f} to the page; {what} need {least:.1f}. "
            f"Take a {'darker' if luminance(behind[0]) > 0.5 else 'lighter'} one.",
        )

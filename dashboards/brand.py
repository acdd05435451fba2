"""Core: what a theme may be. Words must stand out from what is behind them, charts from pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from dashboards import oklab
from dashboards.errors import ThemeRefused
from dashboards.vision import NORMAL, VISIONS, difference

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
WORDS, MARKS = 4.5, 3.0  # least contrast, WCAG 2.2 (1.4.3, 1.4.11)
PALETTE = 10
APART = 10.0  # CIEDE2000 of two colours of charts that are told apart at a glance
SAID = 3  # pairs that look alike; of more, how many
STEP = 0.01  # of lightness, while one is looked for that stands out
SURFACES = {"light": ("#ffffff", "#f6f7f9"), "dark": ("#161b22", "#0e1116")}  # cards, page


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
    red, green, blue = oklab.linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21. Source: WCAG 2.2."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def lowest(colour: str, behind: Iterable[str]) -> float:
    """The contrast to that of the colours behind from which it stands out least."""
    return min(contrast(colour, other) for other in behind)


def check(theme: Any) -> None:
    """Raise `ThemeRefused` where a colour is none, or could not be read or seen."""
    for problem in problems(theme):
        raise problem


def problems(theme: Any) -> Iterator[ThemeRefused]:
    """All that is wrong with a theme, the first of each field first."""
    for scheme, behind in SURFACES.items():
        accent = f"accent_{scheme}"
        if colour := getattr(theme, accent):
            yield from _of_colour(accent, colour, behind, "buttons and lines")
        palette = f"palette_{scheme}"
        colours = getattr(theme, palette)
        if not isinstance(colours, list) or len(colours) > PALETTE:
            yield ThemeRefused(palette, f"Write a list of up to {PALETTE} colours.")
            return
        for colour in colours:
            yield from _of_colour(palette, colour, behind, "marks of charts")
    if len(theme.palette_light) != len(theme.palette_dark):
        yield ThemeRefused("palette_dark", "Give as many colours as for light pages.")


def _of_colour(
    field: str, colour: Any, behind: tuple[str, ...], what: str
) -> Iterator[ThemeRefused]:
    if not isinstance(colour, str) or not COLOUR.fullmatch(colour):
        yield ThemeRefused(field, f"'{colour}' is no colour such as #3b5bdb.")
    elif (found := lowest(colour, behind)) < MARKS:
        is_light = luminance(behind[0]) > 0.5
        near = enough(colour, behind, MARKS)
        yield ThemeRefused(
            field,
            # Rounded down: 2.97 is not the 3.0 that it needs.
            f"{colour} has a contrast of {int(found * 10) / 10:.1f} to the page; {what} need "
            f"{MARKS:.1f}. Take a {'darker' if is_light else 'lighter'} one, such as {near}.",
        )


def enough(colour: str, behind: tuple[str, ...], least: float) -> str:
    """The colour, as much darker (lighter on dark pages) as it must be to stand out."""
    by = -STEP if luminance(behind[0]) > 0.5 else STEP
    found, steps = colour, 0
    while lowest(found, behind) < least and steps * STEP < 1:
        steps += 1
        found = oklab.lighter(colour, by * steps)
    return found


def warnings(colours: list[str]) -> list[str]:
    """What speaks against a palette, in a few words."""
    found = list(alike(colours))
    rest = len(found) - SAID
    more = [f"So do {rest} more pairs."] if rest > 1 else found[SAID:]
    return [*found[:SAID], *more]


def apart(one: str, other: str) -> float:
    """CIEDE2000 of two colours to those people to whom they differ least."""
    return min(difference(one, other, vision) for vision in VISIONS)


def alike(colours: list[str]) -> Iterator[str]:
    """In words, the pairs of a palette that people cannot tell apart; none is refused for it."""
    for (first, one), (second, other) in combinations(enumerate(colours, 1), 2):
        seen = {vision: difference(one, other, vision) for vision in VISIONS}
        least = min(seen, key=lambda vision: seen[vision])
        if seen[least] < APART:
            who = "" if seen[NORMAL] < APART else f" to people with {least}"
            yield (f"Colours {first} and {second} look nearly alike{who}: they differ by "
                   f"{seen[least]:.1f}, and {APART:.0f} is seen at a glance.")  # fmt: skip

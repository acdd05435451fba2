"""Axes and labels computed without a screen: round ticks and their texts, widths of words."""

from __future__ import annotations

import math

from datasets import formats

STEPS = (1, 2, 2.5, 3, 4, 5, 6, 8)
#: Steps that people count in; the others cost a little when the best scale is chosen.
PLAIN_STEPS = (1, 2, 5)
HOUR_STEPS = (1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 720)


def scale(
    values: list[float], *, from_zero: bool = False, whole: bool = False, tight: bool = False
) -> list[float]:
    """Round ticks, lowest to highest, that hold all values; two to four steps.

    The scale starts at zero unless all values are far from it, or it is to be ``tight``.
    ``whole``: no fractions."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    near = min(abs(low), abs(high)) < 0.7 * max(abs(low), abs(high)) and not tight
    if from_zero or low < 0 < high or near:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = min(low, 0.0), max(high, 0.0) or (0.0 if low < 0 else 1.0)
    best: tuple[float, float, int, int] | None = None
    power = math.floor(math.log10(high - low))
    for size in [step * 10.0**p for p in (power - 1, power) for step in STEPS]:
        first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
        count = last - first
        if not 2 <= count <= 4 or (whole and not float(size).is_integer()):
            continue
        waste = (count * size - (high - low)) / (count * size)
        mantissa = round(size / 10.0 ** math.floor(math.log10(size) + 1e-9), 6)
        cost = waste + 0.08 * abs(count - 3) + (0 if mantissa in PLAIN_STEPS else 0.05)
        if best is None or cost < best[0]:
            best = (cost, size, first, last)
    if best is None:  # whole numbers below two
        return [tidy(math.floor(low)), tidy(max(math.ceil(high), math.floor(low) + 1))]
    _, size, first, last = best
    return [tidy(index * size) for index in range(first, last + 1)]


def shared(
    left: list[float], right: list[float], *, whole: tuple[bool, bool] = (False, False)
) -> tuple[list[float], list[float]]:
    """Ticks of two axes whose zeros and steps stand at the same heights; two to five steps."""
    best: tuple[float, int, int, float, float] | None = None
    for below in range(4):
        for above in range(6 - below):
            if below + above < 2:
                continue
            found = [_step(values, below, above, w) for values, w in zip((left, right), whole,
                     strict=True)]  # fmt: skip
            sizes = [size for size, _ in found if size]
            if len(sizes) < 2:
                continue
            cost = sum(waste for _, waste in found) + 0.04 * abs(below + above - 4)
            if best is None or cost < best[0]:
                best = (cost, below, above, sizes[0], sizes[1])
    if best is None:  # far below zero at one side only, and more steps than there may be
        return scale(left, from_zero=True), scale(right, from_zero=True)
    _, below, above, one, other = best
    steps = range(-below, above + 1)
    return [tidy(step * one) for step in steps], [tidy(step * other) for step in steps]


def _step(values: list[float], below: int, above: int, whole: bool) -> tuple[float, float]:
    """The least round step by which so many hold all values, and the share that stays empty; no
    step where none can."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    if (low < 0 and not below) or (high > 0 and not above):
        return 0.0, 0.0
    need = max(-low / below if below else 0.0, high / above if above else 0.0) or 1.0
    need = max(need, 1.0) if whole else need
    power = math.floor(math.log10(need))
    sizes = [step * 10.0**p for p in (power, power + 1) for step in STEPS]
    size = next(size for size in sizes if size >= need * (1 - 1e-9) and not (whole and size % 1))
    return size, 1 - (high - low) / (size * (below + above))


def tidy(value: float) -> float:
    """Without the dust of binary fractions, and as a whole number where it is one."""
    value = float(f"{value:.12g}")
    return int(value) if value.is_integer() else value


def hours(until: float) -> list[float]:
    """Ticks of hours from zero, for people count those in days; none where days do not fit."""
    step = next((step for step in HOUR_STEPS if until / step <= 6), 0)
    count = int(until / step) if step else 0
    return [float(step * index) for index in range(count + 1)] if count >= 2 else []


def tick_texts(ticks: list[float], pattern: str, locale: str) -> dict[str, str]:
    """`major_label_overrides`: a tick as JavaScript writes it -> its label."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1
    if pattern.endswith("%"):
        shown = "0%" if _decimals(step * 100) == 0 else "0." + "0" * _decimals(step * 100) + "%"
    elif step < 1e-6:
        return {key(tick): f"{tick:g}" for tick in ticks}
    elif _tells_apart(ticks, step):
        return {key(tick): formats.compact(tick, locale) for tick in ticks}
    else:
        shown = "#,##0" + ("." + "0" * _decimals(step) if _decimals(step) else "")
    return {key(tick): formats.number(tick, shown, locale) for tick in ticks}


def _tells_apart(ticks: list[float], step: float) -> bool:
    """Whether numbers are large, and their short form, with one decimal, keeps them apart."""
    most = max(map(abs, ticks), default=0)
    return most >= 10_000 and step >= 1000.0 ** int(math.log10(most) / 3 + 1e-9) / 10


def key(tick: float) -> str:
    return str(tidy(tick))


def _decimals(step: float) -> int:
    return max(0, len(f"{step:.6f}".rstrip("0").partition(".")[2]))


def width(text: str, *, bold: bool = False) -> float:
    """About how many pixels a word takes at 12 px, by classes of letters of a plain sans serif."""
    pixels = 0.0
    for letter in text:
        if letter in "iljtfrI.,:;'|!()[] ":
            pixels += 3.7
        elif letter in "mwMW@%":
            pixels += 10
        elif letter.isupper():
            pixels += 8.3
        else:
            pixels += 6.8 if ord(letter) < 0x1100 else 12
    return pixels * (1.07 if bold else 1)


def cut(text: str, pixels: float, *, bold: bool = False) -> str:
    """The text, shortened with an ellipsis to about that many pixels."""
    if width(text, bold=bold) <= pixels:
        return text
    while text and width(text + "…", bold=bold) > pixels:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, pixels: float) -> str:
    """The text on at most two lines of about that many pixels, broken at a space."""
    if width(text) <= pixels or " " not in text:
        return cut(text, pixels)
    breaks = [index for index, letter in enumerate(text) if letter == " "]
    at = min(breaks, key=lambda i: max(width(text[:i]), width(text[i + 1 :])))
    return f"{cut(text[:at], pixels)}\n{cut(text[at + 1 :], pixels)}"


def apart(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Places near the wanted ones, in the same order, ``gap`` apart within the bounds."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    places = [min(max(wanted[i], low), high) for i in order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], high if i == len(places) - 1 else places[i + 1] - gap)
    found = [0.0] * len(wanted)
    for i, place in zip(order, places, strict=True):
        found[i] = place
    return found

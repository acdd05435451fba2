"""Steps of a sequential colour for values: equal ones of round size, or, if more than half of the
values would share the first, as many values in each."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from dashboards.charts import scales
from dashboards.charts.theme import TOKEN_THEME

#: The lightest of the sequential palette is left to what has no value.
COLORS = TOKEN_THEME.sequential[1:]
ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True)
class Shades:
    limits: tuple[float, ...]  # one more than there are steps, ascending
    colors: tuple[str, ...]  # one per step, light to dark

    def of(self, value: float) -> str:
        """A value on a limit belongs to the step above."""
        return self.colors[bisect_right(self.limits[1:-1], value)]


def shades(values: list[float], colors: tuple[str, ...] = COLORS) -> Shades:
    """Steps of round size from zero (or near the smallest value, if all are far from zero) up.

    ``colors``, light to dark, are as many as there are steps at most."""
    most = len(colors)
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    low = 0.0 if 0 <= low < 0.5 * high else low
    if low == high:
        return Shades((low, high), _spread(colors, 1) if high > 0 else colors[:1])
    whole = all(float(value).is_integer() for value in ordered)
    limits = _round(low, high, min(most, len(set(ordered))), whole)
    in_first = sum(value < limits[1] for value in ordered)
    if len(ordered) >= 2 * most and in_first > len(ordered) / 2:
        limits = _even(ordered, most)
    return Shades(tuple(limits), _spread(colors, len(limits) - 1))


def _round(low: float, high: float, most: int, whole: bool) -> list[float]:
    """Round limits around both values with the smallest steps of which ``most`` are enough."""
    power = math.floor(math.log10((high - low) / most))
    for size in [step * 10.0**p for p in (power, power + 1) for step in ROUND]:
        first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
        if last - first <= most and (float(size).is_integer() or not whole):
            last = max(last, first + 2)  # one step would not tell the values apart
            return [scales.tidy(place * size) for place in range(first, last + 1)]
    return [low, high]


def _even(ordered: list[float], count: int) -> list[float]:
    """Limits between which about as many values lie; equal values stay together."""
    inner = {ordered[round(len(ordered) * step / count)] for step in range(1, count)}
    return [ordered[0], *sorted(inner - {ordered[0], ordered[-1]}), ordered[-1]]


def _spread(colors: tuple[str, ...], count: int) -> tuple[str, ...]:
    """So many of the colours, the darkest last."""
    if count == 1:
        return colors[-1:]
    return tuple(colors[round((len(colors) - 1) * step / (count - 1))] for step in range(count))

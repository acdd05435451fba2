"""Core: how long it takes until something happens, where some are still waiting.

The mean of those it happened to would be too short, as the slow ones are still open. So each
duration counts as long as it was watched: open ones are censored, not left out."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

Z = 1.959964  # of a two-sided interval that covers 95 %


@dataclass(frozen=True, slots=True)
class Step:
    """What is known just after a time at which it happened to some, or some ceased to be seen."""

    time: float  # in the unit of the durations
    at_risk: int  # still open and watched just before
    happened: int
    censored: int
    open: float  # S(t): share to which it has not happened yet
    low: float  # bounds of the 95 % interval of ``open``
    high: float


def kaplan_meier(rows: Iterable[tuple[float, bool, int]]) -> list[Step]:
    """The product-limit estimate from (duration >= 0, whether it happened, how many).

    S(t) is the product of 1 - d/n over the times up to t, d of n at risk. The interval is
    Greenwood's variance on the scale of log(-log S), which keeps it between 0 and 1. Those
    censored at a time are at risk at it. Sources: Kaplan & Meier (1958), JASA 53; Greenwood
    (1926); Kalbfleisch & Prentice (1980) for the transformation."""
    happened: dict[float, int] = defaultdict(int)
    censored: dict[float, int] = defaultdict(int)
    for time, did, count in rows:
        (happened if did else censored)[time] += count
    at_risk = sum(happened.values()) + sum(censored.values())
    share, greenwood, found = 1.0, 0.0, []
    for time in sorted({*happened, *censored}):
        d, c = happened.get(time, 0), censored.get(time, 0)
        if d:
            share *= 1 - d / at_risk
            greenwood = greenwood + d / (at_risk * (at_risk - d)) if at_risk > d else math.inf
        low, high = _interval(share, greenwood)
        found.append(Step(time, at_risk, d, c, share, low, high))
        at_risk -= d + c
    return found


def _interval(share: float, greenwood: float) -> tuple[float, float]:
    if not 0 < share < 1:  # nothing varies: its width is not known
        return share, share
    spread = Z * math.sqrt(greenwood) / abs(math.log(share))
    return _power(share, spread), _power(share, -spread)


def _power(share: float, spread: float) -> float:
    try:
        return float(share ** math.exp(spread))
    except OverflowError:
        return 0.0


def time_until(steps: list[Step], share: float) -> float | None:
    """The time by which it happened to that share: the first with S(t) <= 1 - share, if any."""
    return next((step.time for step in steps if step.open <= 1 - share + 1e-12), None)


def at(steps: list[Step], time: float) -> Step | None:
    """What is known at a time; nothing before the first step."""
    index = bisect_right(steps, time, key=lambda step: step.time)
    return steps[index - 1] if index else None


def at_risk(steps: list[Step], time: float) -> int:
    """How many are still open and watched just before a time."""
    index = bisect_left(steps, time, key=lambda step: step.time)
    return steps[index].at_risk if index < len(steps) else 0


def open_at(steps: list[Step], time: float) -> float:
    """S at a time."""
    step = at(steps, time)
    return step.open if step else 1.0


def last_sure_time(steps: list[Step], share: float = 0.02) -> float:
    """The last time at which at least that share of all is at risk; what comes later is noise."""
    least = steps[0].at_risk * share
    return max((step.time for step in steps if step.at_risk >= least), default=0.0)

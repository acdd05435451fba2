"""Figures against their goals, as lines and as JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. Without a goal it explains the others and cannot fail."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False  # the goal is a lower bound, otherwise an upper one

    @property
    def holds(self) -> bool:
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    @property
    def ratio(self) -> float:
        """How many times better than its goal: below 1 is a failure."""
        good, bad = (self.value, self.goal) if self.at_least else (self.goal, self.value)
        return good / bad if bad else float("inf")

    def line(self) -> str:
        value = f"{_short(self.value)} {self.unit}"
        if self.goal is None:
            return f"       {self.name:<58} {value:>16}"
        sign = ">=" if self.at_least else "<="
        verdict = "PASS" if self.holds else "FAIL"
        goal = f"{sign} {_short(self.goal)}"
        return f"  {verdict} {self.name:<58} {value:>16}  {goal:<10} {self.ratio:.2f} x"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def load_average() -> float:
    return os.getloadavg()[0]


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def percentile(values: list[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]

"""Series over time: read from the answer, filled where buckets are missing, cut to the largest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from dashboards.charts import buckets
from dashboards.charts.formulas import Formula
from dashboards.charts.theme import TOKEN_THEME
from datasets import formats

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboards.charts.registry import Context

OTHER = "Other"


@dataclass(slots=True)
class Series:
    name: str
    values: list[float | None]  # one per bucket
    color: str = ""
    floor: list[float] = field(default_factory=list)  # what it stands on where it is stacked
    tops: list[float | None] = field(default_factory=list)  # where it is drawn
    shares: list[float | None] = field(default_factory=list)  # of the bucket, in a stack of shares
    is_rest: bool = False  # what is left over, as one

    @property
    def total(self) -> float:
        return sum(value for value in self.values if value is not None)


def points(table: pa.Table) -> dict[tuple[datetime, str], float | None]:
    starts = [None if s is None else buckets.as_time(s) for s in table.column("bucket").to_pylist()]
    values = table.column("value").to_pylist()
    names = (
        table.column("series").to_pylist() if "series" in table.column_names else [""] * len(values)
    )
    rows = zip(starts, names, values, strict=True)
    return {(s, formats.name(name)): value for s, name, value in rows if s is not None}


def over(
    points: dict[tuple[datetime, str], float | None],
    starts: list[datetime],
    blanks: list[float | None],
) -> list[Series]:
    """All series over all buckets; ``blanks`` holds what there is where nothing happened."""
    by_name: dict[str, dict[datetime, float | None]] = defaultdict(dict)
    for (start, name), value in points.items():
        by_name[name][start] = value
    pairs = list(zip(starts, blanks, strict=True))
    return [Series(name, [at.get(s, none) for s, none in pairs]) for name, at in by_name.items()]


def largest(every: list[Series], top: int, formula: Formula) -> tuple[list[Series], str]:
    """The series that are shown, largest first, and what is said of the others."""
    every = sorted(every, key=lambda one: (-one.total, one.name))
    if len(every) <= top + formula.adds_up:  # an Other of one series would only hide its name
        return every, ""
    shown, rest = every[:top], every[top:]
    if not formula.adds_up:
        return shown, f"{top} of {len(every)} series"
    shown.append(Series(OTHER, totals(rest), is_rest=True))
    return shown, f"Other: {len(rest)} series"


def paint(shown: list[Series], column: str, context: Context) -> None:
    """Colours of the series; what is left over is grey."""
    rest = [one for one in shown if column and one.name == OTHER]
    named = [one for one in shown if one not in rest]
    places = context.places(column, [one.name for one in named])
    for one, place in zip(named, places, strict=True):
        one.color = TOKEN_THEME.palette[place % len(TOKEN_THEME.palette)]
    for one in rest:
        one.color = TOKEN_THEME.border_strong


def place(shown: list[Series], stack: str) -> None:
    """Where each is drawn: by its values; ``stacked`` on those that come after it; or ``percent``,
    on these by its share of the bucket. A bucket in which nothing has a value is a gap."""
    sums = totals(shown)
    for one in shown:
        one.shares = [
            (value or 0.0) / whole if whole else None
            for value, whole in zip(one.values, sums, strict=True)
        ]
    below = [0.0] * len(sums)
    for one in reversed(shown) if stack != "none" else shown:
        one.floor = list(below)
        if stack == "none":
            one.tops = one.values
            continue
        parts = one.shares if stack == "percent" else one.values
        below = [b + (part or 0.0) for b, part in zip(below, parts, strict=True)]
        known = [whole is not None and (stack == "stacked" or whole != 0) for whole in sums]
        one.tops = [top if has else None for top, has in zip(below, known, strict=True)]


def totals(shown: list[Series]) -> list[float | None]:
    """The sum of each bucket; None where no series has a value."""
    found: list[float | None] = []
    for column in zip(*(one.values for one in shown), strict=True):
        known = [value for value in column if value is not None]
        found.append(sum(known) if known else None)
    return found


def stretches(values: list[float | None]) -> list[tuple[int, int]]:
    """First and last index of each run of known values."""
    found: list[tuple[int, int]] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if found and found[-1][1] == index - 1:
            found[-1] = (found[-1][0], index)
        else:
            found.append((index, index))
    return found


def newest(values: list[float | None], unfinished: bool) -> float | None:
    """The last known value of a whole bucket; of the unfinished last one if there is no other."""
    whole = values[:-1] if unfinished else values
    return next((value for value in reversed(whole) if value is not None), values[-1])

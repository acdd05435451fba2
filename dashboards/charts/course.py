"""What a chart over time shows: its buckets, its series, and what is laid over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from dashboards.charts import buckets, coverage, series
from dashboards.charts.formulas import Formula
from dashboards.charts.goals import Goals

if TYPE_CHECKING:
    from dashboards.charts.earlier import Earlier
    from dashboards.charts.line import LineOptions
    from dashboards.charts.registry import Context

#: Up to so many series are each compared with an earlier period; of more, their total is.
COMPARED = 4


SHARE = Formula("", "", "0.0%")


@lru_cache(4096)
def written(formula: Formula, value: float | None, locale: str) -> str:
    """Tooltips, labels and the table write the same numbers."""
    return formula.text(value, locale)


@dataclass(frozen=True, slots=True)
class Course:
    starts: list[datetime]  # with those ahead
    past: int  # how many of them have begun; after these come the ones of a forecast
    shown: list[series.Series]
    formula: Formula
    options: LineOptions
    context: Context
    way: Earlier | None = None
    earlier: list[list[float | None]] = field(default_factory=list)  # by series, one per bucket
    goals: Goals = field(default_factory=Goals)

    @property
    def last(self) -> int:
        """Index of the newest bucket that has begun."""
        return self.past - 1

    @property
    def is_filled(self) -> bool:
        return self.options.area or self.is_stacked

    @property
    def is_stacked(self) -> bool:
        return self.options.stack != "none" and bool(self.options.series)

    @property
    def is_percent(self) -> bool:
        return self.options.stack == "percent"

    @property
    def unfinished(self) -> bool:
        """Whether the newest bucket still grows, or the period ends within it."""
        o, c = self.options, self.context
        start = self.starts[self.last]
        return buckets.is_unfinished(start, o.grain, o.period, c.as_of, c.time_zone)

    @property
    def cut(self) -> int | None:
        """Index of the bucket within which the period or the data begin."""
        return coverage.part(self.starts, self.options.grain, self.options.period, self.context)

    @property
    def is_over(self) -> bool:
        c = self.context
        return buckets.is_over(self.options.period, c.as_of, c.time_zone)

    @property
    def compares_whole(self) -> bool:
        """Whether there are data of the whole earlier period, so that the totals compare."""
        if self.way is None:
            return False
        start = self.way.at(self.starts[0])
        return coverage.is_whole(start, self.options.grain, self.context)

    @property
    def compares_each(self) -> bool:
        """Whether each series has its earlier one; else only their total has."""
        return self.way is not None and len(self.shown) <= COMPARED

    @property
    def draws_total_before(self) -> bool:
        """Whether the earlier total has a line: on a stack, whose edge it is held against."""
        return self.way is not None and self.is_stacked and not self.is_percent

    def title(self, index: int) -> str:
        name = buckets.title(self.starts[index], self.options.grain, self.context.locale)
        if index == self.last and self.unfinished:
            return f"{name} (in part)" if self.is_over else f"{name} (so far)"
        return f"{name} (in part)" if index == self.cut else name

    def text(self, value: float | None) -> str:
        return written(self.formula, None if value is None else value + 0.0, self.context.locale)

    def cell(self, value: float | None) -> tuple[str, float | None]:
        return self.text(value), value

    def share(self, share: float | None) -> str:
        return written(SHARE, share, self.context.locale)

    def name(self, one: series.Series) -> str:
        return one.name or self.formula.label

    def total(self, index: int) -> float | None:
        values = [one.values[index] for one in self.shown]
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    def total_before(self, index: int) -> float | None:
        known = [at[index] for at in self.earlier if at[index] is not None]
        return sum(value for value in known if value is not None) if known else None

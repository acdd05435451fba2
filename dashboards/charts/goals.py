"""Targets and forecasts of a chart over time, as its dataset gives them: checked, asked, read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dashboards.charts import buckets
from dashboards.charts.formulas import Formula, read_formula
from dashboards.errors import OptionsRefused
from datasets import periods
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboards.charts.registry import Context

#: Option -> name of its measure in the answer.
MEASURES = {"target_measure": "target", "forecast_measure": "forecast",
            "forecast_low": "low", "forecast_high": "high"}  # fmt: skip
LABELS = {"target": "Target", "forecast": "Forecast", "low": "Forecast, low",
          "high": "Forecast, high"}  # fmt: skip
#: Buckets that a forecast may add to a short past.
AHEAD = 7


@dataclass(frozen=True, slots=True)
class Goals:
    """Values by bucket, for those formulas that the options name."""

    formulas: dict[str, Formula] = field(default_factory=dict)
    values: dict[str, dict[datetime, float]] = field(default_factory=dict)

    def over(self, name: str, starts: list[datetime]) -> list[float | None]:
        at = self.values.get(name, {})
        return [at.get(start) for start in starts]


def formulas(options: Any, context: Context) -> dict[str, Formula]:
    """The formulas that the options name, by `MEASURES`; raises where they do not go together."""
    for name in ("target_measure", "forecast_measure"):
        if getattr(options, name) and options.stack == "percent":
            raise OptionsRefused(name, "shares of a whole have no place for amounts beside them.")
    if options.target is not None and options.stack == "percent":
        raise OptionsRefused("target", "shares of a whole have no place for amounts beside them.")
    if options.forecast_measure and options.series and options.stack == "none":
        raise OptionsRefused(
            "forecast_measure",
            "is of all series together; stack them, or leave the series out.",
        )
    bounds = [name for name in ("forecast_low", "forecast_high") if getattr(options, name)]
    if len(bounds) == 1:
        raise OptionsRefused(bounds[0], "a range needs both its low and its high end.")
    if bounds and not options.forecast_measure:
        raise OptionsRefused("forecast_measure", "is required for a range around it.")
    return {
        name: _formula(getattr(options, option), name, options, context)
        for option, name in MEASURES.items()
        if getattr(options, option)
    }


def _formula(written: str, name: str, options: Any, context: Context) -> Formula:
    """Its own label is its name, else the kind of thing it is."""
    found = read_formula(written, context.columns, pattern=options.pattern, unit=options.unit)
    labelled = ":" in written.rpartition("|")[0 if "|" in written else 2]
    return found if labelled else replace(found, label=LABELS[name])


def query(options: Any, context: Context) -> Query | None:
    """From the period's start on, without an end: forecasts lie beyond now."""
    asked = formulas(options, context)
    if not asked:
        return None
    filters = [Filter(options.x, "not_null")]
    if options.period and context.as_of:
        start, _ = periods.bounds(options.period, 0, context.as_of, context.time_zone)
        filters.append(Filter(options.x, ">=", start.astimezone(ZoneInfo(context.time_zone))))
    return Query(
        group_by=(Group(options.x, options.grain, "bucket"),),
        measures=tuple(Measure(name, formula.formula) for name, formula in asked.items()),
        filters=tuple(filters),
        time_zone=context.time_zone,
    )


def read(table: pa.Table | None, options: Any, context: Context) -> Goals:
    if table is None:
        return Goals()
    starts = table.column("bucket").to_pylist()
    found: dict[str, dict[datetime, float]] = {}
    asked = formulas(options, context)
    for name in asked:
        pairs = zip(starts, table.column(name).to_pylist(), strict=True)
        found[name] = {
            buckets.as_time(start): value
            for start, value in pairs
            if start is not None and value is not None
        }
    return Goals(asked, found)


def ahead(
    goals: Goals, starts: list[datetime], grain: str, period: str, context: Context
) -> list[datetime]:
    """Buckets after the newest one for which there is a forecast: not more than there are before,
    and none after a period that has its end."""
    later = [start for start in goals.values.get("forecast", {}) if start > starts[-1]]
    if not later or buckets.is_over(period, context.as_of, context.time_zone):
        return []
    last = max(later)
    if period and periods.RANGE.fullmatch(period) and not period.endswith(".."):
        end = periods.bounds(period, 0, context.as_of, context.time_zone)[1]
        last = min(last, buckets.local(end - periods.TICK, context.time_zone))
    found: list[datetime] = []
    start = buckets.following(starts[-1], grain)
    while start <= last and len(found) < max(len(starts), AHEAD):
        if grain != "hour" or buckets.exists(start, context.time_zone):
            found.append(start)
        start = buckets.following(start, grain)
    return found

"""What bars are of: categories or buckets of time in order, cut to those that have room."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboards.charts import buckets, coverage
from dashboards.charts.formulas import Formula
from dashboards.charts.registry import NO_PICK, Context
from dashboards.charts.theme import TOKEN_THEME
from datasets import formats
from datasets.query import Order

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboards.charts.bar import BarOptions

#: Steps of the sequential palette for measures side by side, light to dark.
SHADES = {1: (6,), 2: (3, 6), 3: (2, 4, 6), 4: (1, 3, 5, 6)}
#: Bars over time that still have a width; the newest stay.
MOST_BUCKETS = 400


@dataclass(slots=True)
class Bars:
    """One colour of bars: a measure or a series."""

    name: str
    formula: Formula
    color: str
    values: list[float | None]  # one per category

    @property
    def total(self) -> float:
        return sum(value or 0 for value in self.values)


@dataclass(slots=True)
class Content:
    names: list[str]  # of the categories
    picks: list[Any]  # their values, as JSON says them
    bars: list[Bars]
    has_other: bool = False  # whether the last category is all that are not shown
    notes: list[str] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)  # over time: of the buckets
    partial: set[int] = field(default_factory=set)  # buckets that are not whole

    @property
    def is_empty(self) -> bool:
        return all(value is None for one in self.bars for value in one.values)


def ordering(options: BarOptions) -> tuple[Order, ...]:
    """Of the answer: that of the picture."""
    if options.grain or options.order == "data":
        return (Order("category"),)
    if not options.series:
        return (Order("value_0", True),)
    by_name = {name: Order("value_0", True, within=name) for name in ("category", "series")}
    return (by_name["category"], Order("category"), by_name["series"])


def read(
    table: pa.Table, formulas: list[Formula], options: BarOptions, context: Context
) -> Content:
    """The answer as bars, in order."""
    keys = table.column("category").to_pylist()
    if options.grain:
        keys = [None if key is None else buckets.as_time(key) for key in keys]
        order = _buckets(keys, options, context)
    else:
        order = list(dict.fromkeys(keys))
    place = {key: index for index, key in enumerate(order)}
    bars = _bars(table, keys, place, formulas, options, context)
    content = Content([], [], bars)
    if options.series:
        content.notes += _cut_series(content, options, context.locale)
    if options.grain:
        _name_buckets(content, order, options, context)
    else:
        _in_order(content, order, options, context.locale)
        _shorten(content, options, context.locale)
    return content


def _bars(table, keys, place, formulas, options, context) -> list[Bars]:
    if not options.series:
        found = [Bars(f.label, f, "", _blank(f, place, options, context)) for f in formulas]
        for index, one in enumerate(found):
            for key, value in zip(keys, table.column(f"value_{index}").to_pylist(), strict=True):
                if key in place:
                    one.values[place[key]] = value
        return found
    by_series: dict[Any, Bars] = {}
    series, values = table.column("series").to_pylist(), table.column("value_0").to_pylist()
    for key, raw, value in zip(keys, series, values, strict=True):
        if key not in place:
            continue
        if raw not in by_series:
            blank = _blank(formulas[0], place, options, context)
            by_series[raw] = Bars(formats.name(raw, context.locale), formulas[0], "", blank)
        by_series[raw].values[place[key]] = value
    return sorted(by_series.values(), key=lambda one: -one.total)


def _blank(
    formula: Formula, place: dict, options: BarOptions, context: Context
) -> list[float | None]:
    """In a bucket without rows a count is zero; anything else is a gap."""
    if not options.grain:
        return [None] * len(place)
    known = _of_buckets(options, context)
    return coverage.blanks(list(place), options.grain, known, adds_up=formula.adds_up)


def _of_buckets(options: BarOptions, context: Context) -> Context:
    """The context; of buckets of another column than the period's, nobody knows when they begin."""
    return context if options.time == options.category else replace(context, begins=None)


def _cut_series(content: Content, options: BarOptions, locale: str) -> list[str]:
    top, every = options.top_series, content.bars
    adds_up = every[0].formula.adds_up if every else False
    if len(every) <= top + adds_up:  # an Other of one series would only hide its name
        return []
    content.bars = every[:top]
    if not adds_up:
        return [f"{top} of {formats.count(len(every), locale)} series"]
    columns = zip(*(one.values for one in every[top:]), strict=True)
    known = ([value for value in column if value is not None] for column in columns)
    rest = [sum(column) if column else None for column in known]
    content.bars.append(Bars("Other", every[0].formula, TOKEN_THEME.border_strong, rest))
    return [f"Other: {formats.count(len(every) - top, locale)} series"]


def _in_order(content: Content, keys: list, options: BarOptions, locale: str) -> None:
    weight = content.bars if options.series else content.bars[:1]
    order = list(range(len(keys)))
    if options.order == "value":
        order.sort(key=lambda index: -sum(one.values[index] or 0 for one in weight))
    content.names = [formats.name(keys[index], locale) for index in order]
    content.picks = [formats.plain(keys[index]) for index in order]
    for one in content.bars:
        one.values = [one.values[index] for index in order]


def _shorten(content: Content, options: BarOptions, locale: str) -> None:
    """Cut to the top categories; the rest is Other where it adds up."""
    top, count = options.top, len(content.names)
    if count <= top + 1:
        return
    content.names, content.picks = content.names[:top], content.picks[:top]
    adds_up = all(one.formula.adds_up for one in content.bars)
    for one in content.bars:
        tail = [value for value in one.values[top:] if value is not None]
        one.values = [*one.values[:top], *([sum(tail)] if adds_up else [])]
    if adds_up:
        content.names.append(f"Other ({formats.count(count - top, locale)})")
        content.picks.append(NO_PICK)
        content.has_other = True
    else:
        content.notes.insert(0, f"{top} of {formats.count(count, locale)}")


def _buckets(keys: list, options: BarOptions, context: Context) -> list[datetime]:
    present = {key for key in keys if key is not None}
    period = _period(options)
    return buckets.expected(present, options.grain, period, context.as_of, context.time_zone)


def _period(options: BarOptions) -> str:
    """That which bounds the buckets: a period of another column does not."""
    return options.period if options.time == options.category else ""


def _name_buckets(
    content: Content, starts: list[datetime], options: BarOptions, context: Context
) -> None:
    if len(starts) > MOST_BUCKETS:
        every = formats.count(len(starts), context.locale)
        content.notes.append(f"Newest {MOST_BUCKETS} of {every}")
        for one in content.bars:
            one.values = one.values[-MOST_BUCKETS:]
    content.starts = starts = starts[-MOST_BUCKETS:]
    content.names = [buckets.title(s, options.grain, context.locale) for s in starts]
    if not starts:
        return
    period, last, zone = _period(options), len(starts) - 1, context.time_zone
    if buckets.is_unfinished(starts[-1], options.grain, period, context.as_of, zone):
        content.names[-1] += " (so far)"
        content.partial.add(last)
    part = coverage.part(starts, options.grain, period, _of_buckets(options, context))
    if part is not None and part not in content.partial:
        content.names[part] += " (in part)"
        content.partial.add(part)


def paint(bars: list[Bars], options: BarOptions, context: Context) -> None:
    """Series in their colours, measures in shades of one."""
    if not options.series:
        for one, shade in zip(bars, SHADES[len(bars)], strict=True):
            one.color = TOKEN_THEME.sequential[shade]
        return
    named = [one for one in bars if not one.color]  # Other has one already
    places = context.places(options.series, [one.name for one in named])
    for one, place in zip(named, places, strict=True):
        one.color = TOKEN_THEME.palette[place % len(TOKEN_THEME.palette)]

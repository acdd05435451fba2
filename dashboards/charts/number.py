"""Single value: the number, how it changed, its course as a small line, and its target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboards.charts import buckets, coverage, options
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.words import before, empty_words, name, within
from datasets import formats
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa

#: The small line is drawn in a box of this size and stretched to the card.
WIDTH, HEIGHT, PAD = 100.0, 32.0, 4.0


@dataclass(frozen=True, slots=True)
class NumberOptions:
    value: str = options.measure("Value", default="count()")
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 24h or 30d; empty: all.")
    compare: bool = options.boolean("Compare with the period before", default=True)
    good: str = options.choice(
        "Good is", [("up", "More"), ("down", "Less"), ("neutral", "Neither")], default="up"
    )
    target: float | None = options.number("Target", help="For example 0.7 for 70 %")
    pattern: str = options.text("Number format", help="For example 0.0% or #,##0")
    unit: str = options.text("Unit", help="For example EUR")
    grain: str = options.choice("Small line by", buckets.CHOICES, default="day")


@chart_type("number", label="Single value")
class Number(Chart):
    Options = NumberOptions
    size = (3, 4)
    least = (2, 3)
    template = "dashboards/charts/_number.html"

    def exported(self, options: NumberOptions) -> dict[str, str]:
        return {"value": "Value", "previous": "Before", "trend": "Course"}

    def limited(self, options: NumberOptions, context: Context) -> NumberOptions:
        """A target of an amount is one of its whole, not of a week or a country."""
        adds_up = options.target is not None and _formula(options, context).adds_up
        return replace(options, target=None) if adds_up else options

    def queries(self, options: NumberOptions, context: Context) -> dict[str, Query]:
        formula = _formula(options, context).formula

        def query(back: int | str, *groups: Group) -> Query:
            period = during(options.time, options.period, back)
            known = (Filter(options.time, "not_null"),) if groups else ()
            return Query(group_by=groups, measures=(Measure("value", formula),),
                         filters=period + known, time_zone=context.time_zone)  # fmt: skip

        found = {"value": query(0)}
        if _compares(options, context) and coverage.covers(context, options.period, context.back):
            found["previous"] = query(context.back)
        if options.time:
            found["trend"] = query(0, Group(options.time, options.grain, "bucket"))
        return found

    def state(self, tables: dict[str, pa.Table], options: NumberOptions, context: Context) -> State:
        value = _single(tables["value"])
        if value is None:
            return State(empty=_no_value(options, context))
        formula, locale = _formula(options, context), context.locale
        delta = _begin(options, context)
        if "previous" in tables:
            delta = change(value, _single(tables["previous"]), formula, options, context)
        trend = _trend(tables, formula, options, context)
        written, unit = _split(formula.text(value, locale), formula)
        view: dict[str, Any] = {
            "value": written,
            "unit": unit,
            "delta": delta,
            "spark": trend.spark(),
            "target": _target(value, formula, options, locale),
        }
        state = State(view=view)
        facts = _facts(value, tables, view, formula, options, context)
        state.tell(["Period", formula.label], facts + trend.rows(formula))
        words = [f"{formula.label}: {formula.text(value, locale)}"]
        if delta:
            words.append(f"{delta['text']} {delta['than']}")
        if view["target"]:
            met = view["target"]["badge"]["text"]
            words.append(f"{view['target']['text']}, {met[0].lower()}{met[1:]}")
        state.summary = "; ".join(words) + "."
        return state


def _compares(options: NumberOptions, context: Context) -> bool:
    return bool((options.compare or context.compare) and options.time and options.period)


def _begin(options: NumberOptions, context: Context) -> dict[str, str] | None:
    """When the data begin, where that is too late to compare or within the period."""
    flat = {"kind": "flat", "icon": "flat"}
    if _compares(options, context):
        if not coverage.covers(context, options.period, context.back):
            return flat | {"text": "Nothing to compare:",
                           "than": f"data begin {coverage.day(context)}"}  # fmt: skip
    elif not coverage.covers(context, options.period):
        return flat | {"text": "Data begin", "than": coverage.day(context)}
    return None


def _no_value(options: NumberOptions, context: Context) -> str:
    if "/" not in options.value:
        return empty_words(options.period, context.locale)
    when = f" {within(options.period, context.locale)}" if options.period else ""
    formula = _formula(options, context).formula
    return f"No value{when}: there are no rows, or what {formula} divides by is zero."


def _facts(
    value: float, tables, view: dict, formula: Formula, options: NumberOptions, context: Context
) -> list:
    """The number itself, what it is compared with and its target, as rows of the table."""
    locale = context.locale
    of = _sentence(name(options.period, locale)) if options.time else "All"
    rows: list[list] = [[of, formula.cell(value, locale)]]
    if "previous" in tables:
        earlier = _single(tables["previous"])
        known = earlier is not None
        than = before(options.period, context.compare).removeprefix("the ")
        rows.append([_sentence(than), formula.cell(earlier, locale)])
        rows.append(["Change", (view["delta"]["text"], value - earlier if known else None)])
    if target := view["target"]:
        rows.append([target["word"], (target["goal"], options.target)])
        rows.append(["Against the target", (target["badge"]["text"], value - options.target)])
    return rows


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def change(
    value: float, earlier: float | None, formula: Formula, options: NumberOptions, context: Context
) -> dict[str, str]:
    """The difference to the period before in words: in points for shares, else in per cent."""
    than, locale = before(options.period, context.compare), context.locale
    if earlier is None or (not formula.is_share and earlier == 0 != value):
        return {
            "kind": "flat",
            "icon": "flat",
            "text": "Nothing to compare",
            "than": f"in {than}",
        }
    difference = value - earlier
    if formula.is_share:
        size = f"{formats.number(abs(difference) * 100, '0.0', locale)} pp"
    else:
        size = formats.number(abs(difference / earlier) if earlier else 0.0, "0.0%", locale)
    if not any(digit in size for digit in "123456789"):
        return {"kind": "flat", "icon": "flat", "text": "No change", "than": f"to {than}"}
    icon = "up-r" if difference > 0 else "down-r"
    if options.good == "neutral":
        word, kind = ("more" if difference > 0 else "less"), "flat"
    else:
        better = (difference > 0) == (options.good == "up")
        word, kind = ("better", "good") if better else ("worse", "bad")
    return {"kind": kind, "icon": icon, "text": f"{size} {word}", "than": f"than {than}"}


def sparkline(values: list[float | None]) -> dict[str, Any] | None:
    """Paths in a box of 100 x 32 and the last point in per cent of it; None for under two
    points."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    low, high = min(v for _, v in known), max(v for _, v in known)
    step, size = WIDTH / (len(values) - 1), (high - low) or 1.0
    flat = HEIGHT / 2 if high == low else None

    def place(point: tuple[int, float]) -> tuple[float, float]:
        y = flat or HEIGHT - PAD - (point[1] - low) / size * (HEIGHT - 2 * PAD)
        return round(point[0] * step, 2), round(y, 2)

    runs: list[list[tuple[int, float]]] = []
    for point in known:
        if runs and runs[-1][-1][0] == point[0] - 1:
            runs[-1].append(point)
        else:
            runs.append([point])
    x, y = place(known[-1])
    return {
        "line": "".join(_path([place(point) for point in run]) for run in runs),
        "area": "".join(_area([place(point) for point in run]) for run in runs),
        "x": f"{x / WIDTH * 100:.2f}%",
        "y": f"{y / HEIGHT * 100:.2f}%",
    }


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _area(points: list[tuple[float, float]]) -> str:
    return f"{_path(points)}L{points[-1][0]:g} {HEIGHT:g}L{points[0][0]:g} {HEIGHT:g}Z"


def _target(
    value: float, formula: Formula, options: NumberOptions, locale: str
) -> dict[str, Any] | None:
    """The bar of value against target, and whether it is met."""
    goal = options.target
    if goal is None:
        return None
    reached = value <= goal if options.good == "down" else value >= goal
    met = reached or formula.text(value, locale) == formula.text(goal, locale)  # as it is shown
    full = max(value, goal, 0) * 1.28 or 1.0
    word = {"down": "Target at most", "up": "Target", "neutral": "Expected"}[options.good]
    if met:
        badge = {"kind": "good", "icon": "check", "text": "On target"}
    else:
        away = abs(value - goal)
        if formula.is_share:
            size = f"{formats.number(away * 100, '0.0', locale)} pp"
        elif away >= 10_000:  # beside the target, which has the unit, there is room for little
            size = formats.compact(away, locale)
        else:
            size = formula.text(away, locale)
        missed = "over" if options.good == "down" else "short"
        badge = {"kind": "warn", "icon": "warn", "text": f"{size} {missed}"}
    written = replace(formula, pattern=_trimmed(formula.pattern)).text(goal, locale)
    return {
        "word": word,
        "goal": written,
        "text": f"{word} {written}",
        "width": f"{max(value, 0) / full * 100:.2f}%",
        "mark": f"{max(goal, 0) / full * 100:.2f}%",
        "badge": badge,
    }


def _formula(options: NumberOptions, context: Context) -> Formula:
    return read_formula(options.value, context.columns, pattern=options.pattern, unit=options.unit)


def _single(table: pa.Table) -> float | None:
    values = table.column("value").to_pylist()
    return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Trend:
    """The course of the number. Of a period that begins or ends within a bucket, that bucket holds
    a part only: its count is low, its rate is of a few rows."""

    starts: list[datetime]
    values: list[float | None]
    cut: int | None  # index of a bucket that is a part, for the period or the data begin in it
    grows: bool  # so is the last
    is_over: bool  # and it does so no more, for the period ended within it
    options: NumberOptions
    context: Context

    def spark(self) -> dict[str, Any] | None:
        """The small line, of whole buckets only: it would seem to fall at its end."""
        whole = slice(int(self.cut == 0), len(self.values) - self.grows)
        values = [None if i == self.cut else value for i, value in enumerate(self.values)]
        found, starts = sparkline(values[whole]), self.starts[whole]
        if found:
            names = [self.title(start) for start in (starts[0], starts[-1])]
            found["title"] = f"Per {self.options.grain}, {names[0]} to {names[1]}"
            if self.grows:
                part = "in which it ends" if self.is_over else "under way"
                found["title"] += f"; the {self.options.grain} {part} is left out"
        return found

    def title(self, start: datetime) -> str:
        return buckets.title(start, self.options.grain, self.context.locale)

    def rows(self, formula: Formula) -> list:
        found = []
        for index, (start, value) in enumerate(zip(self.starts, self.values, strict=True)):
            name = self.title(start)
            if self.grows and index == len(self.starts) - 1:
                name = f"{name} (in part)" if self.is_over else f"{name} (so far)"
            elif index == self.cut:
                name = f"{name} (in part)"
            when = buckets.cell(start, self.options.grain, self.context.time_zone, name)
            found.append([when, formula.cell(value, self.context.locale)])
        return found[::-1][:TWIN_ROWS]


def _trend(
    tables: dict[str, pa.Table], formula: Formula, options: NumberOptions, context: Context
) -> Trend:
    if "trend" not in tables:
        return Trend([], [], None, False, False, options, context)
    table = tables["trend"]
    pairs = zip(table.column("bucket").to_pylist(), table.column("value").to_pylist(), strict=True)
    found = {buckets.as_time(start): value for start, value in pairs if start is not None}
    args = (options.grain, options.period, context.as_of, context.time_zone)
    starts = buckets.expected(set(found), *args)
    blanks = coverage.blanks(starts, options.grain, context, adds_up=formula.adds_up)
    values = [found.get(start, none) for start, none in zip(starts, blanks, strict=True)]
    of = (options.period, context.as_of, context.time_zone)
    cut = coverage.part(starts, options.grain, options.period, context)
    grows = bool(starts) and buckets.is_unfinished(starts[-1], options.grain, *of)
    return Trend(starts, values, cut, grows, buckets.is_over(*of), options, context)


def _trimmed(pattern: str) -> str:
    """The pattern without decimals that are zero: a target is 70%, not 70.0%."""
    whole, point, decimals = pattern.partition(".")
    return whole + point + decimals.replace("0", "#")


def _split(written: str, formula: Formula) -> tuple[str, str]:
    """Number and unit apart, for the unit is set smaller."""
    if formula.is_share:
        return written.rstrip("%\xa0\u202f "), "%"
    if formula.unit:
        return written.removesuffix(f" {formula.unit}"), formula.unit
    return written, ""

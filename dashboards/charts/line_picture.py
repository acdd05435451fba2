"""Core: the picture of a line chart, as the sources and props of its drawing."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from dashboards.charts import buckets, line_words, marks, scales, series
from dashboards.charts.course import Course
from dashboards.charts.registry import State
from dashboards.charts.theme import TOKEN_THEME

#: Up to so many series have their names at the line's end, above that a legend.
DIRECT_LABELS = 4
#: Pixels that the frame has at least in height, and that one label needs.
FRAME_HEIGHT, LABEL_HEIGHT = 225, 37
LABEL_WIDTH = 130
#: Pixels of a common card's chart, and of what stands left of its frame.
CHART_WIDTH, AXIS_WIDTH = 528, 45
SHARES = [0, 0.25, 0.5, 0.75, 1]
LABEL_PARTS = ("leads", "keys", "label_names", "label_values")


def state(course: Course) -> State:
    ticks = y_ticks(course)
    found = State(sources=drawn(course) | earlier_lines(course) | goal_lines(course, ticks))
    found.props = axes(course, ticks)
    add_labels(course, found, ticks)
    shown = add_marks(course, found, ticks)
    found.sources["strips"] = strips(course, shown)
    found.summary = line_words.summary(course)
    headings, rows = line_words.twin(course)
    found.tell(headings, rows)
    return found


def y_ticks(course: Course) -> list[float]:
    if course.is_percent:
        return list(SHARES)
    values = [top for one in course.shown for top in one.tops if top is not None]
    values += [y for ys in earlier_lines(course)["earlier"]["ys"] for y in ys]
    for name in ("target", "forecast", "low", "high"):
        values += [v for v in course.goals.over(name, course.starts) if v is not None]
    if course.options.target is not None:
        values.append(course.options.target)
    whole = not course.formula.is_share and all(float(value).is_integer() for value in values)
    return scales.scale(values, from_zero=course.is_filled or course.formula.adds_up, whole=whole)


class Rows:
    """Rows of a source in the making."""

    def __init__(self, *names: str):
        self.columns: dict[str, list[Any]] = {name: [] for name in names}

    def add(self, *values: Any) -> None:
        for column, value in zip(self.columns.values(), values, strict=True):
            column.append(value)


def drawn(course: Course) -> dict[str, dict[str, list[Any]]]:
    """Lines and areas; the way to and from a bucket that holds a part only stands apart."""
    xs = [buckets.ms(start) for start in course.starts]
    kinds = ("lines", "part", "areas", "areas_part")
    found = {name: Rows("xs", "ys", "color") for name in kinds}
    points = Rows("x", "y", "color", "fill")
    for one in course.shown:
        for first, last in series.stretches(one.tops):
            grows = course.unfinished and last == course.last
            for is_part, start, end in _spans(course, first, last):
                to = slice(start, end + 1)
                found["part" if is_part else "lines"].add(xs[to], one.tops[to], one.color)
                if course.is_filled:
                    areas = found["areas_part" if is_part else "areas"]
                    areas.add(*_area(xs[to], one.tops[to], one.floor[to]), one.color)
            if last == course.last or first == last:
                fill = TOKEN_THEME.surface if grows else one.color
                points.add(xs[last], one.tops[last], one.color, fill)
    return {name: rows.columns for name, rows in found.items()} | {"points": points.columns}


def _spans(course: Course, first: int, last: int) -> list[tuple[bool, int, int]]:
    """(whether it leads to a part of a bucket, first and last index) of the pieces of a stretch."""
    start = first + 1 if first == course.cut else first
    end = last - 1 if last == course.last and course.unfinished else last
    pieces = [(False, start, end), (True, first, start), (True, max(end, start), last)]
    return [piece for piece in pieces if piece[1] < piece[2] <= last]


def _area(xs: list[int], tops: list[Any], floor: list[Any]) -> tuple[list[Any], list[Any]]:
    return xs + xs[::-1], tops + floor[::-1]


def earlier_lines(course: Course) -> dict[str, dict[str, list[Any]]]:
    """What it is compared with: the line of each series, or on a stack that of the total, or
    where the shares met."""
    rows = Rows("xs", "ys", "color")
    lines: list[tuple[list[float | None], str]] = []
    if course.is_percent and course.compares_each:
        before = [series.Series(one.name, at) for one, at in _pairs(course)]
        series.place(before, "percent")
        lines = [(one.tops, TOKEN_THEME.text) for one in before[1:]]  # the first ends at 100 %
    elif course.draws_total_before:
        sums = [course.total_before(index) for index in range(len(course.starts))]
        lines = [(sums, TOKEN_THEME.text)]
    elif course.compares_each and not course.is_percent:
        alone = len(course.shown) == 1
        lines = [(at, TOKEN_THEME.muted if alone else one.color) for one, at in _pairs(course)]
    for values, color in lines:
        for first, last in series.stretches(values[: course.past]):
            if first < last:
                xs = [buckets.ms(start) for start in course.starts[first : last + 1]]
                rows.add(xs, values[first : last + 1], color)
    return {"earlier": rows.columns}


def _pairs(course: Course) -> list[tuple[series.Series, list[float | None]]]:
    return list(zip(course.shown, course.earlier, strict=True))


def goal_lines(course: Course, ticks: list[float]) -> dict[str, dict[str, list[Any]]]:
    """Targets and forecasts, with their names beside them."""
    goals, options, starts = course.goals, course.options, course.starts
    xs = [buckets.ms(start) for start in starts]
    found: dict[str, dict[str, list[Any]]] = {}
    words = Rows("x", "y", "text", "align", "up")
    if options.target is not None:
        found["target"] = _target(course, options.target, ticks)
    if "target" in goals.formulas:
        ys = goals.over("target", starts)
        rows = Rows("xs", "ys")
        runs = series.stretches(ys)
        for first, last in runs:
            rows.add(*_run(xs, ys, first, last))
        found["targets"] = rows.columns
        if runs:
            first = runs[0][0]
            words.add(xs[first], ys[first], goals.formulas["target"].label, "left", -9)
    if "forecast" in goals.formulas:
        found |= _forecast(course, xs)
        known = [i for i, y in enumerate(goals.over("forecast", starts)) if y is not None]
        if known:
            at, label = known[-1], goals.formulas["forecast"].label
            y, top = goals.over("forecast", starts)[at], goals.over("high", starts)[at]
            words.add(xs[at], y if top is None else top, label, "right", -9)
    if goals.formulas:
        found["goal_words"] = words.columns
    return found


def _target(course: Course, target: float, ticks: list[float]) -> dict[str, list[Any]]:
    """The level line and its words, which stand at the end and on the side that is the emptiest."""
    text = f"Target {course.text(target)}"
    room = (ticks[-1] - ticks[0]) * 20 / FRAME_HEIGHT
    count = len(course.starts)
    span = max(1, round(count * scales.width(text) / (CHART_WIDTH - AXIS_WIDTH)))
    best = (float("inf"), "left", -9)
    for align, part in (("left", slice(0, span + 1)), ("right", slice(count - span - 1, count))):
        for up in (-9, 9):
            low = target if up < 0 else target - room
            inside = low >= ticks[0] and low + room <= ticks[-1] + room / 4
            hits = sum(
                low <= top <= low + room for one in course.shown for top in _between(one.tops[part])
            )
            best = min(best, (hits + (0 if inside else 1000), align, up), key=lambda b: b[0])
    _, align, up = best
    left = align == "left"
    return {"y": [target], "text": [text], "up": [up], "align": [align],
            "x": [0 if left else 1], "aside": [4 if left else -4]}  # fmt: skip


def _between(values: list[float | None]) -> list[float]:
    """The values and those half way to the next: where a line runs."""
    known = [value for value in values if value is not None]
    return known + [(a + b) / 2 for a, b in pairwise(known)]


def _forecast(course: Course, xs: list[int]) -> dict[str, dict[str, list[Any]]]:
    """A line that begins after the newest whole bucket is joined to it."""
    color = TOKEN_THEME.text if course.is_stacked else course.shown[0].color
    ends = {name: course.goals.over(name, course.starts) for name in ("forecast", "low", "high")}
    joint = course.last - course.unfinished  # the newest whole bucket
    lines, bands = Rows("xs", "ys", "color"), Rows("xs", "ys", "color")

    def run(name: str, first: int, last: int) -> list[Any]:
        start = course.total(joint) if 0 <= joint < first <= course.last + 1 else None
        return ([] if start is None else [start]) + ends[name][first : last + 1]

    for first, last in series.stretches(ends["forecast"]):
        ys = run("forecast", first, last)
        lines.add(_times(xs, joint, first, last, len(ys)), ys, color)
    pairs = zip(ends["low"], ends["high"], strict=True)
    both = [high if low is not None else None for low, high in pairs]
    for first, last in series.stretches(both):
        tops = run("high", first, last)
        bands.add(
            *_area(_times(xs, joint, first, last, len(tops)), tops, run("low", first, last)), color
        )
    return {"forecast": lines.columns, "forecast_band": bands.columns}


def _times(xs: list[int], joint: int, first: int, last: int, count: int) -> list[int]:
    """Times of a run that may begin at the joint."""
    found = xs[first : last + 1]
    return [xs[joint], *found] if count > len(found) else found


def _run(xs: list[int], ys: list[Any], first: int, last: int) -> tuple[list[Any], list[Any]]:
    return xs[first : last + 1], ys[first : last + 1]


def strips(course: Course, shown: list[Any]) -> dict[str, list[Any]]:
    starts, grain = course.starts, course.options.grain
    edges = [buckets.ms(start) for start in starts]
    step = buckets.ms(buckets.following(starts[-1], grain)) - edges[-1]
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    left, right = [edges[0] - step / 2, *middles], [*middles, edges[-1] + step / 2]
    texts = []
    for i in range(len(starts)):
        until = float("inf") if i == len(starts) - 1 else right[i]
        told = marks.words(shown, left[i] if i else float("-inf"), until, course.context)
        texts.append("\n".join([*line_words.bucket(course, i), *told]))
    return {
        "left": left,
        "right": right,
        "title": [course.title(i) for i in range(len(starts))],
        "text": texts,
        # Of these a zoomed axis takes its labels.
        "at": edges,
        "short": [buckets.label(s, grain, course.context.locale) for s in starts],
    }


def x_bounds(course: Course) -> tuple[float, float]:
    """Ends of the axis of time, in milliseconds."""
    first, last = buckets.ms(course.starts[0]), buckets.ms(course.starts[-1])
    if first == last:
        half = (buckets.ms(buckets.following(course.starts[0], course.options.grain)) - first) / 2
        return first - half, (last + half) + half * 0.04
    return first, last + (last - first) * 0.02


def axes(course: Course, ticks: list[float]) -> dict[str, dict[str, Any]]:
    grain, locale = course.options.grain, course.context.locale
    first, last = x_bounds(course)
    pad = (ticks[-1] - ticks[0]) * 0.025  # so that points on the edge are whole
    named = {
        str(buckets.ms(s)): buckets.label(s, grain, locale)
        for s in buckets.ticks(course.starts, grain, 5)
    }
    if grain == "day" and course.unfinished and not course.is_over:
        today = buckets.ms(course.starts[course.last])
        near = (last - first) * 0.12
        named = {at: name for at, name in named.items() if abs(int(at) - today) > near}
        named[str(today)] = "today"
    pattern = "0%" if course.is_percent else course.formula.pattern
    return {
        "x_range": {"start": first, "end": last, "reset_start": first, "reset_end": last},
        "y_range": {"start": ticks[0] - pad, "end": ticks[-1] + pad},
        "x_ticks": {"ticks": sorted(int(tick) for tick in named)},
        "x_axis": {"major_label_overrides": named},
        "y_ticks": {"ticks": ticks},
        "y_axis": {"major_label_overrides": scales.tick_texts(ticks, pattern, locale)},
    }


def add_marks(course: Course, found: State, ticks: list[float]) -> list[Any]:
    """Annotations, with a strip for their titles over the data."""
    first, last = (buckets.EPOCH + timedelta(milliseconds=x) for x in x_bounds(course))
    width = CHART_WIDTH - AXIS_WIDTH - found.props["plot"]["min_border_right"]
    until = buckets.following(course.starts[-1], course.options.grain)
    shown = marks.put(found, course.context, first, last, width=width, until=until)
    if shown:
        pixel = (ticks[-1] - ticks[0]) / FRAME_HEIGHT
        found.props["y_range"]["end"] += marks.HEAD * pixel
    return shown


def label_ends(course: Course) -> list[float]:
    """Where the label of each series stands: beside its newest whole bucket, for all lines meet at
    zero when a day begins; on a stack, in the middle of its band."""
    tops = [series.newest(one.tops[: course.past], course.unfinished) for one in course.shown]
    if not course.is_stacked:
        return [top or 0.0 for top in tops]
    found = []
    for one in course.shown:
        known = [i for i in range(course.past) if one.tops[i] is not None]
        whole = [i for i in known if i < course.last or not course.unfinished] or known
        found.append(((one.tops[whole[-1]] or 0.0) + one.floor[whole[-1]]) / 2 if whole else 0.0)
    return found


def add_labels(course: Course, found: State, ticks: list[float]) -> None:
    """Labels at the lines' ends for a few series; a legend for many, and for narrow cards."""
    shown = course.shown
    direct = len(shown) <= DIRECT_LABELS and bool(course.options.series)
    facts = [line_words.fact(course, index) for index in range(len(shown))]
    if course.options.series:
        found.legend = [
            {"label": one.name, "color": one.color, "value": fact}
            for one, fact in zip(shown, facts, strict=True)
        ]
        found.legend_at = "narrow" if direct else "top"
        if course.way and course.draws_total_before and not course.compares_each:
            said = line_words.whole_before(course)
            row = {"label": course.way.label.capitalize(), "color": TOKEN_THEME.text}
            found.legend.append(row | {"value": said})
    pixel = (ticks[-1] - ticks[0]) / FRAME_HEIGHT
    margin = 14 * pixel
    ends = label_ends(course) if direct else []
    # From the bottom up: of bands without height, the lower one keeps the lower label.
    places = scales.apart(ends[::-1], LABEL_HEIGHT * pixel, ticks[0] + margin, ticks[-1] - margin)[
        ::-1
    ]
    names = [scales.cut(one.name, LABEL_WIDTH, bold=True) for one in shown] if direct else []
    found.sources["labels"] = {
        "end": ends,
        "y": places,
        "color": [one.color for one in shown] if direct else [],
        "name": names,
        "value": facts if direct else [],
    }
    widths = [scales.width(n, bold=True) for n in names] + [scales.width(fact) for fact in facts]
    found.props["plot"] = {"min_border_right": round(max(widths)) + 34 if direct else 20}
    found.props |= {part: {"visible": direct} for part in LABEL_PARTS}
    found.narrow = {part: {"visible": False} for part in LABEL_PARTS}
    found.narrow["plot"] = {"min_border_right": 20}

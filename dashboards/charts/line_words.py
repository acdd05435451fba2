"""Core: a line chart in words: of each bucket, of each series, of the whole, and as a table."""

from __future__ import annotations

from typing import Any

from dashboards.charts import buckets, coverage, series
from dashboards.charts.course import Course
from dashboards.charts.earlier import change
from dashboards.charts.registry import TWIN_ROWS
from datasets import formats


def bucket(course: Course, index: int) -> list[str]:
    """Lines of the tooltip."""
    found = []
    if index <= course.last:
        found = [_of_series(course, place, index) for place in range(len(course.shown))]
        found += _of_all(course, index)
    if course.options.target is not None:
        found.append(f"Target: {course.text(course.options.target)}")
    found += _of_goals(course, index)
    if course.way is not None and index <= course.last and len(course.shown) > 1:
        found.append(f"Before: {_day_before(course, index)}")
    return found


def _of_series(course: Course, place: int, index: int) -> str:
    one = course.shown[place]
    said = course.text(one.values[index])
    if course.is_percent:
        said = f"{said}, {course.share(one.shares[index])}"
    lead = f"{one.name}: " if one.name else ""
    if not course.compares_each:
        return lead + said
    before, changed = _earlier(course, place, index)
    if len(course.shown) == 1:
        changed = f" ({changed})" if changed else ""
        return f"{lead}{said}{changed}\n{_day_before(course, index)}: {before}"
    return f"{lead}{said}, before {before}" + (f" ({changed})" if changed else "")


def _earlier(course: Course, place: int, index: int) -> tuple[str, str]:
    """What it was in the earlier period, and the change since."""
    one, before = course.shown[place], course.earlier[place][index]
    if course.is_percent:
        sums = course.total_before(index)
        share = (before or 0.0) / sums if sums else None
        now = one.shares[index]
        return course.share(share), _points(course, now, share)
    changed = change(one.values[index], before, course.formula, course.context.locale)
    return course.text(before), changed


def _of_all(course: Course, index: int) -> list[str]:
    """The total, where a stack shows it or only it is compared."""
    compared = course.way is not None and not course.compares_each
    if not compared and not (course.is_stacked and len(course.shown) > 1):
        return []
    total = course.total(index)
    said = f"Total: {course.text(total)}"
    if course.way is None or not (compared or course.is_stacked):
        return [said]
    before = course.total_before(index)
    changed = change(total, before, course.formula, course.context.locale)
    return [f"{said}, before {course.text(before)}" + (f" ({changed})" if changed else "")]


def _of_goals(course: Course, index: int) -> list[str]:
    goals, found = course.goals, []
    at = {name: goals.values[name].get(course.starts[index]) for name in goals.formulas}
    if at.get("target") is not None:
        found.append(f"{goals.formulas['target'].label}: {course.text(at['target'])}")
    if at.get("forecast") is not None:
        said = f"{goals.formulas['forecast'].label}: {course.text(at['forecast'])}"
        if at.get("low") is not None and at.get("high") is not None:
            said += f" ({course.text(at['low'])} to {course.text(at['high'])})"
        found.append(said)
    return found


def _day_before(course: Course, index: int) -> str:
    assert course.way is not None
    start = course.way.at(course.starts[index])
    return buckets.title(start, course.options.grain, course.context.locale)


def _points(course: Course, now: float | None, before: float | None) -> str:
    if now is None or before is None:
        return ""
    size = formats.number((now - before) * 100, "0.0", course.context.locale)
    if not any(digit in size for digit in "123456789"):
        return "no change"
    return f"{'+' if now > before else ''}{size} pp"


def fact(course: Course, place: int) -> str:
    """What is said of a whole series: its total, or else its last value of a whole bucket, and
    how that changed."""
    one = course.shown[place]
    past = one.values[: course.past]
    earlier = course.earlier[place][: course.past] if course.compares_each else []
    if course.formula.adds_up:
        said = course.text(one.total)
        if course.is_percent:
            whole = sum(other.total for other in course.shown)
            return f"{said}, {course.share(one.total / whole if whole else None)}"
        compared = earlier if course.compares_whole else []
        before = sum(v for v in compared if v is not None) if compared else None
        changed = change(one.total, before, course.formula, course.context.locale)
    else:
        value = series.newest(past, course.unfinished)
        said = course.text(value)
        at = next((i for i in reversed(range(len(past))) if past[i] == value), None)
        before = earlier[at] if earlier and at is not None else None
        changed = change(value, before, course.formula, course.context.locale)
    return f"{said}, {changed}" if changed else said


def summary(course: Course) -> str:
    o = course.options
    span = f"{course.title(0)} to {course.title(course.last)}"
    lead = f"{course.formula.label} per {o.grain}, {span}"
    if course.is_percent:
        lead = f"{course.formula.label} per {o.grain} in shares, {span}"
    parts = [lead + _course(course)]
    if course.way is not None:
        parts.append(_compared(course))
    if o.target is not None:
        parts.append(f"Target {course.text(o.target)}.")
    ahead = len(course.starts) - course.past
    if ahead:
        last = buckets.title(course.starts[-1], o.grain, course.context.locale)
        parts.append(f"Forecast until {last}.")
    return " ".join(parts)


def _course(course: Course) -> str:
    """How the lines run; ends the sentence that the span began."""
    if course.options.series:
        return f". {course.shown[0].name} leads with {fact(course, 0)}."
    values = course.shown[0].values[: course.past]
    values = values[:-1] if course.unfinished and len(values) > 1 else values
    known = [(value, i) for i, value in enumerate(values) if value is not None]
    if not known:
        return "."
    (low, _), (high, at) = min(known), max(known, key=lambda k: k[0])
    if low == high:
        return f": {course.text(high)}."
    between = f"between {course.text(low)} and {course.text(high)}"
    return f": {between}, highest: {course.title(at)}."


def _compared(course: Course) -> str:
    """The whole against the earlier period; of what does not add up, each bucket tells."""
    assert course.way is not None
    if not course.formula.adds_up or not course.compares_whole:
        return f"Compared with {course.way.label}."
    said = f"In all {course.text(_wholes(course)[0])}"
    return f"{said}; {course.way.label}: {whole_before(course)}."


def whole_before(course: Course) -> str:
    """The total of the earlier period, and the change since then."""
    if not course.compares_whole:
        return f"data begin {coverage.day(course.context)}"
    now, before = _wholes(course)
    changed = change(now, before, course.formula, course.context.locale)
    return f"{course.text(before)} ({changed})" if changed else course.text(before)


def _wholes(course: Course) -> tuple[float, float]:
    past = range(course.past)
    return (
        sum(course.total(index) or 0.0 for index in past),
        sum(course.total_before(index) or 0.0 for index in past),
    )


def twin(course: Course) -> tuple[list[str], list[list[Any]]]:
    """The table of the same numbers, newest first."""
    headings = [course.options.grain.capitalize()]
    for one in course.shown:
        headings.append(course.name(one))
        if course.is_percent:
            headings.append(f"{course.name(one)}, share")
        if course.compares_each:
            headings.append(f"{course.name(one)}, before")
    if course.way is not None and not course.compares_each:
        headings += ["Total", "Total, before"]
    headings += [formula.label for formula in course.goals.formulas.values()]
    newest = len(course.starts) - 1
    rows = [_row(course, i) for i in range(newest, max(newest - TWIN_ROWS, -1), -1)]
    return headings, rows


def _row(course: Course, index: int) -> list[Any]:
    grain, zone, cell = course.options.grain, course.context.time_zone, course.cell
    row: list[Any] = [buckets.cell(course.starts[index], grain, zone, course.title(index))]
    for place, one in enumerate(course.shown):
        row.append(cell(one.values[index]))
        if course.is_percent:
            row.append((course.share(one.shares[index]), one.shares[index]))
        if course.compares_each:
            row.append(cell(course.earlier[place][index]))
    if course.way is not None and not course.compares_each:
        row += [cell(course.total(index)), cell(course.total_before(index))]
    at = course.starts[index]
    row += [cell(course.goals.values[name].get(at)) for name in course.goals.formulas]
    return row

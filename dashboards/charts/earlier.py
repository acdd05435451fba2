"""What a chart over time is compared with: an earlier period, laid over the one that is shown.

By hours, days and weeks it lies whole weeks back, so that weekdays stand above each other; by
months and longer it lies whole months back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashboards.charts import words
from datasets import formats, periods

if TYPE_CHECKING:
    from dashboards.charts.formulas import Formula
    from dashboards.charts.registry import Context
    from dashboards.charts.series import Series

CHOICES = [("none", "Nothing"), ("previous", "The period before"), ("year", "A year before")]
MONTHS = {"month": 1, "quarter": 3, "year": 12}
NO_PERIOD = "nothing to compare: all times are shown"


@dataclass(frozen=True, slots=True)
class Earlier:
    back: periods.Back  # as `registry.during` takes it
    label: str
    weeks: timedelta = timedelta()  # one of these two is not zero
    months: int = 0

    def at(self, start: datetime) -> datetime:
        """The bucket of the earlier period that stands under one of the shown period."""
        return periods.months_before(start, self.months) if self.months else start - self.weeks


def way_back(compare: str, period: str, grain: str) -> periods.Back | None:
    """How far back the earlier period lies; None where there is none to compare with."""
    if compare not in ("previous", "year") or not period:
        return None
    if grain not in MONTHS:
        return "year" if compare == "year" else "aligned"
    months = _months(period)
    if not months or (compare == "year" and 12 % months):
        return None
    back = 12 // months if compare == "year" else 1
    return back if months * back % MONTHS[grain] == 0 else None


def earlier(compare: str, period: str, grain: str, context: Context) -> Earlier | None:
    back = way_back(compare, period, grain)
    if back is None:
        return None
    if isinstance(back, int):
        label = "a year before" if compare == "year" else words.before(period)
        return Earlier(back, label, months=_months(period) * back)
    weeks = periods.shift(period, back, context.as_of, context.time_zone)
    label = f"{weeks.days} days before, same weekdays"
    return Earlier(back, "a year before (364 days)" if back == "year" else label, weeks)


def refusal(compare: str, period: str, grain: str) -> str:
    """Why nothing is compared though it was asked for."""
    if compare not in ("previous", "year") or way_back(compare, period, grain) is not None:
        return ""
    if not period:
        return NO_PERIOD
    return f"nothing to compare: {words.name(period)} is no whole number of {grain}s"


def _months(period: str) -> int:
    span = periods.NAMED[period][0] if period in periods.NAMED else period
    return int(span[:-1]) if periods.SPAN.fullmatch(span) and span.endswith("m") else 0


def beside(
    points: dict[tuple[datetime, str], float | None],
    starts: list[datetime],
    shown: list[Series],
    known: list[bool],
    formula: Formula,
    way: Earlier,
) -> list[list[float | None]]:
    """Values of the earlier period for each shown series, one per bucket; none for buckets that
    are not ``known``, for the data begin later."""
    missing = 0.0 if formula.adds_up else None
    names = {one.name for one in shown if not one.is_rest}
    rest: dict[datetime, float] = {}
    for (start, name), value in points.items():
        if name not in names:
            rest[start] = rest.get(start, 0.0) + (value or 0.0)
    found: list[list[float | None]] = []
    for one in shown:
        at = [way.at(start) for start in starts]
        if one.is_rest:
            values = [rest.get(start, missing) for start in at]
        else:
            values = [points.get((start, one.name), missing) for start in at]
        found.append([v if is_known else None for v, is_known in zip(values, known, strict=True)])
    return found


def change(value: float | None, before: float | None, formula: Formula, locale: str) -> str:
    """+8.3%, for shares +1.2 pp; empty where there is nothing to compare with."""
    if value is None or before is None or (before == 0 and not formula.is_share):
        return ""
    if formula.is_share:
        return _signed(
            value - before, f"{formats.number((value - before) * 100, '0.0', locale)} pp"
        )
    share = (value - before) / abs(before)
    return _signed(share, formats.number(share, "0.0%", locale))


def _signed(difference: float, written: str) -> str:
    if not any(digit in written for digit in "123456789"):
        return "no change"
    return f"+{written}" if difference > 0 else written

"""What a timeline shows: times of the calendar, or times after a beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from babel.dates import format_date

from dashboards.charts import buckets, scales
from dashboards.charts.registry import Context
from datasets import formats

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboards.charts.timeline import TimelineOptions

TICKS = 6
#: Longest time whose axis is told in hours, days and months.
SPANS = (("hour", timedelta(days=3)), ("day", timedelta(days=120)), ("month", timedelta(days=1500)))


@dataclass(slots=True)
class Item:
    lane: Any
    label: str
    start: float  # milliseconds, or units after
    end: float  # the start where it is a point
    open: bool  # no end is known yet
    value: float | None
    also: float | None
    when: str  # in words
    row: int = 0
    room: float = 0.0


def _columns(table: pa.Table, *names: str) -> list[tuple]:
    """Rows of the columns; one that was not asked for is empty."""
    lists = [
        table.column(name).to_pylist() if name in table.column_names else [None] * table.num_rows
        for name in names
    ]
    return list(zip(*lists, strict=True))


@dataclass(frozen=True, slots=True)
class Relative:
    """Time after a beginning."""

    options: TimelineOptions
    context: Context

    def items(self, table: pa.Table) -> list[Item]:
        rows = _columns(table, "lane", "after", "label", "value", "also")
        return [
            Item(lane, formats.name(label, self.context.locale) if label is not None else "",
                 float(after), float(after), False, value, also, f"After {self.amount(after)}")
            for lane, after, label, value, also in rows if after is not None
        ]  # fmt: skip

    def amount(self, after: float) -> str:
        number = formats.number(after, "#,##0.##", self.context.locale)
        return f"{number} {self.options.after_unit or 'h'}"

    def range(self, items: list[Item]) -> tuple[float, float]:
        first, last = min(0.0, *(i.start for i in items)), max(i.start for i in items)
        span = (last - first) or abs(last) or 1.0
        return first - span * 0.08, last + span * 0.24  # words stand right of the last one

    def ticks(self, items: list[Item], _start: float, _end: float) -> dict[str, str]:
        places = sorted({item.start for item in items})
        if len(places) > TICKS:
            places = scales.scale([0.0, *places], from_zero=True)
        return {scales.key(place): self.amount(place) for place in places}


@dataclass(frozen=True, slots=True)
class Absolute:
    """Times of the calendar."""

    options: TimelineOptions
    context: Context

    @property
    def now(self) -> int:
        return buckets.ms(buckets.local(self.context.as_of, self.context.time_zone))

    def items(self, table: pa.Table) -> list[Item]:
        found = []
        rows = _columns(table, "lane", "start", "end", "label", "value", "also")
        for lane, start, end, label, value, also in rows:
            if start is None:
                continue
            left = buckets.ms(buckets.as_time(start))
            is_open = bool(self.options.end) and end is None
            right = max(buckets.ms(buckets.as_time(end)), left) if end is not None else left
            if is_open:
                right = max(left, self.now)
            name = formats.name(label, self.context.locale) if label is not None else ""
            when = self.words(start, end, is_open)
            found.append(Item(lane, name, left, right, is_open, value, also, when))
        return found

    def words(self, start: datetime, end: datetime | None, is_open: bool) -> str:
        first = self.moment(start)
        if is_open:
            return f"Since {first}, under way"
        return f"{first} to {self.moment(end)}" if end is not None else first

    def moment(self, at: datetime) -> str:
        at = buckets.as_time(at)
        day = format_date(at, "d MMM y", locale=formats.locale_of(self.context.locale))
        return f"{day}, {at:%H:%M}" if (at.hour, at.minute) != (0, 0) else day

    def range(self, items: list[Item]) -> tuple[float, float]:
        first, last = min(i.start for i in items), max(i.end for i in items)
        span = (last - first) or 86_400_000
        if last < self.now < last + span / 4:
            last = self.now
        is_open = any(item.open for item in items)
        return first - span * 0.02, last + span * (0.1 if is_open else 0.04)

    def ticks(self, _items: list[Item], start: float, end: float) -> dict[str, str]:
        first, last = (buckets.EPOCH + timedelta(milliseconds=at) for at in (start, end))
        grain = next((name for name, most in SPANS if last - first <= most), "year")
        zone = self.context.time_zone
        every = buckets.between(buckets.floor(first, grain), last, grain, zone)
        shown = [at for at in buckets.ticks(every, grain, TICKS) if at >= first]
        return {str(buckets.ms(at)): buckets.label(at, grain, self.context.locale) for at in shown}

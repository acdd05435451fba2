"""The bar of filters above a dashboard: what each one says now, and what it offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from dashboards import definition, filters
from dashboards.charts import words
from dashboards.choices import View
from dashboards.models import Filter
from datasets import periods
from datasets.errors import DatasetError
from datasets.models import Column
from datasets.periods import bounds

#: Offered for a date range; more are written.
PRESETS = ["today", "yesterday", "7d", "30d", "90d", "this-week", "last-week", "this-month",
           "last-month", "this-quarter", "last-quarter", "this-year", "12m"]  # fmt: skip
SHOWN_VALUES = 2


def shown(view: View) -> list[dict[str, Any]]:
    """One entry per filter, in the order of the bar."""
    return [_entry(one, view) for one in view.filters if view.offers(one)]


def picked(view: View) -> list[dict[str, Any]]:
    """Marks that were clicked, which limit the other cards."""
    found = []
    for pick in view.chosen.picks:
        column = Column.objects.filter(
            dataset__widgets=pick.widget, name=pick.column
        ).first()  # fmt: skip
        named = [value or "(empty)" for value in pick.values]
        text = named[0] if len(named) == 1 else f"{named[0]} and {len(named) - 1} more"
        label = column.label if column and column.label else pick.column
        found.append({"name": f"x.{pick.widget}.{pick.column}", "label": label, "text": text})
    return found


def identity(view: View) -> list[str]:
    """What the bar depends on, for the page's ETag."""
    return [str(view.starts is not None)] + [
        f"{one.name}:{one.label}:{one.kind}:{one.required}:{one.columns}:{one.depends_on_id}:"
        f"{view.values[one.name]}"
        for one in view.filters
    ]


def context(view: View, as_of: datetime | None = None) -> dict[str, Any]:
    """For the template of the bar; ``as_of`` is the time of the newest data, where it is known."""
    chosen = view.chosen
    return {
        "view": view, "entries": shown(view), "picks": picked(view),
        "compared": compared(view, as_of),
        "has_time": any(one.kind == filters.PERIOD for one in view.filters),
        "resettable": bool(chosen.values or chosen.picks or chosen.compare or chosen.plain),
        "chosen": sum(one.name in chosen.values for one in view.filters),
    }  # fmt: skip


def _entry(one: Filter, view: View) -> dict[str, Any]:
    values = view.values[one.name]
    zone, locale = definition.zone_and_locale(view.viewer)
    entry = {
        "name": one.name,
        "script": f"filter-{one.name}",
        "label": one.label,
        "kind": one.kind,
        "required": one.required,
        "text": said(one, values, locale),
        "on": bool(values) and one.name in view.chosen.values,
        "values": list(values),
        "columns": one.columns,
        "depends_on": one.depends_on.name if one.depends_on_id else "",
    }
    if one.kind == filters.PERIOD:
        names = [(period, capital(words.name(period, locale))) for period in PRESETS]
        entry["presets"] = [{"value": period, "label": name} for period, name in names]
        entry["from"], entry["to"] = _fields(values, zone)
    if one.kind == filters.NUMBERS:
        low, _, high = values[0].partition("..") if values else ("", "", "")
        entry["from"], entry["to"] = low, high
    return entry


def said(one: Filter, values: tuple[str, ...], locale: str) -> str:
    """The choice in a few words."""
    if not values:
        return "all"
    match one.kind:
        case "period":
            return words.name(values[0], locale)
        case "numbers":
            low, _, high = values[0].partition("..")
            return f"{low} to {high}" if low and high else f"from {low}" if low else f"to {high}"
        case "boolean":
            return "yes" if values[0] == "true" else "no"
    named = [value or "(empty)" for value in values]
    if len(named) <= SHOWN_VALUES:
        return ", ".join(named)
    return f"{named[0]} and {len(named) - 1} more"


def _fields(values: tuple[str, ...], zone: str) -> tuple[str, str]:
    """What stands in the fields of a date range: its days, of which the last may be open."""
    if found := periods.RANGE.fullmatch(values[0]) if values else None:
        return found[1], found[2] or ""
    days = _days(values[0], timezone.now(), zone) if values else None
    return (days[0].isoformat(), days[1].isoformat()) if days else ("", "")


def compared(view: View, as_of: datetime | None = None) -> str:
    """The period on the calendar, and what it is compared with; empty without a date range."""
    period = next(
        (view.values[one.name][0] for one in view.filters
         if one.kind == filters.PERIOD and view.values[one.name]), "",
    )  # fmt: skip
    zone, locale = definition.zone_and_locale(view.viewer)
    if not period:
        return zone.replace("_", " ")
    parts = [_calendar(period, as_of or _newest(view), zone, locale)]
    if view.chosen.compare:
        # Lines lie over the same weekdays or months before; each says so at its foot.
        parts.append(f"numbers compared with {words.before(period, view.chosen.compare)}")
    return ", ".join(part for part in [*parts, zone.replace("_", " ")] if part)


def _newest(view: View) -> datetime | None:
    """The time of the newest data of the dashboard."""
    found = view.dashboard.widgets.exclude(dataset__current_snapshot=None)
    times = found.order_by("-dataset__current_snapshot__as_of")
    return times.values_list("dataset__current_snapshot__as_of", flat=True).first()


def _calendar(period: str, as_of: datetime | None, zone: str, locale: str) -> str:
    """The days that a period has now, in words."""
    days = _days(period, as_of, zone) if as_of and not period.endswith("h") else None
    return words.days_between(*days, locale) if days else ""


def _days(period: str, as_of: datetime, zone: str) -> tuple[date, date] | None:
    """First and last day of a period; none of one that no calendar has."""
    try:
        start, end = bounds(period, 0, as_of, zone)
    except (DatasetError, OverflowError, ValueError):
        return None
    return start.date(), (end - periods.TICK).astimezone(start.tzinfo).date()


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]

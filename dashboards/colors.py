"""One entity has one colour on all cards of a dashboard: the place in the palette that a value of
a column took first.

Places are kept with the dashboard and are only ever added: a body that is cached stays right, and
"phone" keeps its colour when the order of devices changes. Columns are known by name, so that two
datasets of one dashboard agree."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from dashboards.charts.registry import in_order
from dashboards.charts.theme import TOKEN_THEME
from dashboards.models import Dashboard

MOST = 200  # values of one column; those after them take colours as they come
PALETTE = len(TOKEN_THEME.palette)


def of(dashboard_id: int | None) -> Callable[[str, list[str]], list[int]]:
    """What tells a chart on this dashboard the places of its values in the palette."""
    if dashboard_id is None:  # of a card that is not saved yet
        return in_order
    asked = Dashboard.objects.filter(pk=dashboard_id)

    def places(column: str, names: list[str]) -> list[int]:
        if not column:
            return in_order(column, names)
        known = (asked.values_list("colors", flat=True).first() or {}).get(column, [])
        if len(known) < MOST and not set(known) >= set(names):
            known = _added(asked, column, names)
        wanted = [known.index(name) if name in known else len(known) for name in names]
        return apart([place % PALETTE for place in wanted])

    return places


def apart(wanted: list[int]) -> list[int]:
    """The places as wanted; where two in one picture want the same, the later takes a free one."""
    found: list[int] = []
    for place in wanted:
        if place in found:
            free = (other for other in range(PALETTE) if other not in {*found, *wanted})
            place = next(free, place)
        found.append(place)
    return found


@transaction.atomic
def _added(asked, column: str, names: list[str]) -> list[str]:
    """The values of the column with the new ones after them; one process adds at a time."""
    every = asked.select_for_update(no_key=True).values_list("colors", flat=True).first() or {}
    known = list(dict.fromkeys([*every.get(column, []), *names]))[:MOST]
    asked.update(colors=every | {column: known})
    return known

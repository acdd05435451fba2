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
from dashboards.models import Palette

MOST = 200  # values of one column; those after them take colours as they come
PALETTE = len(TOKEN_THEME.palette)


def of(dashboard_id: int | None, *, keep: bool = True) -> Callable[[str, list[str]], list[int]]:
    """What tells a chart on this dashboard the places of its values in the palette. With ``keep``
    they have them from now on; a preview only looks."""
    if dashboard_id is None:
        return in_order

    def places(column: str, names: list[str]) -> list[int]:
        if not column:
            return in_order(column, names)
        kept = Palette.objects.filter(dashboard=dashboard_id).first()
        known = kept.places.get(column, []) if kept else []
        if len(known) < MOST and not set(known) >= set(names):
            known = _added(dashboard_id, column, names) if keep else [*known, *names]
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
def _added(dashboard_id: int, column: str, names: list[str]) -> list[str]:
    """The values of the column with the new ones after them; one process adds at a time."""
    Palette.objects.get_or_create(dashboard_id=dashboard_id)
    palette = Palette.objects.select_for_update(no_key=True).get(dashboard=dashboard_id)
    # PostgreSQL keeps no NUL in JSON; who has one takes a colour as it comes.
    new = [name for name in names if "\x00" not in name]
    known = list(dict.fromkeys([*palette.places.get(column, []), *new]))[:MOST]
    palette.places[column] = known
    palette.save()
    return known

"""One entity has one colour on all cards of a dashboard: the place in the palette that a value of
a column took first.

Places are kept in the data folder, as drawings are, and are only ever added: a body that is cached
stays right, and "phone" keeps its colour when the order of devices changes or the portal starts
again. Columns are known by name, so that two datasets of one dashboard agree."""

from __future__ import annotations

import fcntl
import logging
import uuid
from collections.abc import Callable
from pathlib import Path

import orjson
from django.conf import settings

from dashboards.charts.registry import in_order
from dashboards.charts.theme import TOKEN_THEME

log = logging.getLogger(__name__)

MOST = 1000  # values of one column; those after them take colours as they come
PALETTE = len(TOKEN_THEME.palette)


def of(dashboard_id: int | None) -> Callable[[str, list[str]], list[int]]:
    """What tells a chart on this dashboard the places of its values in the palette."""
    if dashboard_id is None:
        return in_order
    path = Path(settings.DATA_FOLDER) / "colors" / f"{dashboard_id}.json"

    def places(column: str, names: list[str]) -> list[int]:
        if not column:
            return in_order(column, names)
        try:
            known = _read(path).get(column, [])
            if len(known) < MOST and not set(known) >= set(names):
                known = _added(path, column, names)
        except OSError as error:
            log.warning("Colours of dashboard %s cannot be kept: %s", dashboard_id, error)
            return in_order(column, names)
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


def _read(path: Path) -> dict[str, list[str]]:
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}


def _added(path: Path, column: str, names: list[str]) -> list[str]:
    """The values of the column with the new ones after them; one process adds at a time."""
    path.parent.mkdir(exist_ok=True)
    with (path.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        every = _read(path)
        known = every.get(column, [])
        known = list(dict.fromkeys([*known, *names]))[:MOST]
        part = path.parent / f".{uuid.uuid4().hex}"
        part.write_bytes(orjson.dumps(every | {column: known}))
        part.replace(path)
    return known

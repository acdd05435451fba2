"""Layout templates: sizes of cards by name, from ``config/layouts/*.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from dashboards import layout
from dashboards.errors import LayoutRefused
from dashboards.layout import Slot


@dataclass(frozen=True, slots=True)
class Layout:
    name: str
    title: str
    description: str
    slots: list[Slot]


def folder() -> Path:
    return Path(settings.BASE_DIR) / "config" / "layouts"


def all_layouts() -> dict[str, Layout]:
    """Name -> layout, in the order of the names. Raises `LayoutRefused` naming the file."""
    found = [_read(path) for path in sorted(folder().glob("*.json"))]
    return {one.name: one for one in found}


def begin_of_last_row(one: Layout) -> int:
    """Index of the slot from which on the template repeats itself for more cards."""
    return layout.last_row(one.slots)


def get(name: str) -> Layout:
    known = all_layouts()
    if name not in known:
        raise LayoutRefused(f"There is no layout '{name}'. Known: {', '.join(known)}.")
    return known[name]


def _read(path: Path) -> Layout:
    try:
        found = json.loads(path.read_text())
        slots = [Slot(one["width"], one["height"]) for one in found["slots"]]
        for slot in slots:
            layout.check_number("width", slot.width)
            layout.check_number("height", slot.height)
        name = found["layout"]
    except (ValueError, KeyError, TypeError, LayoutRefused) as error:
        raise LayoutRefused(f"{path.name} is no layout: {error}") from error
    return Layout(name, found.get("title", name), found.get("description", ""), slots)

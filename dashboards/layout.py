"""Core: where cards stand. Cards flow over twelve columns in their order; rows are 56 pixels.

A tablet and a phone take the same order and sizes that fit them, unless a card says otherwise in
its ``places``: {"tablet": {"width": 6, "height": 7, "position": 2}, "phone": {"hidden": true}}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboards.errors import LayoutRefused

COLUMNS = 12
WIDTHS, HEIGHTS = (2, COLUMNS), (3, 16)
POSITIONS = (0, 999)
LIMITS = {"width": WIDTHS, "height": HEIGHTS, "position": POSITIONS}
DEVICES = ("tablet", "phone")


@dataclass(frozen=True, slots=True)
class Slot:
    """Size of one card on wide screens, in columns and rows."""

    width: int
    height: int


def check(places: Any) -> None:
    """Raise `LayoutRefused` unless these are places that a card may have."""
    if not isinstance(places, dict):
        raise LayoutRefused("Places are an object in braces, by device.")
    for device, place in places.items():
        if device not in DEVICES or not isinstance(place, dict):
            raise LayoutRefused(f"Places are known for {' and '.join(DEVICES)}, not '{device}'.")
        for name, value in place.items():
            check_number(name, value)


def check_number(name: str, value: Any) -> None:
    if name == "hidden":
        if not isinstance(value, bool):
            raise LayoutRefused(f"hidden is true or false, not {value!r}.")
        return
    if name not in LIMITS:
        raise LayoutRefused(f"A place has {', '.join(LIMITS)} and hidden, no '{name}'.")
    low, high = LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise LayoutRefused(f"{name} is a whole number from {low} to {high}, not {value!r}.")


def style(width: int, height: int, places: dict[str, dict[str, Any]]) -> str:
    """Custom properties that the style sheet of the grid reads."""
    tablet, phone = (places.get(device, {}) for device in DEVICES)
    found = {"--w": width, "--h": height, "--tw": tablet.get("width", tablet_width(width)),
             "--th": tablet.get("height", height), "--ph": phone.get("height", height),
             "--to": tablet.get("position"), "--po": phone.get("position")}  # fmt: skip
    return ";".join(f"{name}:{value}" for name, value in found.items() if value is not None)


def hidden_on(places: dict[str, dict[str, Any]]) -> str:
    """Classes of devices on which a card is not shown."""
    return " ".join(f"no-{device}" for device in DEVICES if places.get(device, {}).get("hidden"))


def tablet_width(width: int) -> int:
    """Small cards stand two in a row, all others alone."""
    return COLUMNS // 2 if width <= COLUMNS // 3 else COLUMNS


def fitted(slots: list[Slot], count: int) -> list[Slot]:
    """Slots of a layout template for so many cards; the last row of it repeats."""
    if not slots:
        raise LayoutRefused("A layout needs at least one slot.")
    tail = slots[last_row(slots) :]
    more = [tail[index % len(tail)] for index in range(max(0, count - len(slots)))]
    return [*slots, *more][:count]


def last_row(slots: list[Slot]) -> int:
    """Index of the slot with which the last row begins."""
    begin, used = 0, 0
    for index, slot in enumerate(slots):
        if used + slot.width > COLUMNS:
            begin, used = index, 0
        used += slot.width
    return begin

"""Core: what a person wants the cards and tabs of a dashboard to be, checked word by word.

It names every card once, in the order of the page, and every tab. A tab that is not stored yet has
a text that begins with ``new`` where stored ones have their number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from dashboards import layout
from dashboards.errors import LayoutRefused

TABS_MOST, LONGEST_TITLE = 30, 60
TabKey = int | str


@dataclass(frozen=True, slots=True)
class Tab:
    key: TabKey
    title: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one card stands; ``tab`` is none on a dashboard without tabs."""

    card: int
    tab: TabKey | None
    width: int
    height: int
    places: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Arrangement:
    tabs: tuple[Tab, ...]
    cards: tuple[Place, ...]


def read(data: Any, tabs: Collection[int], cards: Collection[int]) -> Arrangement:
    """What a page sent, for a dashboard that has these tabs and cards. Raises `LayoutRefused`."""
    if not isinstance(data, dict) or set(data) != {"version", "tabs", "cards"}:
        raise LayoutRefused("An arrangement has version, tabs and cards.")
    if not isinstance(data["tabs"], list) or not isinstance(data["cards"], list):
        raise LayoutRefused("tabs and cards are lists.")
    wanted = tuple(_tab(one, tabs) for one in data["tabs"])
    if len(wanted) > TABS_MOST:
        raise LayoutRefused(f"A dashboard has at most {TABS_MOST} tabs.")
    keys = [tab.key for tab in wanted]
    _refuse_twice(keys, "tab")
    places = tuple(_place(one, keys) for one in data["cards"])
    _refuse_twice([place.card for place in places], "card")
    named = {place.card for place in places}
    if unknown := named - set(cards):
        raise LayoutRefused(f"Card {min(unknown)} does not stand on this dashboard.")
    if missing := set(cards) - named:
        raise LayoutRefused(f"Card {min(missing)} is missing: name every card once.")
    return Arrangement(wanted, places)


def version(tabs: Iterable[tuple[Any, ...]], cards: Iterable[tuple[Any, ...]]) -> str:
    """Changes whenever somebody arranges the dashboard otherwise. Takes the rows as stored."""
    text = json.dumps([list(tabs), list(cards)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def numbered(stored: list[tuple[int, int]]) -> list[int]:
    """Positions of cards in their new order, from (position, number) as stored: the same ones
    where they say this order already, or 0, 1, 2 ..."""
    if stored == sorted(stored):
        return [position for position, _ in stored]
    return list(range(len(stored)))


def _tab(data: Any, known: Collection[int]) -> Tab:
    if not isinstance(data, dict) or set(data) != {"id", "title"}:
        raise LayoutRefused("A tab has id and title.")
    key, title = data["id"], data["title"]
    is_new = isinstance(key, str) and key.startswith("new") and len(key) <= 20
    if not is_new and not (_is_number(key) and key in known):
        raise LayoutRefused("A tab is named that is not there any more.")
    if not isinstance(title, str) or not 1 <= len(title.strip()) <= LONGEST_TITLE:
        raise LayoutRefused(f"A tab needs a title of at most {LONGEST_TITLE} characters.")
    if not title.strip().isprintable():
        raise LayoutRefused("The title of a tab has a character that nobody can see.")
    return Tab(key, title.strip())


def _place(data: Any, tabs: list[TabKey]) -> Place:
    parts = {"id", "tab", "width", "height", "places"}
    if not isinstance(data, dict) or set(data) != parts or not _is_number(data["id"]):
        raise LayoutRefused(f"A card has {', '.join(sorted(parts))}.")
    for name in ("width", "height"):
        layout.check_number(name, data[name])
    layout.check(data["places"])
    tab = data["tab"]
    if not tabs and tab is not None:
        raise LayoutRefused("A card stands on a tab, but there are none.")
    if tabs and not any(tab == key and type(tab) is type(key) for key in tabs):
        raise LayoutRefused(f"Card {data['id']} stands on a tab that is not there.")
    places = {device: place for device, place in data["places"].items() if place}
    return Place(data["id"], tab, data["width"], data["height"], places)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse_twice(keys: list[Any], what: str) -> None:
    if len(set(keys)) < len(keys):
        raise LayoutRefused(f"A {what} is named twice.")

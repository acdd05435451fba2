"""A difference between two values as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.text import capfirst

from accounts.admin_history import Change, compared
from portal.config.kinds import Kind

LONGEST = 2000  # characters of a value that are told
NOTHING = "nothing"
WORDS = {"dataset": "Dataset", "source": "Source", "page": "Tab", "position": "Place in the order",
         "dashboard_id": "Name in links"}  # fmt: skip


def changes(kind: Kind, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """What differs in the values that ``new`` names."""
    return [
        change
        for name, value in new.items()
        if old.get(name) != value
        for change in _told(label(kind, name), old.get(name), value)
    ]


def label(kind: Kind, name: str) -> str:
    if name in WORDS:
        return WORDS[name]
    of = next((key.of for key in kind.keys if key.name == name), kind.names.get(name, ""))
    if not of or not hasattr(kind.model, of):
        return capfirst(name.replace("_", " "))
    return capfirst(str(kind.model._meta.get_field(of).verbose_name))


def _told(what: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            if old.get(key) != new.get(key):
                yield from _told(f"{what}: {key.replace('_', ' ')}", old.get(key), new.get(key))
        return
    yield compared(what, text(old), text(new))


def text(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key.replace('_', ' ')}: {text(v)}" for key, v in value.items())
        case list():
            return "; ".join(" ".join(map(text, v)) if isinstance(v, list) else text(v)
                             for v in value)  # fmt: skip
    return str(value)[:LONGEST]

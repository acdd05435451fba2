"""Which stored record each part of a file is. Never by primary keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.config.parts import Part


def cards(wanted: list[Part], stored: list[Part]) -> list[Part]:
    """Give each wanted card the stored one that it is: of the same title and id, else of the same
    title, else of the same id. Returns the stored cards that no wanted one is."""
    left = list(stored)

    def title(part: Part) -> Any:
        return part.values["title"]

    rules: list[Callable[[Part], Any]] = [lambda p: (title(p), p.key), title, lambda p: p.key]
    for same in rules:
        for part in wanted:
            if part.record is None:
                found = next((other for other in left if same(other) == same(part)), None)
                if found is not None:
                    _pair(part, found)
                    left.remove(found)
    return left


def by_key(wanted: list[Part], stored: list[Part]) -> list[Part]:
    known = {part.key: part for part in stored}
    for part in wanted:
        if part.key in known:
            _pair(part, known.pop(part.key))
    return list(known.values())


def _pair(part: Part, found: Part) -> None:
    part.record = found.record
    part.more["stored"] = found

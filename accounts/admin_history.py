"""The history of a record in words: what was changed, field by field."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from simple_history.models import DeletedObject

LONG = 90  # characters; longer texts are told line by line
LINES = 100  # of one change


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after; of long texts ``lines`` are those that went and came."""

    what: str
    before: str = ""
    after: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)


def compared(what: str, before: str, after: str) -> Change:
    """Two texts side by side, or the lines that went and came where they are long."""
    if "\n" in before + after or max(len(before), len(after)) > LONG:
        diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        changed = [(line[0], line[1:]) for line in diff if line[0] in "+-"][2:]  # less its head
        if not changed and before != after:
            return Change(what, "as it was", "the same words with other line ends")
        more = [(" ", f"... and {len(changed) - LINES:,} lines more")]
        return Change(what, lines=changed[:LINES] + more * (len(changed) > LINES))
    return Change(what, before, after)


class Words:
    """Values of a record's fields as people read them. ``admin`` is the record's `RecordAdmin`."""

    def __init__(self, admin, request):
        self.admin, self.request = admin, request
        self.fields = admin.model._meta

    def changes(self, version, older) -> list[Change]:
        delta = version.diff_against(older, foreign_keys_are_objs=True)
        return [
            told
            for change in delta.changes
            for told in self._told(version, change.field, change.old, change.new)
        ]

    def _told(self, version, name: str, old: Any, new: Any) -> Iterator[Change]:
        label = capfirst(self.fields.get_field(name).verbose_name)
        if isinstance(old, dict) and isinstance(new, dict):
            for key in sorted({*old, *new}):
                if old.get(key) != new.get(key):
                    part, before = self.admin.history_part(version, name, key, old.get(key))
                    _, after = self.admin.history_part(version, name, key, new.get(key))
                    yield self._change(f"{label}: {part}", before, after, "")
            return
        yield self._change(label, old, new, name)

    def _change(self, what: str, old: Any, new: Any, name: str) -> Change:
        return compared(what, self.text(old, name), self.text(new, name))

    def text(self, value: Any, name: str = "") -> str:
        if value in (None, "", [], {}):
            return "nothing"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, datetime):
            return f"{timezone.localtime(value):%d %b %Y %H:%M}"
        if isinstance(value, DeletedObject):
            return f"a {value.model._meta.verbose_name} that was deleted"
        if isinstance(value, dict):
            return ", ".join(f"{key}: {self.text(item)}" for key, item in value.items())
        if isinstance(value, list | tuple):
            return "; ".join(self._item(item) for item in value)
        if hasattr(value, "_meta"):
            return self.admin.name_of(self.request, value)
        return self.admin.history_value(name, value) if name else str(value)

    def _item(self, item: Any) -> str:
        """An item of a list: a filter, a line, or a row of a relation such as the roles."""
        if isinstance(item, list | tuple):
            return " ".join(self.text(part) for part in item)
        if isinstance(item, dict):
            others = {key: part for key, part in item.items() if key != self.fields.model_name}
            return ", ".join(self.text(part) for part in others.values())
        return self.text(item)

"""Events in words: kinds, fields and values as the admin calls them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.text import capfirst

from accounts.admin_history import LONG, Change, compared
from accounts.audit_values import KEPT_SECRET
from accounts.models import Action, AuditEvent

SECRET_SAID = "a secret, not kept"  # noqa: S105  (what is said in place of one)


def model_of(kind: str):
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def kind_label(kind: str) -> str:
    model = model_of(kind)
    return capfirst(model._meta.verbose_name) if model else kind


def changes_in_words(event: AuditEvent) -> list[Change]:
    """Field by field, before and after; objects of JSON key by key."""
    model, found = model_of(event.kind), []
    for name, (before, after) in _in_order(model, event.changes):
        label = field_label(model, name)
        if event.action in (Action.CREATED, Action.DELETED):  # the other side is always nothing
            found.append(_alone(label, before, after))
            continue
        if KEPT_SECRET in (before, after) and not isinstance(before, dict):
            said = [None if value is None else SECRET_SAID for value in (before, after)]
            found.append(Change(label, text(said[0]), text(said[1])))
        elif isinstance(before, dict) and isinstance(after, dict) and "name" not in before:
            found += [
                compared(f"{label}: {key}", text(before.get(key)), text(after.get(key)))
                for key in sorted({*before, *after}) if before.get(key) != after.get(key)
            ]  # fmt: skip
        else:
            found.append(compared(label, text(before), text(after)))
    return found


def _in_order(model, changes: dict) -> list:
    """As the record has its fields; the database keeps keys by their length."""
    places = {field.name: at for at, field in enumerate(model._meta.get_fields())} if model else {}
    pairs = ((name, pair if isinstance(pair, list) and len(pair) == 2 else (None, pair))
             for name, pair in changes.items())  # fmt: skip
    return sorted(pairs, key=lambda one: (places.get(one[0], len(places)), one[0]))


def _alone(label: str, before: Any, after: Any) -> Change:
    said = ["" if value is None else SECRET_SAID if value == KEPT_SECRET else text(value)
            for value in (before, after)]  # fmt: skip
    return compared(label, *said)


def field_label(model, name: str) -> str:
    try:
        field = model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return capfirst(name.replace("_", " ").removesuffix(" set"))
    return capfirst(field.verbose_name)


def details_in_words(details: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """(what, its text, whether it is long)."""
    found = [(capfirst(key.replace("_", " ")), text(value)) for key, value in details.items()]
    return [(what, said, "\n" in said or len(said) > LONG) for what, said in found]


def text(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if set(value) == {"key", "name"}:
            return str(value["name"])
        return ", ".join(f"{key}: {text(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "; ".join(text(part) for part in value)
    if isinstance(value, int):
        return f"{value:,}"
    return _moment(value) if isinstance(value, str) else str(value)


def _moment(value: str) -> str:
    """An instant as people write it; other texts as they are."""
    if len(value) < 19 or value[4:5] != "-" or value[10:11] != "T":
        return value
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{timezone.localtime(found):%d %b %Y %H:%M:%S}" if found.tzinfo else value

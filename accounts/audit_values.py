"""What events keep of values: as JSON, without secrets, and not endless."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

LONGEST = 200_000  # characters of one text: as long as SQL may be
MOST = 2_000  # entries of one list
Values = dict[str, Any]  # of fields
KEPT_SECRET = "not kept"  # noqa: S105  (what stands in place of one)
#: Keys of JSON and fields that hold secrets, whoever's model it is; no part of a secret is kept.
SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|digest|token|credential|private|signature|api_?key|(^|_)pwd$",
    re.IGNORECASE,
)
SECRET_FIELD = re.compile(rf"{SECRET.pattern}|(^|_)(key|salt|seed)$", re.IGNORECASE)


def fields_of(model: type[models.Model]) -> list[models.Field]:
    """The fields of which changes are told: all but those that say how the portal fares with the
    record, which its history leaves out too. Secrets are told of, though not their values."""
    history = getattr(getattr(model, "history", None), "model", None)
    left_out = {
        *getattr(model, "audit_ignored", ()),
        *getattr(history, "_history_excluded_fields", ()),
    }
    return [
        field for field in model._meta.concrete_fields
        if not field.primary_key and not getattr(field, "auto_now", False)
        and not getattr(field, "auto_now_add", False)
        and (field.name not in left_out or is_secret(field)
             or isinstance(field, models.BinaryField))
    ]  # fmt: skip


def is_secret(field: models.Field) -> bool:
    return getattr(field, "is_secret", False) or bool(
        SECRET_FIELD.search(field.name) and not field.is_relation
    )


def stored(model: type[models.Model], pk: Any, names: list[str], using: str) -> Values | None:
    """The values of a record as the database has them, so that nothing seems to change that only
    looks different in Python."""
    found = model._base_manager.using(using).filter(pk=pk)
    return found.values(*names).first() if names else None


def difference(
    model: type[models.Model], before: Values | None, after: Values | None
) -> dict[str, list[Any]]:
    """Field -> [before, after] of what differs; a record that was or will not be is None."""
    found = {}
    for field in fields_of(model):
        if field.name not in (before or after or {}):
            continue
        old = before[field.name] if before else None
        new = after[field.name] if after else None
        if old == new or (old in _EMPTY and new in _EMPTY and not (before and after)):
            continue
        if is_secret(field):
            found[field.name] = [KEPT_SECRET if old else None, KEPT_SECRET if new else None]
        else:
            found[field.name] = [_shown(field, old), _shown(field, new)]
    return found


_EMPTY: tuple[Any, ...] = (None, "", [], {}, b"")


def _shown(field: models.Field, value: Any) -> Any:
    """A value with the name that the record it points to has now."""
    if field.is_relation and value is not None:
        other = field.related_model._base_manager.filter(pk=value).first()
        return {"key": value, "name": str(other) if other else "(deleted)"}
    return value


def named(records: Iterable[models.Model]) -> list[dict[str, Any]]:
    """Records of a relation, in a lasting order."""
    return [{"key": one.pk, "name": str(one)} for one in sorted(records, key=lambda r: r.pk)]


def whole_of(about: models.Model) -> models.Model | None:
    """What the record is a part of: the first it goes with when that is deleted."""
    for field in about._meta.concrete_fields:
        remote = field.remote_field
        if remote and getattr(remote, "on_delete", None) is models.CASCADE and not field.null:
            key = getattr(about, field.attname)
            return None if key is None else field.related_model(pk=key)
    return None


def clean_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """[before, after] of each field."""
    return {
        text(name, 200): [clean(side, name) for side in pair]
        for name, pair in changes.items()
    }  # fmt: skip


def clean(value: Any, name: str = "") -> Any:
    """As JSON that PostgreSQL takes; what has the name of a secret is left out, with all that is in
    it."""
    if name and SECRET.search(name) and value and isinstance(value, str | dict | list | tuple):
        return KEPT_SECRET
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if abs(value) < float("inf") else str(value)  # nan compares false
        case str():
            return text(value, LONGEST)
        case datetime() | date() | time() | UUID():
            return value.isoformat() if not isinstance(value, UUID) else str(value)
        case timedelta() | Decimal():
            return str(value)
        case bytes() | memoryview():
            raw = bytes(value)
            return f"{len(raw):,} bytes, SHA-256 {hashlib.sha256(raw).hexdigest()[:16]}"
        case Mapping():
            return {text(str(k), 200): clean(v, str(k)) for k, v in list(value.items())[:MOST]}
        case list() | tuple() | set() | frozenset():
            return [clean(one) for one in list(value)[:MOST]]
    return text(str(value), LONGEST)


def text(raw: Any, longest: int) -> str:
    """A text that the database takes: without NUL and halves of characters, cut where it is too
    long."""
    found = str(raw).replace("\0", "�").encode("utf-8", "replace").decode()
    return found if len(found) <= longest else f"{found[: longest - 1]}…"


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif value is not None:
        yield str(value)


def tokens_of(found: str) -> list[str]:
    """The words of a text, as they are kept and as they are looked for."""
    return re.findall(r"[^\W_]+", found.lower())

"""Which keys each kind of record has in a file, and which fields of the record they are.

From this one table the reader, the writer, the difference and the published schema follow. Keys
whose values name other records (roles, datasets, cards) are in ``names``; code treats them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime

from dashboards import logo
from dashboards.errors import ThemeRefused
from dashboards.models import (
    Annotation,
    ChartTemplate,
    Dashboard,
    Filter,
    Page,
    SavedView,
    Theme,
    Widget,
)
from datasets.models import Column, Dataset, Parameter

PNG = b"\x89PNG\r\n\x1a\n"


def same(value: Any) -> Any:
    return value


def seconds(span: timedelta | None) -> float | int | None:
    if span is None:
        return None
    found = span.total_seconds()
    return int(found) if found == int(found) else found


def span(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(text: str | None) -> datetime | None:
    """Raises `ValueError`; a time without a zone is one of UTC."""
    if text is None:
        return None
    found = parse_datetime(text)
    if found is None:
        raise ValueError(f"'{text}' is no time such as 2026-11-27T09:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def png(data: bytes) -> str:
    return base64.b64encode(bytes(data)).decode()


def from_png(text: str) -> bytes:
    """Raises `ValueError`."""
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("It is no base64.") from error
    if found and not found.startswith(PNG):
        raise ValueError("It is no PNG.")
    if not found:
        return b""
    try:
        return logo.clean(found)  # what people upload in the admin is made anew as well
    except ThemeRefused as error:
        raise ValueError(error.message) from error


@dataclass(frozen=True, slots=True)
class Key:
    """One key; ``kept_in`` is the field of the record where it has another name there."""

    name: str
    kept_in: str = ""
    write: Callable[[Any], Any] = same
    read: Callable[[Any], Any] = same
    schema: dict[str, Any] = field(default_factory=dict)  # besides what follows from the field
    required: bool = False

    @property
    def of(self) -> str:
        return self.kept_in or self.name


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: how people call it, what tells one from another, its keys."""

    word: str
    model: type[models.Model]
    keys: tuple[Key, ...]
    names: dict[str, str] = field(default_factory=dict)  # other keys -> fields
    #: Fields that are no part of files: primary keys, and what the portal itself keeps.
    left_out: tuple[str, ...] = ("id",)

    def default(self, key: Key) -> Any:
        return key.write(self.model._meta.get_field(key.of).get_default())

    def plain(self, record: models.Model) -> dict[str, Any]:
        """The values of a record's own keys, as a file has them."""
        return {key.name: key.write(getattr(record, key.of)) for key in self.keys}

    def complete(self, found: dict[str, Any]) -> dict[str, Any]:
        """With the defaults of the keys that are missing."""
        return {key.name: found.get(key.name, self.default(key)) for key in self.keys}


SECONDS = {"exclusiveMinimum": 0, "maximum": 366 * 24 * 3600}
TEXTS = {"type": "array", "items": {"type": "string"}}
ROLES = {"view_roles": "view_roles", "edit_roles": "edit_roles"}

DASHBOARD = Kind(
    "dashboard",
    Dashboard,
    (Key("title"), Key("description"), Key("position")),
    {"dashboard_id": "slug", "owner": "owner"} | ROLES,
)
DATASET = Kind(
    "dataset",
    Dataset,
    (
        Key("name"),
        Key("description"),
        Key("sql", required=True),
        Key("refresh_interval", "refresh_every", seconds, span,
            {"type": ["number", "null"]} | SECONDS),
        Key("refresh_cron"),
        Key("time_zone"),
        Key("fresh_for", "", seconds, span, {"type": "number"} | SECONDS),
        Key("row_limit"),
        Key("time_limit"),
        Key("enabled"),
    ),
    {"slug": "slug", "owner": "owner", "source": "source"} | ROLES,
    ("id", "canonical_sql", "changed_at", "accepts_new_columns", "next_run_at", "failures",
     "failing_since", "last_error", "failing_because", "current_snapshot"),
)  # fmt: skip
COLUMN = Kind(
    "column",
    Column,
    (Key("type", required=True), Key("label"), Key("unit"), Key("format"), Key("description")),
    {"name": "name"},
    ("id", "dataset", "position"),
)
PARAMETER = Kind(
    "parameter",
    Parameter,
    (Key("type"), Key("value")),
    {"name": "name"},
    ("id", "dataset"),
)
PAGE = Kind(
    "tab",
    Page,
    (Key("slug", required=True), Key("title", required=True)),
    {},
    ("id", "dashboard", "position"),
)
CARD = Kind(
    "card",
    Widget,
    (
        Key("title", required=True),
        Key("subtitle"),
        Key("visualization", "chart_type"),
        Key("options", schema={"type": "object"}),
        Key("filters", schema={"type": "array", "items": {"$ref": "#/$defs/row_filter"}}),
        Key("width"),
        Key("height"),
        Key("places", schema={"$ref": "#/$defs/places"}),
    ),
    {"query": "dataset", "page": "page"},
    ("id", "dashboard", "position", "changed_at"),
)
FILTER = Kind(
    "filter",
    Filter,
    (
        Key("name", required=True),
        Key("label", required=True),
        Key("kind"),
        Key("columns", schema=TEXTS),
        Key("required"),
        Key("default_kind"),
        Key("default"),
    ),
    {"values_from": "values_from", "depends_on": "depends_on", "ignored_by": "ignored_by"},
    ("id", "dashboard", "position"),
)
SAVED_VIEW = Kind(
    "saved view",
    SavedView,
    (Key("name", required=True), Key("query")),
    {"owner": "owner", "default_roles": "default_roles"} | ROLES,
    ("id", "dashboard"),
)
ANNOTATION = Kind(
    "annotation",
    Annotation,
    (
        Key("title", required=True),
        Key("kind"),
        Key("start", "", iso, moment, {"type": "string"}, required=True),
        Key("end", "", iso, moment, {"type": ["string", "null"]}),
        Key("description"),
    ),
    {"datasets": "datasets"},
)
TEMPLATE = Kind(
    "chart template",
    ChartTemplate,
    (
        Key("slug", required=True),
        Key("name", required=True),
        Key("description"),
        Key("visualization", "chart_type", required=True),
        Key("roles", schema={"type": "array", "items": {"$ref": "#/$defs/template_role"}}),
        Key("options", schema={"type": "object"}),
        Key("position"),
    ),
)
THEME = Kind(
    "theme",
    Theme,
    (
        Key("name", required=True),
        Key("in_use"),
        Key("portal_name"),
        Key("logo", "", png, from_png, {
            "type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}),
        Key("accent_light"),
        Key("accent_dark"),
        Key("palette_light", schema=TEXTS),
        Key("palette_dark", schema=TEXTS),
        Key("font"),
        Key("scheme"),
    ),
    {},
    ("id", "changed_at"),
)  # fmt: skip
KINDS = (DASHBOARD, DATASET, COLUMN, PARAMETER, PAGE, CARD, FILTER, SAVED_VIEW, ANNOTATION,
         TEMPLATE, THEME)  # fmt: skip

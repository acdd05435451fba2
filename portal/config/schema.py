"""The published JSON schemas (draft 2020-12), made from the records and the chart types, so that
they say what the reader does: it checks every file with them."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from django.core.validators import (
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
)
from django.db import models

from dashboards import layout
from dashboards.charts import registry
from dashboards.charts.options import Role, roles
from portal.config import kinds
from portal.config.kinds import Key, Kind

DRAFT = "https://json-schema.org/draft/2020-12/schema"
#: The customer's words for chart types, besides our own.
VISUALIZATIONS = {"single_value": "number", "area": "line", "donut": "pie"}
#: What some of these words say besides the chart type.
MEANT: dict[str, dict[str, Any]] = {"area": {"area": True}}
#: What a card without options shows.
DEFAULTS: dict[str, dict[str, Any]] = {"number": {"value": "count()"}}
ROLES = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 150},
         "description": "Names of roles."}  # fmt: skip
TEXT = {"type": "string"}
COLOUR = r"^(#[0-9a-fA-F]{6}|[a-z]+(-[a-z0-9]+)*)$"


def chart_type(visualization: str) -> str:
    """Our name of what a file calls a visualization."""
    known = registry.load()
    return visualization if visualization in known else VISUALIZATIONS.get(visualization, "")


@cache
def all_schemas() -> dict[str, dict[str, Any]]:
    """File below ``config/schema`` -> its schema."""
    return {
        "dashboard.schema.json": dashboard(),
        "chart-templates.schema.json": templates(),
        "brand.schema.json": brand(),
        "layout.schema.json": layouts(),
    }


def dashboard() -> dict[str, Any]:
    top = _object(kinds.DASHBOARD, required=("dashboard_id",), more={
        "$schema": TEXT,
        "dashboard_id": _of_field(kinds.Dashboard._meta.get_field("slug")),
        "owner": _said("Name of a person; left out where there is none of that name."),
        "view_roles": ROLES, "edit_roles": ROLES,
        "refresh_interval": {"type": "number", "description":
                             "Seconds, of the queries that give none."} | kinds.SECONDS,
        "dataset_roles": ROLES | {"description": "View roles of the queries that give none."},
        "layout": _said("Name of a layout: the sizes of cards that give none."),
        "data_sources": {"type": "array", "items": _source()},
        "pages": _list(kinds.PAGE), "filters": _list(kinds.FILTER, {
            "values_from": _said("Query with the values to choose from."),
            "depends_on": _said("Name of the filter whose change forgets this choice."),
            "ignored_by": kinds.TEXTS | {"description": "Ids of cards, or their titles."},
        }),
        "widgets": {"type": "array", "items": _card()},
        "saved_views": _list(kinds.SAVED_VIEW, {
            "owner": TEXT, "view_roles": ROLES, "edit_roles": ROLES, "default_roles": ROLES}),
        "annotations": _list(kinds.ANNOTATION, {
            "datasets": kinds.TEXTS | {"description": "Queries whose time charts show it."}}),
        "base": {"type": "object", "additionalProperties": TEXT, "description":
                 "Written by the export: what it was made from, to tell what changed since."},
    })  # fmt: skip
    return _schema("A dashboard", top, _chart_defs())


def templates() -> dict[str, Any]:
    one = _object(kinds.TEMPLATE)
    one["properties"]["visualization"] = {"enum": _names()}
    top = {
        "type": "object",
        "required": ["chart_templates"],
        "additionalProperties": False,
        "properties": {"$schema": TEXT, "chart_templates": {"type": "array", "items": one}},
    }
    role = {"type": "object", "required": ["option", "label"], "additionalProperties": False,
            "properties": {"option": _said("An option of the chart type."), "label": TEXT,
                           "help": TEXT}}  # fmt: skip
    return _schema("Chart templates", top, {"template_role": role})


def brand() -> dict[str, Any]:
    top = {
        "type": "object",
        "required": ["themes"],
        "additionalProperties": False,
        "properties": {"$schema": TEXT, "themes": {"type": "array", "items": _object(kinds.THEME)}},
    }
    return _schema("Themes", top, {})


def layouts() -> dict[str, Any]:
    size = {
        name: {"type": "integer", "minimum": low, "maximum": high}
        for name, (low, high) in (("width", layout.WIDTHS), ("height", layout.HEIGHTS))
    }
    slot = {
        "type": "object",
        "required": list(size),
        "additionalProperties": False,
        "properties": size,
    }
    top = {"type": "object", "required": ["layout", "slots"], "additionalProperties": False,
           "properties": {"$schema": TEXT, "layout": _said("Its name."),
                          "title": TEXT, "description": TEXT,
                          "slots": {"type": "array", "minItems": 1, "items": slot}}}  # fmt: skip
    return _schema("A layout", top, {})


def _schema(title: str, top: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DRAFT, "title": title} | top | ({"$defs": defs} if defs else {})


def _source() -> dict[str, Any]:
    """One source with its queries; a query is a SELECT, an object, or a dataset that exists."""
    query = _object(kinds.DATASET, required=(), more={
        "dataset": _said("Slug of a dataset that exists: it is used as it is."),
        "slug": _of_field(kinds.Dataset._meta.get_field("slug")), "owner": TEXT,
        "view_roles": ROLES, "edit_roles": ROLES,
        "columns": _map(_object(kinds.COLUMN)),
        "parameters": _map(_object(kinds.PARAMETER)),
    }) | {"type": ["string", "object"]}  # fmt: skip
    query["if"] = {"type": "object", "not": {"required": ["dataset"]}}
    query["then"] = {"required": ["sql"]}
    query["else"] = {"properties": {"sql": {"not": {}}}}
    return {"type": "object", "additionalProperties": False, "properties": {
        "type": _said("Kind of the source, such as postgresql."),
        "connection": _said("Name of a source; host and password stay in the portal."),
        "queries": {"type": "object", "propertyNames": {"minLength": 1, "maxLength": 100},
                    "additionalProperties": query},
    }}  # fmt: skip


def _card() -> dict[str, Any]:
    card = _object(kinds.CARD, required=("query",), more={
        "id": _said("Tells this card from the others when the file is read again.")
        | {"minLength": 1, "maxLength": 120},
        "type": _said("What kind of card it is, for readers of the file: metric, chart, table."),
        "query": _said("Name of one of the queries."),
        "page": _said("Slug of its tab; empty for the first."),
    })  # fmt: skip
    card["properties"]["visualization"] = {"enum": _names(), "default": "table"}
    card["allOf"] = []
    for name in sorted(registry.load()):
        names = [name, *(alias for alias in VISUALIZATIONS if chart_type(alias) == name)]
        needs = _required(registry.get(name).Options) and name not in DEFAULTS
        asked = {"properties": {"visualization": {"enum": names}}}
        if name != "table":
            asked["required"] = ["visualization"]
        then: dict[str, Any] = {"properties": {"options": {"$ref": f"#/$defs/options_{name}"}}}
        card["allOf"].append(
            {"if": asked, "then": then | ({"required": ["options"]} if needs else {})}
        )
    return card


def _names() -> list[str]:
    known = sorted(registry.load())  # in whatever order the modules were imported
    return [*known, *(alias for alias, name in VISUALIZATIONS.items()
                      if name in known and alias not in known)]  # fmt: skip


def _chart_defs() -> dict[str, Any]:
    places = {
        device: {
            "type": "object",
            "additionalProperties": False,
            "properties": {"hidden": {"type": "boolean"}}
            | {
                name: {"type": "integer", "minimum": low, "maximum": high}
                for name, (low, high) in layout.LIMITS.items()
            },
        }
        for device in layout.DEVICES
    }
    row = {"type": "array", "minItems": 2, "maxItems": 3, "prefixItems": [TEXT, TEXT],
           "description": "Column, comparison, value."}  # fmt: skip
    charts = {
        f"options_{name}": options(chart.Options) for name, chart in sorted(registry.load().items())
    }
    here = {"type": "object", "additionalProperties": False, "properties": places}
    return {"row_filter": row, "places": here} | charts


def options(of: type) -> dict[str, Any]:
    """The options of a chart type, as `dashboards.charts.options` reads them."""
    fields = {field.name: field for field in dataclasses.fields(of)}
    properties = {}
    for name, role in roles(of).items():
        about = {"description": ". ".join(part for part in (role.label, role.help) if part)}
        default = fields[name].default
        if default not in (dataclasses.MISSING, None, "", ()):
            about["default"] = list(default) if isinstance(default, tuple) else default
        properties[name] = _option(role) | about
    found = {"type": "object", "additionalProperties": False, "properties": properties}
    return found | ({"required": needed} if (needed := _required(of)) else {})


def _required(of: type) -> list[str]:
    return [f.name for f in dataclasses.fields(of) if f.default is dataclasses.MISSING]


def _option(role: Role) -> dict[str, Any]:
    match role.kind:
        case "columns" | "measures" | "texts":
            return dict(kinds.TEXTS)
        case "colors":
            return {"type": "array", "items": {"type": "string", "pattern": COLOUR}}
        case "choice":
            return {"enum": [key for key, _ in role.choices]}
        case "number" | "boolean":
            return {"type": role.kind}
        case "integer":
            limits = {"minimum": role.least, "maximum": role.most}
            known = {name: limit for name, limit in limits.items() if limit is not None}
            return {"type": "integer"} | known
    return dict(TEXT)


def _object(kind: Kind, required: tuple[str, ...] | None = None, more: dict | None = None) -> dict:
    own = {key.name: _of_key(kind, key) for key in kind.keys}
    needed = [key.name for key in kind.keys if key.required and kind is not kinds.DATASET]
    needed = [*(required or ()), *needed]
    found = {"type": "object", "additionalProperties": False, "properties": (more or {}) | own}
    return found | ({"required": needed} if needed else {})


def _list(kind: Kind, more: dict | None = None) -> dict[str, Any]:
    return {"type": "array", "items": _object(kind, more=more)}


def _map(one: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"minLength": 1, "maxLength": 63},
            "additionalProperties": one}  # fmt: skip


def _said(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _of_key(kind: Kind, key: Key) -> dict[str, Any]:
    of = kind.model._meta.get_field(key.of)
    found = key.schema or _of_field(of)
    if of.help_text and "$ref" not in found:
        found = found | {"description": str(of.help_text)}
    return found


def _of_field(of: models.Field) -> dict[str, Any]:
    """What a field of a record takes, as far as a schema can say it."""
    match of:
        case models.BooleanField():
            return {"type": "boolean"}
        case models.IntegerField():
            low, high = 0, 32767 if isinstance(of, models.PositiveSmallIntegerField) else 2**31 - 1
            for one in of.validators:
                if isinstance(one, MinValueValidator):
                    low = max(low, one.limit_value)
                if isinstance(one, MaxValueValidator):
                    high = min(high, one.limit_value)
            return {"type": "integer", "minimum": low, "maximum": high}
    if of.choices:
        return {"enum": [key for key, _ in of.flatchoices]}
    found: dict[str, Any] = {"type": "string"}
    if of.max_length:
        found["maxLength"] = of.max_length
    if not of.blank:
        found["minLength"] = 1
    patterns = [one.regex.pattern for one in of.validators if isinstance(one, RegexValidator)]
    return found | ({"pattern": patterns[0].replace(r"\Z", "$")} if patterns else {})

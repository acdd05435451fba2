"""What a dashboard's file asks for, complete: what it leaves out has its default.

Lists of the file that are missing (tabs, filters, cards, ...) and properties of the dashboard that
it does not name stay as they are; a card, a query, a filter that it names is described whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from dashboards import layout, layouts
from dashboards.charts import registry
from dashboards.errors import LayoutRefused
from portal.config import kinds, parts, schema
from portal.config.check import check
from portal.config.errors import DefinitionRefused
from portal.config.parts import Part
from portal.config.reading import step

REFRESH = 300  # seconds between two refreshes where the definition says nothing
COUNTED = "Number of rows"  # what a number without options is, in words


@dataclass(slots=True)
class Wanted:
    """Parts by kind; None where the file does not speak of the kind."""

    dashboard: Part
    datasets: dict[str, Part] = field(default_factory=dict)  # by the names of the queries
    pages: list[Part] | None = None
    cards: list[Part] | None = None
    filters: list[Part] | None = None
    views: list[Part] | None = None
    annotations: list[Part] | None = None
    base: dict[str, str] | None = None
    notes: list[str] = field(default_factory=list)


def read(definition: Any) -> Wanted:
    """Raises `DefinitionRefused` with the places that are wrong."""
    check(definition, "dashboard.schema.json")
    slug = definition["dashboard_id"]
    values = {key: definition[key] for key in _said(kinds.DASHBOARD, definition)}
    wanted = Wanted(Part(kinds.DASHBOARD, slug, values), base=definition.get("base"))
    _datasets(definition, wanted)
    if "pages" in definition:
        wanted.pages = each(kinds.PAGE, definition["pages"], "$.pages", "slug")
    if "widgets" in definition:
        wanted.cards = _cards(definition, wanted)
    if "filters" in definition:
        wanted.filters = _filters(definition["filters"], wanted)
    if "saved_views" in definition:
        wanted.views = each(kinds.SAVED_VIEW, definition["saved_views"], "$.saved_views", "name")
    if "annotations" in definition:
        wanted.annotations = _annotations(definition["annotations"], wanted)
    return wanted


def _said(kind: kinds.Kind, found: dict[str, Any]) -> list[str]:
    """Keys of a record that are there, other than what names it."""
    names = [name for name in kind.names if name in ("owner", "view_roles", "edit_roles",
                                                     "default_roles")]  # fmt: skip
    return [key for key in [*(key.name for key in kind.keys), *names] if key in found]


def _roles(kind: kinds.Kind, found: dict[str, Any]) -> dict[str, Any]:
    roles = [name for name in kind.names if name.endswith("_roles")]
    said = {name: sorted(set(found.get(name, []))) for name in roles}
    return said | ({"owner": found["owner"]} if "owner" in found else {})


def _datasets(definition: dict[str, Any], wanted: Wanted) -> None:
    slugs: dict[str, str] = {}
    for index, source in enumerate(definition.get("data_sources", [])):
        here = f"$.data_sources[{index}]"
        for name, query in source.get("queries", {}).items():
            path = step(f"{here}.queries", name)
            query = {"sql": query} if isinstance(query, str) else query
            part = _reference(query, path) if "dataset" in query else _dataset(
                name, query, definition, path)  # fmt: skip
            if name in wanted.datasets:
                raise DefinitionRefused("Another source has a query of this name.", path)
            if part.key in slugs:
                raise DefinitionRefused(
                    f"It is the dataset '{part.key}' as {slugs[part.key]} is.", path
                )
            slugs[part.key] = path
            part.more |= {"connection": source.get("connection", ""), "at": here,
                          "kind": source.get("type", "")}  # fmt: skip
            wanted.datasets[name] = part
        if source.get("connection") and not source.get("queries"):
            wanted.notes.append(f"The source {source['connection']} has no queries.")


def _reference(query: dict[str, Any], path: str) -> Part:
    return Part(kinds.DATASET, query["dataset"], {}, path, more={"reference": True})


def _dataset(name: str, query: dict[str, Any], definition: dict[str, Any], path: str) -> Part:
    slug = query.get("slug") or slugify(name.replace("_", "-"))
    if not slug:
        raise DefinitionRefused(f"'{name}' makes no name for links; give it a slug.", path)
    every = definition.get("refresh_interval", REFRESH)
    defaults = {"name": name.replace("_", " ").capitalize(), "time_zone": settings.TIME_ZONE,
                "refresh_interval": None if query.get("refresh_cron") else every}  # fmt: skip
    values = kinds.DATASET.complete(defaults | query)
    if "fresh_for" not in query and values["refresh_interval"]:
        values["fresh_for"] = max(4 * values["refresh_interval"], 60)
    for key, kind in (("columns", kinds.COLUMN), ("parameters", kinds.PARAMETER)):
        if key in query or key == "parameters":
            values[key] = {n: kind.complete(v) for n, v in query.get(key, {}).items()}
    for key, general in (("view_roles", "dataset_roles"), ("edit_roles", "edit_roles")):
        if key in query or general in definition:
            values[key] = sorted(set(query.get(key, definition.get(general, []))))
    if "owner" in query:
        values["owner"] = query["owner"]
    return Part(kinds.DATASET, slug, values, path)


def each(kind: kinds.Kind, found: list[dict], path: str, name: str) -> list[Part]:
    """Records of a list, with their places in it; each has a name of its own."""
    made: list[Part] = []
    for index, one in enumerate(found):
        here = f"{path}[{index}]"
        values = kind.complete(one) | _roles(kind, one)
        if name in ("slug",) or kind is kinds.FILTER:
            values["position"] = index
        if any(other.key == one[name] for other in made):
            raise DefinitionRefused(f"Another one has the {name} '{one[name]}'.", f"{here}.{name}")
        made.append(Part(kind, one[name], values, here))
    return made


def _cards(definition: dict[str, Any], wanted: Wanted) -> list[Part]:
    found = definition["widgets"]
    given = [one["id"] for one in found if "id" in one]
    if doubled := next((name for name in given if given.count(name) > 1), None):
        last = max(index for index, one in enumerate(found) if one.get("id") == doubled)
        raise DefinitionRefused(f"Another card has the id '{doubled}'.", f"$.widgets[{last}].id")
    made = parts.ids_of([*given, *(one["title"] for one in found if "id" not in one)])[len(given) :]
    free = iter(made)
    slots = _slots(definition, len(found))
    cards = []
    for index, one in enumerate(found):
        path = f"$.widgets[{index}]"
        if one["query"] not in wanted.datasets:
            known = ", ".join(wanted.datasets) or "none"
            raise DefinitionRefused(
                f"It asks '{one['query']}', which is none of the queries: {known}.", f"{path}.query"
            )
        values = _card(one, slots[index] if slots else None)
        if "options" not in one and values["options"] and "subtitle" not in one:
            values["subtitle"] = COUNTED
            wanted.notes.append(f"The card {one['title']} has no options: it counts the rows.")
        values |= {"dataset": wanted.datasets[one["query"]].key, "page": one.get("page", ""),
                   "position": index}  # fmt: skip
        cards.append(Part(kinds.CARD, one.get("id") or next(free), values, path))
    return cards


def _card(one: dict[str, Any], slot: layout.Slot | None) -> dict[str, Any]:
    word = one.get("visualization", "table")
    chart = schema.chart_type(word)
    width, height = (slot.width, slot.height) if slot else registry.get(chart).size
    options = one.get("options", schema.DEFAULTS.get(chart, {}))
    if word != chart:
        options = schema.MEANT.get(word, {}) | options
    values = kinds.CARD.complete({"width": width, "height": height, "visualization": chart} | one)
    return values | {"visualization": chart, "options": parts.said_options(options)}


def _slots(definition: dict[str, Any], count: int) -> list[layout.Slot]:
    if "layout" not in definition:
        return []
    try:
        return layout.fitted(layouts.get(definition["layout"]).slots, count)
    except LayoutRefused as error:
        raise DefinitionRefused(str(error), "$.layout") from error


def _filters(found: list[dict], wanted: Wanted) -> list[Part]:
    made = each(kinds.FILTER, found, "$.filters", "name")
    for one, part in zip(found, made, strict=True):
        query, parent = one.get("values_from", ""), one.get("depends_on", "")
        if query and query not in wanted.datasets:
            raise DefinitionRefused(
                f"'{query}' is none of the queries.", f"{part.path}.values_from"
            )
        if parent and (parent == part.key or all(o.key != parent for o in made)):
            raise DefinitionRefused(f"'{parent}' is no other filter.", f"{part.path}.depends_on")
        part.values |= {
            "values_from": wanted.datasets[query].key if query else "",
            "depends_on": parent,
            "ignored_by": [_card_id(name, wanted, part.path) for name in one.get("ignored_by", [])],
        }
        part.values["ignored_by"] = sorted(set(part.values["ignored_by"]))
    return made


def _card_id(name: str, wanted: Wanted, path: str) -> str:
    """The id of a card that the file names by its id or by its title."""
    if wanted.cards is None:
        return name
    ids = [card.key for card in wanted.cards]
    titled = [card.key for card in wanted.cards if card.values["title"] == name]
    if name in ids or titled:
        return name if name in ids else titled[0]
    raise DefinitionRefused(f"'{name}' is no card of this file.", f"{path}.ignored_by")


def _annotations(found: list[dict], wanted: Wanted) -> list[Part]:
    made = []
    for index, one in enumerate(found):
        path = f"$.annotations[{index}]"
        values = kinds.ANNOTATION.complete(one)
        for key in ("start", "end"):
            try:
                values[key] = kinds.iso(kinds.moment(values[key]))
            except ValueError as error:
                raise DefinitionRefused(str(error), f"{path}.{key}") from error
        names = one.get("datasets", [])
        if unknown := next((name for name in names if name not in wanted.datasets), ""):
            raise DefinitionRefused(f"'{unknown}' is none of the queries.", f"{path}.datasets")
        values["datasets"] = sorted({wanted.datasets[name].key for name in names})
        made.append(Part(kinds.ANNOTATION, f"{one['title']} {values['start']}", values, path))
    return made

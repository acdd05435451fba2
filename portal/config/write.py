"""Records as files. No host, no password and no primary key is in them; what a person may not see
is only named."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from accounts.models import User
from dashboards.charts import registry
from dashboards.models import Annotation, ChartTemplate, Dashboard, SavedView, Theme
from datasets.models import Dataset
from portal.config import kinds, parts
from portal.config.kinds import Kind
from portal.config.parts import Part

SCHEMA = "../schema/dashboard.schema.json"


def text(definition: Any) -> str:
    """JSON as it stands in files: the same records always give the same text."""
    return json.dumps(definition, indent=2, ensure_ascii=False) + "\n"


def dashboard(record: Dashboard, person: User | None = None, *, owners: bool = False) -> dict:
    """The file of a dashboard; ``person`` is who asks, and None the operator of the portal."""
    ids = parts.card_ids(record)
    cards = parts.of_cards(record, ids)
    shown = _datasets(record)
    names = {dataset.slug: query_name(dataset.slug) for dataset in shown}
    found: dict[str, Any] = {"$schema": SCHEMA, "dashboard_id": record.slug}
    head = parts.of_dashboard(record)
    found |= _pruned(kinds.DASHBOARD, head.values, keep=("title",), owners=owners)
    found |= {"view_roles": head.values["view_roles"], "edit_roles": head.values["edit_roles"]}
    found["data_sources"], seen = _sources(shown, names, person, owners)
    tabs, filters = parts.of_pages(record), parts.of_filters(record, ids)
    found["pages"] = [_pruned(kinds.PAGE, tab.values) for tab in tabs]
    found["filters"] = [_filter(one, names) for one in filters]
    found["widgets"] = [_card(card, names) for card in cards]
    views = [parts.of_view(view, ids) for view in shared_views(record, person)]
    found["saved_views"] = [_pruned(kinds.SAVED_VIEW, v.values, owners=owners) for v in views]
    marks = annotations(list(seen))
    found["annotations"] = [
        _pruned(kinds.ANNOTATION, mark.values)
        | {"datasets": [names[slug] for slug in mark.values["datasets"]]}
        for mark in marks
    ]
    everything = [head, *map(parts.of_dataset, seen.values()), *tabs, *filters, *cards, *views,
                  *marks]  # fmt: skip
    found["base"] = {part.name: part.digest for part in everything}
    return found


def shared_views(record: Dashboard, person: User | None) -> list[SavedView]:
    """Views that are shared with a role; those that people keep for themselves stay theirs."""
    views = SavedView.objects.all() if person is None else SavedView.objects.visible_to(person)
    found = views.filter(dashboard=record, view_roles__isnull=False).distinct()
    unique = {view.name: view for view in found.order_by("-pk")}
    return sorted(unique.values(), key=lambda view: view.name)


def annotations(slugs: list[str]) -> list[Part]:
    found = Annotation.objects.filter(datasets__slug__in=slugs).distinct()
    marks = found.prefetch_related("datasets").order_by("start", "title")
    return [parts.of_annotation(mark, set(slugs)) for mark in marks]


def chart_templates(records=None) -> dict[str, Any]:
    records = ChartTemplate.objects.all() if records is None else records
    return {"$schema": "schema/chart-templates.schema.json", "chart_templates": [
        _pruned(kinds.TEMPLATE, kinds.TEMPLATE.plain(one), keep=("roles", "options"))
        for one in records]}  # fmt: skip


def themes(records=None) -> dict[str, Any]:
    records = Theme.objects.all() if records is None else records
    found = [_pruned(kinds.THEME, kinds.THEME.plain(one)) for one in records]
    return {"$schema": "schema/brand.schema.json", "themes": found}


def query_name(slug: str) -> str:
    return slug.replace("-", "_")


def _datasets(record: Dashboard) -> list[Dataset]:
    """All that a dashboard asks: its cards and its filters."""
    cards = list(record.widgets.values_list("dataset", flat=True))
    values = list(record.filters.exclude(values_from=None).values_list("values_from", flat=True))
    found = Dataset.objects.filter(pk__in=[*cards, *values])
    return list(found.select_related("source", "owner").order_by("source__name", "slug"))


def _sources(shown, names, person, owners) -> tuple[list[dict], dict[str, Dataset]]:
    """The sources with their queries, and the datasets that are told and not only named."""
    visible = shown if person is None else list(
        Dataset.objects.visible_to(person).filter(pk__in=[d.pk for d in shown]))  # fmt: skip
    told = {dataset.pk for dataset in visible}
    found: dict[str, dict[str, Any]] = {}
    seen: dict[str, Dataset] = {}
    for dataset in shown:
        if dataset.pk in told:
            seen[dataset.slug] = dataset
            head = {"type": dataset.source.kind, "connection": dataset.source.name}
            query = _query(dataset, names[dataset.slug], owners)
        else:
            head, query = {}, {"dataset": dataset.slug}
        at = head.get("connection", "")
        found.setdefault(at, head | {"queries": {}})["queries"][names[dataset.slug]] = query
    return list(found.values()), seen


def _query(dataset: Dataset, name: str, owners: bool) -> dict[str, Any]:
    part = parts.of_dataset(dataset)
    keep = ("refresh_interval", "fresh_for") + (("time_zone",) if dataset.refresh_cron else ())
    found = _pruned(kinds.DATASET, part.values, keep=keep, owners=owners)
    if name.replace("_", "-") != dataset.slug:
        found = {"slug": dataset.slug} | found
    if not dataset.refresh_cron and dataset.time_zone == settings.TIME_ZONE:
        found.pop("time_zone", None)
    for key, kind in (("columns", kinds.COLUMN), ("parameters", kinds.PARAMETER)):
        if part.values[key]:
            found[key] = {n: _pruned(kind, v, keep=("type",)) for n, v in part.values[key].items()}
    return found | {key: part.values[key] for key in ("view_roles", "edit_roles")}


def _card(card: Part, names: dict[str, str]) -> dict[str, Any]:
    chart = registry.load().get(card.values["visualization"])
    kind = "metric" if card.values["visualization"] == "number" else "chart"
    kind = "table" if chart and chart.name == "table" else kind
    found = {"id": card.key, "type": kind, "title": card.values["title"],
             "query": names[card.values["dataset"]]}  # fmt: skip
    keep = ("visualization", "options", "width", "height")
    page = {"page": card.values["page"]} if card.values["page"] else {}
    return found | page | _pruned(kinds.CARD, card.values, keep=keep)


def _filter(one: Part, names: dict[str, str]) -> dict[str, Any]:
    found = _pruned(kinds.FILTER, one.values, keep=("kind",))
    if one.values["values_from"]:
        found["values_from"] = names[one.values["values_from"]]
    others = {key: one.values[key] for key in ("depends_on", "ignored_by") if one.values[key]}
    return found | others


def _pruned(kind: Kind, values: dict[str, Any], keep: tuple[str, ...] = (),
            owners: bool = False) -> dict[str, Any]:  # fmt: skip
    """A record's own values less those that a reader would assume anyway, and its roles."""
    found = {}
    for key in kind.keys:
        value = values[key.name]
        if key.required or key.name in keep or value != kind.default(key):
            found[key.name] = value
    for name in ("view_roles", "edit_roles", "default_roles"):
        if name in kind.names and values.get(name):
            found[name] = values[name]
    if owners and values.get("owner"):
        found["owner"] = values["owner"]
    return found


def together(dashboards: list[dict], more: dict[str, dict[str, Any]] | None = None) -> dict:
    """Several definitions as one file; a single one stands as it is."""
    others = {key: value for one in (more or {}).values() for key, value in one.items()
              if key != "$schema"}  # fmt: skip
    if len(dashboards) == 1 and not others:
        return dashboards[0]
    return ({"dashboards": dashboards} if dashboards else {}) | others

"""Shipped and customers' definitions of dashboards: JSON in, records out, matched by their slugs.

The format is the customer's own (``dashboard_id``, ``data_sources`` with named ``queries``,
``widgets`` with ``query`` and ``visualization``), with more keys where a record has more to say: a
query may be an object with ``sql``, ``name``, ``description``, ``refresh_interval`` and
``columns``, and a widget may have ``subtitle``, ``options``, ``filters``, ``width`` and
``height``."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from dashboards.models import Dashboard, Widget
from datasets.models import Dataset, Source

#: The customer's words for chart types, besides our own.
VISUALIZATIONS = {"single_value": "number", "area": "line", "donut": "pie"}
#: What a widget without options shows.
DEFAULTS = {"number": {"value": "count()"}}
REFRESH = 300  # seconds between two refreshes where the definition says nothing


class DefinitionRefused(Exception):
    """A definition cannot be applied; the text says where and why. Nothing of it was applied."""


def apply_file(path: Path, *, replace: bool = False) -> Dashboard:
    try:
        definition = json.loads(path.read_text())
    except ValueError as error:
        raise DefinitionRefused(f"{path.name} is no JSON: {error}") from error
    try:
        return apply(definition, replace=replace)
    except DefinitionRefused as error:
        raise DefinitionRefused(f"{path.name}: {error}") from error


@transaction.atomic
def apply(definition: dict, *, replace: bool = False) -> Dashboard:
    """Make the dashboard and its datasets. One that exists is left as people made it, unless
    ``replace``."""
    slug = definition.get("dashboard_id")
    if not slug:
        raise DefinitionRefused("dashboard_id is missing.")
    existing = Dashboard.objects.filter(slug=slug).first()
    if existing and not replace:
        return existing
    datasets = _datasets(definition)
    dashboard = existing or Dashboard(slug=slug)
    dashboard.title = definition.get("title") or slug.replace("-", " ").capitalize()
    dashboard.description = definition.get("description", "")
    dashboard.position = definition.get("position", 100)
    _save(dashboard, f"dashboard {slug}")
    dashboard.view_roles.set(_roles(definition.get("view_roles", [])))
    dashboard.edit_roles.set(_roles(definition.get("edit_roles", [])))
    dashboard.widgets.all().delete()
    for position, found in enumerate(definition.get("widgets", [])):
        _save(_widget(dashboard, datasets, found, position), f"widget {position + 1}")
    return dashboard


def _datasets(definition: dict) -> dict[str, Dataset]:
    found = {}
    for part in definition.get("data_sources", []):
        source = Source.objects.filter(name=part.get("connection"), kind=part.get("type")).first()
        if source is None:
            raise DefinitionRefused(
                f"There is no source '{part.get('connection')}' of the kind {part.get('type')}. "
                "Make it in the admin first."
            )
        for name, query in part.get("queries", {}).items():
            query = {"sql": query} if isinstance(query, str) else query
            found[name] = _dataset(name, query, source, definition)
    return found


def _dataset(name: str, query: dict, source: Source, definition: dict) -> Dataset:
    slug = slugify(query.get("slug") or name.replace("_", "-"))
    dataset = Dataset.objects.filter(slug=slug).first() or Dataset(slug=slug)
    seconds = query.get("refresh_interval") or definition.get("refresh_interval") or REFRESH
    dataset.name = query.get("name") or name.replace("_", " ").capitalize()
    dataset.description = query.get("description", "")
    dataset.source, dataset.sql = source, query["sql"]
    dataset.accepts_new_columns = True
    dataset.refresh_every = timedelta(seconds=seconds)
    dataset.fresh_for = timedelta(seconds=query.get("fresh_for") or max(4 * seconds, 60))
    dataset.next_run_at = dataset.next_run_at or timezone.now()
    _save(dataset, f"query {name}")
    dataset.view_roles.set(_roles(query.get("view_roles", definition.get("dataset_roles", []))))
    dataset.edit_roles.set(_roles(definition.get("edit_roles", [])))
    for position, (column, about) in enumerate(query.get("columns", {}).items()):
        dataset.columns.update_or_create(name=column, defaults={"position": position, **about})
    return dataset


def _widget(dashboard: Dashboard, datasets: dict, found: dict, position: int) -> Widget:
    if found.get("query") not in datasets:
        raise DefinitionRefused(
            f"widget {position + 1} asks '{found.get('query')}', which is none of the queries "
            f"{', '.join(datasets)}."
        )
    kind = found.get("visualization", "table")
    chart_type = VISUALIZATIONS.get(kind, kind)
    return Widget(
        dashboard=dashboard,
        dataset=datasets[found["query"]],
        title=found.get("title", ""),
        subtitle=found.get("subtitle", ""),
        chart_type=chart_type,
        options=found.get("options") or DEFAULTS.get(chart_type, {}),
        filters=found.get("filters", []),
        width=found.get("width", 4),
        height=found.get("height", 4 if chart_type == "number" else 7),
        position=position,
    )


def _roles(names: list[str]) -> list[Group]:
    return [Group.objects.get_or_create(name=name)[0] for name in names]


def _save(record, what: str) -> None:
    try:
        record.full_clean()
    except ValidationError as error:
        said = "; ".join(
            f"{field}: {' '.join(messages)}" if field != "__all__" else " ".join(messages)
            for field, messages in error.message_dict.items()
        )
        raise DefinitionRefused(f"{what}: {said}") from error
    record.save()

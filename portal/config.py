"""Shipped and customers' definitions of dashboards: JSON in, records out, matched by their slugs.

The format is the customer's own (``dashboard_id``, ``data_sources`` with named ``queries``,
``widgets`` with ``query`` and ``visualization``), with more keys where a record has more to say: a
query may be an object with ``sql``, ``name``, ``description``, ``refresh_interval`` and
``columns``, or name a dataset that is there already, ``{"dataset": "its-slug"}``; and a widget may
have ``subtitle``, ``options``, ``filters``, ``width`` and ``height``."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from dashboards.definition import check
from dashboards.errors import DashboardError
from dashboards.models import Dashboard, Widget
from datasets.errors import DatasetError
from datasets.models import Column, Dataset, Source

#: The customer's words for chart types, besides our own.
VISUALIZATIONS = {"single_value": "number", "area": "line", "donut": "pie"}
#: What a widget without options shows.
DEFAULTS = {"number": {"value": "count()"}}
#: What a definition may say of a column.
ABOUT_COLUMNS = ("type", "label", "unit", "format", "description")
KINDS = {dict: "an object in braces", list: "a list", str: "a text"}
REFRESH = 300  # seconds between two refreshes where the definition says nothing


class DefinitionRefused(Exception):
    """A definition cannot be applied; the text says where and why. Nothing of it was applied."""


class DatasetMissing(DefinitionRefused):
    """It names a dataset that another definition may make."""


def apply_folder(folder: Path, *, replace: bool = False) -> list[Dashboard]:
    """Apply all files of a folder; those that name datasets of others come after them."""
    waiting, made = sorted(folder.glob("*.json")), []
    while waiting:
        missing = {}
        for path in waiting:
            try:
                made.append(apply_file(path, replace=replace))
            except DatasetMissing as error:
                missing[path] = error
        if len(missing) == len(waiting):
            raise next(iter(missing.values()))
        waiting = list(missing)
    return made


def apply_file(path: Path, *, replace: bool = False) -> Dashboard:
    try:
        definition = json.loads(path.read_text())
    except ValueError as error:
        raise DefinitionRefused(f"{path.name} is no JSON: {error}") from error
    try:
        return apply(definition, replace=replace)
    except DefinitionRefused as error:
        raise type(error)(f"{path.name}: {error}") from error


@transaction.atomic
def apply(definition: dict, *, replace: bool = False) -> Dashboard:
    """Make the dashboard and its datasets. What exists is left as people made it, unless
    ``replace``."""
    _expect(definition, dict, "a definition")
    slug = definition.get("dashboard_id")
    if not slug:
        raise DefinitionRefused("dashboard_id is missing.")
    _expect(slug, str, "dashboard_id")
    existing = Dashboard.objects.filter(slug=slug).first()
    if existing and not replace:
        return existing
    datasets = _datasets(definition, replace)
    dashboard = existing or Dashboard(slug=slug)
    dashboard.title = definition.get("title") or slug.replace("-", " ").capitalize()
    dashboard.description = definition.get("description", "")
    dashboard.position = definition.get("position", 100)
    _save(dashboard, f"dashboard {slug}")
    dashboard.view_roles.set(_roles(definition, "view_roles"))
    dashboard.edit_roles.set(_roles(definition, "edit_roles"))
    dashboard.widgets.all().delete()
    for position, found in enumerate(_part(definition, "widgets", list)):
        what = f"widget {position + 1}"
        _expect(found, dict, what)
        widget = _widget(dashboard, datasets, found, position)
        try:
            check(widget)
        except (DashboardError, DatasetError) as error:
            raise DefinitionRefused(f"{what}: {error}") from error
        _save(widget, what)
    return dashboard


def _datasets(definition: dict, replace: bool) -> dict[str, Dataset]:
    found = {}
    for part in _part(definition, "data_sources", list):
        _expect(part, dict, "each of data_sources")
        queries = _part(part, "queries", dict)
        source = _source(part, queries)
        for name, query in queries.items():
            query = {"sql": query} if isinstance(query, str) else query
            _expect(query, dict, f"query {name}")
            if "dataset" in query:
                found[name] = _named_dataset(name, query)
                continue
            _expect(query.get("sql"), str, f"query {name}: sql")
            slug = slugify(query.get("slug") or name.replace("_", "-"))
            existing = Dataset.objects.filter(slug=slug).first()
            found[name] = existing
            if replace or existing is None:
                dataset = existing or Dataset(slug=slug)
                found[name] = _dataset(dataset, name, query, source, definition)
    return found


def _source(part: dict, queries: dict) -> Source | None:
    """Where the queries are asked; not needed where all of them name datasets."""
    source = Source.objects.filter(name=part.get("connection"), kind=part.get("type")).first()
    named = [isinstance(query, dict) and "dataset" in query for query in queries.values()]
    if source is None and not (named and all(named)):
        raise DefinitionRefused(
            f"There is no source '{part.get('connection')}' of the kind {part.get('type')}. "
            "Make it in the admin first."
        )
    return source


def _named_dataset(name: str, query: dict) -> Dataset:
    slug = query["dataset"]
    _expect(slug, str, f"query {name}: dataset")
    if more := sorted(set(query) - {"dataset"}):
        raise DefinitionRefused(
            f"query {name} names the dataset '{slug}', which says itself what its "
            f"{', '.join(more)} is."
        )
    dataset = Dataset.objects.filter(slug=slug).first()
    if dataset is None:
        raise DatasetMissing(f"query {name}: there is no dataset '{slug}'.")
    return dataset


def _dataset(dataset: Dataset, name: str, query: dict, source: Source, definition: dict) -> Dataset:
    what = f"query {name}"
    seconds = _seconds(query, "refresh_interval", what) or _seconds(definition, "refresh_interval")
    seconds = seconds or REFRESH
    dataset.name = query.get("name") or name.replace("_", " ").capitalize()
    dataset.description = query.get("description", "")
    dataset.source, dataset.sql = source, query["sql"]
    dataset.refresh_every = timedelta(seconds=seconds)
    fresh_for = _seconds(query, "fresh_for", what) or max(4 * seconds, 60)
    dataset.fresh_for = timedelta(seconds=fresh_for)
    dataset.next_run_at = dataset.next_run_at or timezone.now()
    _save(dataset, what)
    viewers = query if "view_roles" in query else definition
    key = "view_roles" if "view_roles" in query else "dataset_roles"
    dataset.view_roles.set(_roles(viewers, key))
    dataset.edit_roles.set(_roles(definition, "edit_roles"))
    known = {column.name: column for column in dataset.columns.all()}
    for position, (name, about) in enumerate(_part(query, "columns", dict, what).items()):
        _expect(about, dict, f"{what}: column {name}")
        column = known.get(name) or Column(dataset=dataset, name=name)
        column.position = position
        for field, value in about.items():
            if field not in ABOUT_COLUMNS:
                known_fields = ", ".join(ABOUT_COLUMNS)
                raise DefinitionRefused(f"{what}: column {name} has {known_fields}, no {field}.")
            setattr(column, field, value)
        _save(column, f"{what}: column {name}")
    return dataset


def _widget(dashboard: Dashboard, datasets: dict, found: dict, position: int) -> Widget:
    if found.get("query") not in datasets:
        raise DefinitionRefused(
            f"widget {position + 1} asks '{found.get('query')}', which is none of the queries "
            f"{', '.join(datasets)}."
        )
    what = f"widget {position + 1}"
    kind = found.get("visualization", "table")
    _expect(kind, str, f"{what}: visualization")
    chart_type = VISUALIZATIONS.get(kind, kind)
    return Widget(
        dashboard=dashboard,
        dataset=datasets[found["query"]],
        title=found.get("title", ""),
        subtitle=found.get("subtitle", ""),
        chart_type=chart_type,
        options=_part(found, "options", dict, what) or DEFAULTS.get(chart_type, {}),
        filters=_part(found, "filters", list, what),
        width=found.get("width", 4),
        height=found.get("height", 4 if chart_type == "number" else 7),
        position=position,
    )


def _roles(definition: dict, key: str) -> list[Group]:
    names = _part(definition, key, list)
    for name in names:
        _expect(name, str, f"each of {key}")
    return [Group.objects.get_or_create(name=name)[0] for name in names]


def _seconds(definition: dict, key: str, where: str = "") -> float | None:
    seconds = definition.get(key)
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        place = f"{where}: {key}" if where else key
        raise DefinitionRefused(f"{place} must be a number of seconds, not {seconds!r}.")
    return seconds


def _part(definition: dict, key: str, kind: type, where: str = ""):
    """What stands under a key, of the kind that is due there; empty when it is missing."""
    found = definition.get(key, kind())
    _expect(found, kind, f"{where}: {key}" if where else key)
    return found


def _expect(found, kind: type, what: str) -> None:
    if not isinstance(found, kind):
        said = repr(found) if len(repr(found)) < 60 else type(found).__name__
        raise DefinitionRefused(f"{what} must be {KINDS[kind]}, not {said}.")


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

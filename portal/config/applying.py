"""Write what a difference says. The caller holds the transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboards import definition, live, tasks
from dashboards.errors import DashboardError, OptionsRefused
from dashboards.models import Annotation, Dashboard, Filter, Page, SavedView, Widget
from datasets.errors import DatasetError
from datasets.models import Column, Dataset, Parameter
from portal.config import kinds, parts
from portal.config.difference import CHANGE, CREATE, DELETE, KEPT, SAME, Difference, Entry
from portal.config.errors import DefinitionRefused
from portal.config.parts import Part
from portal.config.reading import step
from portal.config.saving import Author, fill, owner_of, relate, save, set_roles


def write(found: Difference, author: Author) -> None:
    """Raises `DefinitionRefused` where a record refuses what the file says."""
    for kind in (kinds.TEMPLATE, kinds.THEME):
        for entry in _written(found, kind):
            _simple(entry.part, author)
    if found.wanted is None or found.is_empty:
        return
    datasets = _datasets(found, author)
    dashboard = found.dashboard = _dashboard(found, author)
    pages = _pages(found, dashboard, author)
    cards = _cards(found, dashboard, datasets, pages, author)
    _filters(found, dashboard, datasets, cards, author)
    _views(found, dashboard, cards, author)
    _annotations(found, datasets, author)
    transaction.on_commit(lambda: live.announce_change(dashboard.pk), robust=True)


def _written(found: Difference, kind: kinds.Kind) -> list[Entry]:
    return [entry for entry in found.of(kind) if entry.verb in (CREATE, CHANGE)]


def _simple(part: Part, author: Author) -> None:
    record = part.record or part.kind.model()
    fill(part, record)
    if part.kind is kinds.THEME and record.in_use:
        others = part.kind.model.objects.exclude(pk=record.pk)
        for other in others.filter(in_use=True):
            other.in_use = False
            author.sign(other)
            other.save()
    save(part, record, author)


def _datasets(found: Difference, author: Author) -> dict[str, Dataset]:
    """Slug -> dataset, of all that the file names."""
    verbs = {entry.part.key: entry.verb for entry in found.of(kinds.DATASET)}
    known = {}
    for part in found.wanted.datasets.values():
        verb = verbs.get(part.key, KEPT)
        known[part.key] = _dataset(part, author) if verb in (CREATE, CHANGE) else part.record
    return known


def _dataset(part: Part, author: Author) -> Dataset:
    dataset = part.record or Dataset(slug=part.key)
    before = (dataset.sql, dataset.source_id)
    when = (dataset.refresh_every, dataset.refresh_cron, dataset.time_zone, dataset.enabled)
    fill(part, dataset)
    dataset.source = part.more["source"]
    dataset.owner = owner_of(part, author)
    # What refreshes keep is written only where this means it: a run may publish meanwhile.
    fields = [f.name for f in dataset._meta.concrete_fields if f.editable and not f.primary_key]
    fields += ["canonical_sql", "changed_at"]
    is_new = part.record is None
    if is_new or before != (dataset.sql, dataset.source_id):
        dataset.accepts_new_columns = True
        fields.append("accepts_new_columns")
    after = (dataset.refresh_every, dataset.refresh_cron, dataset.time_zone, dataset.enabled)
    if is_new or (*before, *when) != (dataset.sql, dataset.source_id, *after):
        dataset.next_run_at = timezone.now()
        fields.append("next_run_at")
    save(part, dataset, author, **({} if is_new else {"update_fields": fields}))
    set_roles(part, dataset, author)
    _columns(part, dataset, author)
    _parameters(part, dataset, author)
    return dataset


def _columns(part: Part, dataset: Dataset, author: Author) -> None:
    known = {column.name: column for column in dataset.columns.all()}
    for place, (name, values) in enumerate(part.values.get("columns", {}).items()):
        column = known.get(name) or Column(dataset=dataset, name=name, position=place)
        _lesser(Part(kinds.COLUMN, name, values, step(f"{part.path}.columns", name)), column,
                author)  # fmt: skip


def _parameters(part: Part, dataset: Dataset, author: Author) -> None:
    known = {parameter.name: parameter for parameter in dataset.parameters.all()}
    wanted = part.values.get("parameters", {})
    for name, values in wanted.items():
        parameter = known.get(name) or Parameter(dataset=dataset, name=name)
        _lesser(Part(kinds.PARAMETER, name, values, step(f"{part.path}.parameters", name)),
                parameter, author)  # fmt: skip
    dataset.parameters.exclude(name__in=wanted).delete()


def _lesser(part: Part, record: Any, author: Author) -> None:
    if record.pk is None or part.kind.plain(record) != part.values:
        fill(part, record)
        save(part, record, author)


def _dashboard(found: Difference, author: Author) -> Dashboard:
    [entry] = found.of(kinds.DASHBOARD)
    part = entry.part
    dashboard = part.record or Dashboard(slug=part.key)
    if entry.verb == SAME:
        return dashboard
    fill(part, dashboard)
    dashboard.owner = owner_of(part, author)
    save(part, dashboard, author, path="$")
    set_roles(part, dashboard, author)
    return dashboard


def _pages(found: Difference, dashboard: Dashboard, author: Author) -> dict[str, Page]:
    _delete(found, kinds.PAGE, author)
    for entry in _written(found, kinds.PAGE):
        page = entry.part.record or Page(dashboard=dashboard)
        fill(entry.part, page)
        page.position = entry.part.values["position"]
        save(entry.part, page, author)
    _order(found, kinds.PAGE, author)
    return {page.slug: page for page in dashboard.pages.all()}


def _cards(found, dashboard, datasets, pages, author: Author) -> dict[str, Widget]:
    """Id in the file -> card, of those that stand in it, or that stood there before."""
    _delete(found, kinds.CARD, author)
    for entry in found.of(kinds.CARD):
        part = entry.part
        if entry.verb not in (CREATE, CHANGE):
            continue
        card = part.record or Widget(dashboard=dashboard)
        fill(part, card)
        card.dataset = datasets[part.values["dataset"]]
        card.position = part.values["position"]
        page = part.values["page"]
        if page and page not in pages:
            raise DefinitionRefused(f"There is no tab '{page}'.", f"{part.path}.page")
        card.page = pages[page] if page else None
        _check(card, part)
        save(part, card, author)
        part.record = card
        transaction.on_commit(lambda pk=card.pk: tasks.draw.delay(pk), robust=True)
    _order(found, kinds.CARD, author)
    if found.wanted.cards is None:
        ids = parts.card_ids(dashboard)
        return {ids[card.pk]: card for card in dashboard.widgets.all()}
    return {part.key: part.record for part in found.wanted.cards}


def _check(card: Widget, part: Part) -> None:
    """A card must be drawable from its dataset's columns."""
    try:
        definition.check(card)
    except OptionsRefused as error:
        at = part.path if error.field in ("filters",) else f"{part.path}.options"
        raise DefinitionRefused(error.message, step(at, error.field)) from error
    except (DashboardError, DatasetError) as error:
        raise DefinitionRefused(str(error), part.path) from error


def _order(found: Difference, kind: kinds.Kind, author: Author) -> None:
    """Places count from nought where the file changed anything in the list."""
    entries = found.of(kind)
    if all(entry.verb == SAME for entry in entries):
        return
    for entry in entries:
        record, place = entry.part.record, entry.part.values["position"]
        if entry.verb == SAME and record.position != place:
            record.position = place
            save(entry.part, record, author)


def _delete(found: Difference, kind: kinds.Kind, author: Author) -> None:
    for entry in found.of(kind):
        if entry.verb == DELETE:
            author.sign(entry.part.record)
            entry.part.record.delete()


def _filters(found, dashboard, datasets, cards, author: Author) -> None:
    """In two rounds: a filter may depend on one that stands after it."""
    _delete(found, kinds.FILTER, author)
    for entry in _written(found, kinds.FILTER):
        part = entry.part
        one = part.record or Filter(dashboard=dashboard)
        fill(part, one)
        one.position = part.values["position"]
        slug = part.values["values_from"]
        one.values_from = datasets[slug] if slug else None
        save(part, one, author)
        part.record = one
    known = {one.name: one for one in dashboard.filters.all()}
    for entry in _written(found, kinds.FILTER):
        part, one = entry.part, entry.part.record
        parent = known[part.values["depends_on"]] if part.values["depends_on"] else None
        if one.depends_on_id != (parent and parent.pk):
            one.depends_on = parent
            save(part, one, author)
        unknown = [name for name in part.values["ignored_by"] if name not in cards]
        if unknown:
            raise DefinitionRefused(f"'{unknown[0]}' is no card.", f"{part.path}.ignored_by")
        relate(one, "ignored_by", [cards[name] for name in part.values["ignored_by"]], author)
    _order(found, kinds.FILTER, author)


def _views(found, dashboard, cards, author: Author) -> None:
    names = {name: str(card.pk) for name, card in cards.items()}
    for entry in _written(found, kinds.SAVED_VIEW):
        part = entry.part
        view = part.record or SavedView(dashboard=dashboard)
        fill(part, view)
        view.query = parts.renamed_picks(part.values["query"], names)
        view.owner = owner_of(part, author)
        save(part, view, author)
        set_roles(part, view, author)


def _annotations(found: Difference, datasets: dict[str, Dataset], author: Author) -> None:
    """An annotation's marks on other datasets than the file's stay."""
    for entry in _written(found, kinds.ANNOTATION):
        part = entry.part
        mark = part.record or Annotation()
        fill(part, mark)
        save(part, mark, author)
        others = [d for d in mark.datasets.all() if d.slug not in datasets]
        wanted = [datasets[slug] for slug in part.values["datasets"]]
        relate(mark, "datasets", [*others, *wanted], author)

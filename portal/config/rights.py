"""What a person may do by a file: no more than by the forms of the admin."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import Group

from accounts.models import User
from dashboards.forms_parts import out_of_reach
from dashboards.models import Dashboard, SavedView
from datasets import policies
from datasets.models import Dataset
from portal.config import kinds
from portal.config.difference import CHANGE, CREATE, DELETE, KEPT, SAME, Difference, Entry
from portal.config.errors import Problem

VERBS = {CREATE: "add", CHANGE: "change", DELETE: "delete"}
#: What may change on a card of a dataset whose rows the person may not ask.
LOOKS = {"title", "subtitle", "width", "height", "places", "page", "position"}


def problems(found: Difference, person: User) -> Iterator[Problem]:
    """Everything of a difference that the person has no right to."""
    if person.is_superuser:
        return
    yield from _dashboard(found, person)
    for entry in found.entries:
        if entry.verb not in (SAME, KEPT):
            yield from _permission(entry, person)
    yield from _datasets(found, person)
    yield from _cards(found, person)
    yield from _others(found, person)
    if found.new_roles and not person.has_perm("auth.add_group"):
        names = ", ".join(found.new_roles)
        yield Problem("$", f"There is no role {names}, and you may not make roles.")


def _permission(entry: Entry, person: User) -> Iterator[Problem]:
    options = entry.part.kind.model._meta
    if not person.has_perm(f"{options.app_label}.{VERBS[entry.verb]}_{options.model_name}"):
        what = options.verbose_name_plural
        yield Problem(entry.part.path, f"You may not {VERBS[entry.verb]} {what}.")


def _dashboard(found: Difference, person: User) -> Iterator[Problem]:
    existing = found.dashboard
    if existing is None:
        return
    if not Dashboard.objects.editable_by(person).filter(pk=existing.pk).exists():
        yield Problem("$.dashboard_id", f"The name '{existing.slug}' is taken by a dashboard that "
                      "you may not change.")  # fmt: skip
    elif not person.has_perm("dashboards.change_dashboard"):
        yield Problem("$", "You may not change dashboards.")


def _datasets(found: Difference, person: User) -> Iterator[Problem]:
    """Rows are asked only of datasets that are shared with the person, SQL is written only into
    those that the person may change."""
    if found.wanted is None:
        return
    changed = {entry.part.key for entry in found.of(kinds.DATASET) if entry.verb == CHANGE}
    for part in found.wanted.datasets.values():
        if part.record is None:
            continue
        editable = Dataset.objects.editable_by(person).filter(pk=part.record.pk).exists()
        seen = editable or Dataset.objects.visible_to(person).filter(pk=part.record.pk).exists()
        used = part.more.get("reference") and _is_used(found.dashboard, part.record)
        if not seen and not used:
            said = f"There is no dataset '{part.key}' that you may use."
            if not part.more.get("reference"):
                said = f"The name '{part.key}' is taken by a dataset that is not shared with you."
            yield Problem(part.path, said)
        elif part.key in changed and not editable:
            yield Problem(part.path, f"You may not change the dataset '{part.key}'.")
    yield from _sources(found, person)


def _sources(found: Difference, person: User) -> Iterator[Problem]:
    """SQL is written on sources that are shared with the person, and whole."""
    for entry in found.of(kinds.DATASET):
        part, source = entry.part, entry.part.more.get("source")
        if entry.verb not in (CREATE, CHANGE) or source is None or "sql" not in part.values:
            continue
        stored = part.record
        same = stored and stored.sql == part.values["sql"] and stored.source_id == source.pk
        if not same and not policies.may_write_sql(person, source):
            yield Problem(part.path, f"You may not write SQL on the source '{source.name}'.")


def _is_used(dashboard: Dashboard | None, dataset: Dataset) -> bool:
    """Whether a dashboard asks it already: then a file may name it, for what stays as it is."""
    if dashboard is None:
        return False
    cards = dashboard.widgets.filter(dataset=dataset)
    return cards.exists() or dashboard.filters.filter(values_from=dataset).exists()


def _cards(found: Difference, person: User) -> Iterator[Problem]:
    seen = set(Dataset.objects.visible_to(person).values_list("slug", flat=True))
    made = {entry.part.key for entry in found.of(kinds.DATASET) if entry.verb == CREATE}
    for entry in found.of(kinds.CARD):
        values, stored = entry.part.values, entry.part.more.get("stored")
        if entry.verb not in (CREATE, CHANGE) or values["dataset"] in seen | made:
            continue
        touched = {name for name in values if not stored or stored.values[name] != values[name]}
        if touched - LOOKS:
            yield Problem(entry.part.path, "Its dataset is not shared with you, so only its words "
                          "and its place may change.")  # fmt: skip


def _others(found: Difference, person: User) -> Iterator[Problem]:
    """Filters take values, annotations mark charts: only of datasets that the person may use."""
    editable = set(Dataset.objects.editable_by(person).values_list("slug", flat=True))
    seen = editable | set(Dataset.objects.visible_to(person).values_list("slug", flat=True))
    made = {entry.part.key for entry in found.of(kinds.DATASET) if entry.verb == CREATE}
    for entry in found.of(kinds.FILTER):
        values = entry.part.values["values_from"]
        if entry.verb in (CREATE, CHANGE) and values and values not in seen | made:
            yield Problem(entry.part.path, "Its values come from a dataset that is not shared "
                          "with you.")  # fmt: skip
        if not values and found.dashboard and _lists_more(entry):
            hidden = out_of_reach(found.dashboard, entry.part.values["columns"], person)
            if hidden:
                yield Problem(
                    entry.part.path,
                    f"{', '.join(hidden)} would list values of a "
                    "dataset that is not shared with you; give it values_from.",
                )
    for entry in found.of(kinds.ANNOTATION):
        stored = entry.part.record
        marked = set(entry.part.values["datasets"])
        marked |= {d.slug for d in stored.datasets.all()} if stored else set()
        if entry.verb in (CREATE, CHANGE) and not marked <= editable | made:
            yield Problem(entry.part.path, "It marks a dataset that you may not change.")
    for entry in found.of(kinds.SAVED_VIEW):
        record = entry.part.record
        if entry.verb == CHANGE and not (
            SavedView.objects.editable_by(person).filter(pk=record.pk).exists()
        ):
            yield Problem(entry.part.path, "You may not change this saved view.")


def _lists_more(entry: Entry) -> bool:
    """Whether a filter takes its values from elsewhere than before."""
    values, record = entry.part.values, entry.part.record
    if entry.verb != CHANGE:
        return entry.verb == CREATE
    return record.columns != values["columns"] or bool(record.values_from_id)


def missing_roles(found: Difference) -> list[str]:
    """Roles that the file names and that do not exist; they are made without any rights."""
    named = {
        name
        for entry in found.entries
        if entry.verb in (CREATE, CHANGE)
        for key in ("view_roles", "edit_roles", "default_roles")
        for name in entry.part.values.get(key, [])
    }
    known = set(Group.objects.filter(name__in=named).values_list("name", flat=True))
    return sorted(named - known)

"""Tabs and filters of a dashboard, which every request for it needs and which seldom change: read
once per process and change.

A process that sees a new word (`datasets.cache.word`) reads again. While Redis is away, everything
is read each time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.signals import m2m_changed, post_delete, post_save

from dashboards.models import Dashboard, Filter, Page, SavedView, Widget
from datasets import cache

MOST = 200  # dashboards that a process remembers


@dataclass(frozen=True, slots=True)
class Structure:
    """``filters`` with their parents, ``ignored``: filter -> cards that do not follow it;
    ``starts``: some roles start with a saved view."""

    tabs: tuple[Page, ...]
    filters: tuple[Filter, ...]
    ignored: dict[int, frozenset[int]]
    starts: bool


_kept: dict[tuple[int, bytes], Structure] = {}


def of(dashboard: Dashboard) -> Structure:
    word = cache.word(f"structure:{dashboard.pk}")
    if word is None:
        return _read(dashboard)
    found = _kept.get((dashboard.pk, word))
    if found is None:
        found = _read(dashboard)
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[dashboard.pk, word] = found
    return found


def _read(dashboard: Dashboard) -> Structure:
    filters = tuple(dashboard.filters.select_related("depends_on").prefetch_related("ignored_by"))
    ignored = {one.pk: frozenset(card.pk for card in one.ignored_by.all()) for one in filters}
    views = SavedView.objects.filter(dashboard=dashboard).exclude(default_roles=None)
    return Structure(tuple(dashboard.pages.all()), filters, ignored, views.exists())


def connect() -> None:
    for model in (Page, Filter, SavedView):
        post_save.connect(_changed, sender=model)
        post_delete.connect(_changed, sender=model)
    for through in (Filter.ignored_by.through, SavedView.default_roles.through):
        m2m_changed.connect(_related, sender=through)


def _changed(sender, instance, **kwargs) -> None:
    forget(instance.dashboard_id)


def _related(sender, instance, **kwargs) -> None:
    if isinstance(instance, Filter | SavedView | Widget):
        forget(instance.dashboard_id)


def forget(dashboard_id: int) -> None:
    cache.new_word(f"structure:{dashboard_id}")

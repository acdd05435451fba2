"""What one viewer has chosen on one dashboard, with what its filters start with."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from accounts.keys import is_key
from dashboards import definition, filters, structure
from dashboards.errors import ChoiceRefused
from dashboards.filters import Chosen, Wish
from dashboards.models import Dashboard, Filter, Page, SavedView, Widget
from dashboards.structure import Structure
from datasets import formats, policies
from datasets.errors import DatasetError
from datasets.models import Column, Dataset
from datasets.query import Filter as Condition
from datasets.query import Group, Measure, Order, Query, run


@dataclass(eq=False)
class View:
    """A dashboard as a viewer looks at it. Cards ask it for their `Wish`."""

    dashboard: Dashboard
    viewer: Any
    made_of: Structure
    chosen: Chosen
    wrong: str = ""  # what of the address was refused; then nothing of it counts
    locked: bool = False  # for a page that leaves the portal with these choices alone

    @property
    def query(self) -> str:
        """The choices for an address; empty for the dashboard as it starts."""
        return filters.write(self.chosen)

    @property
    def tabs(self) -> tuple[Page, ...]:
        return self.made_of.tabs

    @property
    def filters(self) -> tuple[Filter, ...]:
        return self.made_of.filters

    @property
    def tab(self) -> Page | None:
        """The tab in view: the one that the address names, or the first."""
        found = (tab for tab in self.tabs if tab.slug == self.chosen.tab)
        return next(found, self.tabs[0] if self.tabs else None)

    @cached_property
    def starts(self) -> SavedView | None:
        """The saved view with which the viewer's roles start."""
        if not self.made_of.starts or not getattr(self.viewer, "is_authenticated", False):
            return None
        views = SavedView.objects.visible_to(self.viewer).filter(dashboard=self.dashboard)
        return views.filter(default_roles__in=self.viewer.held_roles).first()

    def widgets(self):
        """Cards on the tab in view; those without a tab stand on the first."""
        found, tab = self.dashboard.widgets.all(), self.tab
        if tab is None:
            return found
        return found.filter(Q(page=tab) | Q(page=None) if tab == self.tabs[0] else Q(page=tab))

    @cached_property
    def columns(self) -> dict[int, dict[str, str]]:
        """Dataset -> column -> type, of all datasets on this dashboard, as the viewer sees them."""
        found: dict[int, dict[str, str]] = defaultdict(dict)
        owners = {}
        of = Column.objects.filter(dataset__widgets__dashboard=self.dashboard).distinct()
        of = of.values_list("dataset_id", "dataset__owner_id", "name", "type")
        for dataset, owner, name, kind in of:
            owners[dataset] = owner
            found[dataset][name] = kind
        for dataset, owner in owners.items():
            found[dataset] = self._seen(Dataset(pk=dataset, owner_id=owner), found[dataset])
        return found

    def _seen(self, dataset: Dataset, columns: dict[str, str]) -> dict[str, str]:
        """Without those of which a rule keeps every value from the viewer."""
        kept = policies.of(dataset, self.viewer).unlisted(columns)
        return {name: kind for name, kind in columns.items() if name not in kept}

    def offers(self, one: Filter) -> bool:
        """Whether a filter can limit anything for this viewer, as far as rules go."""
        if not one.columns or one.values_from_id:
            return True
        every = Column.objects.filter(dataset__widgets__dashboard=self.dashboard)
        if any(filters.column_of(one, columns) for columns in self.columns.values()):
            return True
        return not every.filter(name__in=one.columns).exists()

    @cached_property
    def values(self) -> dict[str, tuple[str, ...]]:
        """Filter -> what holds, chosen or from the start; nothing for everything."""
        found = {}
        for one in self.filters:
            values = self.chosen.values.get(one.name) or self._start(one)
            found[one.name] = () if values == (filters.ALL,) else values
        return found

    def _start(self, one: Filter) -> tuple[str, ...]:
        attributes = getattr(self.viewer, "attributes", {}) or {}
        values = filters.default_values(one, attributes)
        return self._first(one) if values is None else values

    def _first(self, one: Filter) -> tuple[str, ...]:
        """The largest or the most frequent value of the filter's column."""
        dataset = self.dataset_of(one)
        column = dataset and filters.column_of(one, self.columns_of(dataset))
        if not column:
            return ()
        largest = one.default_kind == "largest"
        order = (Order("value" if largest else "rows", True), Order("value"))
        query = Query(
            group_by=(Group(column, name="value"),), measures=(Measure("rows", "count()"),),
            filters=(Condition(column, "not_null"),), order=order, limit=1,
        )  # fmt: skip
        try:
            table = run(query, dataset, self.viewer).table
        except DatasetError:  # no rows yet, or the column is gone: then it starts with everything
            return ()
        return tuple(str(formats.plain(value)) for value in table.column("value").to_pylist())

    def dataset_of(self, one: Filter) -> Dataset | None:
        """Where a filter's values come from: the dataset it names, or the first that has them."""
        if one.values_from_id:
            return Dataset.objects.select_related("current_snapshot").get(pk=one.values_from_id)
        shown = self.dashboard.widgets.order_by("position", "pk").values_list("dataset", flat=True)
        for key in dict.fromkeys(shown):
            if filters.column_of(one, self.columns[key]):
                return Dataset.objects.select_related("current_snapshot").get(pk=key)
        return None

    def columns_of(self, dataset: Dataset) -> dict[str, str]:
        if dataset.pk in self.columns:
            return self.columns[dataset.pk]
        return self._seen(dataset, dict(dataset.columns.values_list("name", "type")))

    def wish(self, widget: Widget) -> Wish:
        """What the choices mean to a card."""
        if not (self.filters or self.chosen.picks or self.chosen.compare):
            return Wish()
        period, conditions, ignored = None, [], []
        for one in self.filters:
            if not (values := self.values[one.name]) and one.name not in self.chosen.values:
                continue
            follows = widget.pk not in self.made_of.ignored[one.pk]
            if one.kind == filters.PERIOD and not one.columns:
                if follows := follows and definition.has_time(widget):
                    period = values[0] if values else ""
            else:
                column = filters.column_of(one, self.columns[widget.dataset_id])
                follows = follows and bool(column)
                conditions += filters.conditions(one, values, column) if follows else ()
            if values and not follows:
                ignored.append(one.label)
        conditions += self._picked(widget)
        ignored += [
            _words(pick.column) for pick in self.chosen.picks
            if pick.widget != widget.pk and pick.column not in self.columns[widget.dataset_id]
        ]  # fmt: skip
        if period is not None and period == widget.options.get("period", ""):
            period = None  # as its record says: the same picture
        compare = self.chosen.compare if definition.has_time(widget) else ""
        return Wish(period, compare, tuple(conditions), tuple(ignored), self.locked)

    def _picked(self, widget: Widget) -> list[Condition]:
        """A card that was clicked shows all its marks; the others are limited to those clicked."""
        return [
            Condition(pick.column, "in", list(pick.values))
            for pick in self.chosen.picks
            if pick.widget != widget.pk and pick.column in self.columns[widget.dataset_id]
        ]

    def conditions_for(self, dataset: Dataset, *, but: Filter | None = None) -> list[Condition]:
        """All choices that a dataset can follow, as a list of values does; ``but`` is its own."""
        columns, found = self.columns_of(dataset), []
        for one in self.filters:
            if one.kind == filters.PERIOD or (but is not None and one.pk == but.pk):
                continue
            column = filters.column_of(one, columns)
            found += filters.conditions(one, self.values[one.name], column)
        return found


def _words(column: str) -> str:
    return column.replace("_", " ").capitalize()


def look(dashboard: Dashboard, viewer, params: Mapping[str, list[str]]) -> View:
    """The view that an address asks for. Without choices it is the saved view with which the
    viewer's roles start, if there is one. Raises `ChoiceRefused`."""
    made_of = structure.of(dashboard)
    view = View(dashboard, viewer, made_of, filters.read(params, made_of.filters))
    is_plain = not filters.write(dataclasses.replace(view.chosen, tab=""))
    wanted = (params.get("view") or [""])[-1]
    if wanted == filters.ALL:
        view.chosen = dataclasses.replace(view.chosen, plain=view.starts is not None)
    elif wanted and getattr(viewer, "is_authenticated", False):
        view.chosen = _taken(view, _named(view, wanted))
    elif is_plain and view.starts is not None:
        view.chosen = _taken(view, view.starts)
    for pick in view.chosen.picks:
        if not _is_shown(dashboard, pick):
            raise ChoiceRefused("x", "this card does not show what was clicked.")
    return view


def start(dashboard: Dashboard, viewer) -> View:
    """The dashboard as it opens for this viewer."""
    return look(dashboard, viewer, {})


def _named(view: View, wanted: str) -> SavedView:
    """The saved view that an address names."""
    views = SavedView.objects.visible_to(view.viewer).filter(dashboard=view.dashboard)
    saved = views.filter(pk=wanted).first() if is_key(wanted) else None
    if saved is None:
        raise ChoiceRefused("view", "this view does not exist, or is not shared with you.")
    return saved


def _taken(view: View, saved: SavedView) -> Chosen:
    """The choices of a saved view, on the tab in view."""
    kept = parsed(saved.query, view.filters, tab=view.chosen.tab)
    # Who opens a saved view did not write it. When a card or a column is gone, a click on it limits
    # nothing; refusing it would close the dashboard to all whose roles start with the view.
    picks = tuple(pick for pick in kept.picks if _is_shown(view.dashboard, pick))
    return dataclasses.replace(kept, picks=picks)


def current(view: View, views: Iterable[SavedView]) -> set[int]:
    """Keys of the saved views that choose what is chosen now."""
    now = filters.write(dataclasses.replace(view.chosen, tab=""))
    return {
        saved.pk
        for saved in views
        if now and now == filters.write(dataclasses.replace(_taken(view, saved), tab=""))
    }


def parsed(query: str, known: Iterable[Filter], *, tab: str = "") -> Chosen:
    """Stored choices; those that no longer fit a filter are dropped."""
    held = dict(QueryDict(query).lists())
    for _ in range(len(held)):
        try:
            found = filters.read(held, known)
        except ChoiceRefused as error:
            held = {k: v for k, v in held.items() if k.partition(".")[0] != error.name}
        else:
            return dataclasses.replace(found, tab=tab or found.tab)
    return Chosen(tab=tab)


def _is_shown(dashboard: Dashboard, pick: filters.Pick) -> bool:
    """Only what a card shows can be clicked: no way to ask about other columns."""
    widget = dashboard.widgets.filter(pk=pick.widget).first()
    return widget is not None and pick.column in _shown_columns(widget)


def _shown_columns(widget: Widget) -> set[str]:
    found: set[str] = set()
    for value in widget.options.values():
        found |= {value} if isinstance(value, str) else set()
        found |= {v for v in value if isinstance(v, str)} if isinstance(value, list) else set()
    return found

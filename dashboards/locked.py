"""Choices that whoever looks cannot change: what leaves the portal is shown with these alone."""

from __future__ import annotations

import copy
import dataclasses

from django.http import QueryDict

from dashboards import filters, structure
from dashboards.choices import View
from dashboards.errors import ChoiceRefused, LinkClosed
from dashboards.models import Dashboard, Widget

LONGEST = 2000  # characters of the choices in a record
GONE = "The dashboard was changed, and what was chosen for this page is not there any more."


def frozen(view: View) -> str:
    """All that holds now, also what filters start with: so that a page that leaves the portal does
    not show more when a dashboard's record changes."""
    values = {one.name: view.values[one.name] or (filters.ALL,) for one in view.filters}
    tab = view.tab.slug if view.tab else ""
    query = filters.write(dataclasses.replace(view.chosen, values=values, tab=tab))
    if len(query) > LONGEST:
        raise ChoiceRefused("query", "there are too many choices to keep.")
    return query


def locked(dashboard: Dashboard, viewer, query: str) -> View:
    """A view with exactly these choices. A choice that fits nothing any more would show what it
    was made to hide, so then there is no view: raises `LinkClosed`."""
    made_of = structure.of(dashboard)
    known = made_of.filters
    params = dict(QueryDict(query).lists())
    names = {one.name for one in known} | {"compare", "tab"}
    for name, values in params.items():
        if name not in names and not name.startswith("x.") and values != [filters.ALL]:
            raise LinkClosed(GONE)
    try:
        chosen = filters.read(params, known)
    except ChoiceRefused as error:
        raise LinkClosed(GONE) from error
    view = View(dashboard, viewer, made_of, chosen, locked=True)
    if chosen.tab and (view.tab is None or view.tab.slug != chosen.tab):
        raise LinkClosed(GONE)
    return view


def follows(view: View, widget: Widget) -> bool:
    """Whether all locked choices reach a card. One that ignores them as its record says does so on
    purpose; one whose data lacks the column shows rows that nobody meant to show."""
    for one in view.filters:
        values = view.chosen.values.get(one.name, ())
        by_time = one.kind == filters.PERIOD and not one.columns
        if by_time or values in ((), (filters.ALL,)):
            continue
        if widget.pk in view.made_of.ignored[one.pk]:
            continue
        if not filters.column_of(one, view.columns[widget.dataset_id]):
            return False
    return True


def reader(person, dashboard: Dashboard):
    """Whose rights such a page has: the person as a plain viewer, who is told no details of
    errors. None when the person may not see the dashboard now."""
    if not Dashboard.objects.visible_to(person).filter(pk=dashboard.pk).exists():
        return None
    plain = copy.copy(person)  # never saved
    plain.is_staff, plain.reads_as_staff = False, person.is_staff
    return plain

"""What a page asks besides its cards: values of filters, breakdowns, rows, explanations, and saved
views. Rights as on the page itself."""

from __future__ import annotations

from functools import wraps

import orjson
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render as render_page
from django.views.decorators.http import require_GET, require_POST

from accounts.keys import is_key
from dashboards import choices, explore, filters, render
from dashboards.errors import ChoiceRefused, DashboardError, OptionsRefused
from dashboards.models import Dashboard, SavedView
from dashboards.render import told
from dashboards.sharing import may_hand_to_roles
from dashboards.views import asked_view, private, refused, visible, visible_widget
from datasets.errors import DatasetError

LONGEST_SEARCH = 100
VIEWS_MOST = 100  # of one person on one dashboard


def _view(request, dashboard: Dashboard) -> choices.View:
    return choices.look(dashboard, request.user, dict(request.GET.lists()))


def answers_refusals(view):
    """What was chosen and fits nothing is said with status 400."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except ChoiceRefused as error:
            return refused(error)

    return answer


@login_required
@require_GET
@answers_refusals
def filter_values(request, slug, name):
    """Values of a list filter as JSON; other choices narrow them."""
    view = _view(request, visible(request, slug))
    one = next((one for one in view.filters if one.name == name), None)
    if one is None or one.kind not in (filters.CHOICE, filters.CHOICES):
        raise Http404("No such filter.")
    try:
        found = explore.values(view, one, request.GET.get("search", "")[:LONGEST_SEARCH])
    except DatasetError as error:
        raise ChoiceRefused(name, "its values cannot be read now.") from error
    return private(HttpResponse(orjson.dumps(found), content_type="application/json"))


BROWSED = ("order", "descending", "page")


@login_required
@require_GET
@answers_refusals
def browse(request, slug, widget_id):
    """A table in another order, or another page of it, as the body of its card."""
    widget = visible_widget(request, slug, widget_id)
    view = _view(request, widget.dashboard)
    card = render.card(widget, request.user, view.wish(widget))
    wanted = {name: request.GET[name][:100] for name in BROWSED if name in request.GET}
    try:
        found = render.browsed(card, wanted)
    except OptionsRefused as error:
        raise ChoiceRefused(error.field, error.message) from error
    except (DashboardError, DatasetError) as error:
        found = orjson.dumps({"error": told(widget, request.user, error)})
    return private(HttpResponse(found, content_type="application/json"))


def _panel(request, slug, widget_id, template, make) -> HttpResponse:
    """One card seen closer, as HTML for the page's dialog."""
    widget = visible_widget(request, slug, widget_id)
    view = _view(request, widget.dashboard)
    try:
        found = make(view, widget)
    except ChoiceRefused:
        raise
    except (DashboardError, DatasetError) as error:
        found = {"wrong": told(widget, request.user, error)}
    return private(render_page(request, template, {"widget": widget, **found}))


@login_required
@require_GET
@answers_refusals
def breakdown(request, slug, widget_id):
    def make(view, widget):
        at = explore.at_conditions(request.GET, widget)
        known = explore.dimensions(view, widget)
        by = request.GET.get("by") or (known[0][0] if known else "")
        found = explore.breakdown(view, widget, by, at) if by else {"by": "", "rows": []}
        return {"dimensions": known, "at": at, "may_see_rows":
                explore.may_see_rows(widget, request.user), **found}  # fmt: skip

    return _panel(request, slug, widget_id, "dashboards/_breakdown.html", make)


@login_required
@require_GET
@answers_refusals
def rows(request, slug, widget_id):
    def make(view, widget):
        if not explore.may_see_rows(widget, request.user):
            raise Http404("No such rows.")
        wanted = request.GET.get("page", "0")
        page = int(wanted) if is_key(wanted) else 0
        at = explore.at_conditions(request.GET, widget)
        return {"at": at, **explore.rows(view, widget, at, page)}

    return _panel(request, slug, widget_id, "dashboards/_rows.html", make)


@login_required
@require_GET
@answers_refusals
def explain(request, slug, widget_id):
    return _panel(request, slug, widget_id, "dashboards/_explain.html", explore.explain)


@login_required
@require_GET
def saved_views(request, slug):
    """The menu of views that one may take, and the form that keeps the choices as another."""
    dashboard = visible(request, slug)
    views = SavedView.objects.visible_to(request.user).filter(dashboard=dashboard)
    view = asked_view(request, dashboard)
    context = {
        "dashboard": dashboard,
        "views": views.select_related("owner").prefetch_related("default_roles"),
        "current": choices.current(view, views),
        "roles": dashboard.view_roles.all() if may_hand_to_roles(request.user, dashboard) else [],
    }
    return private(render_page(request, "dashboards/_views.html", context))


@login_required
@require_POST
@answers_refusals
def save_view(request, slug):
    """Keep the choices under a name; who may edit the dashboard may share them with roles."""
    dashboard = visible(request, slug)
    name = request.POST.get("name", "").strip()
    if not 1 <= len(name) <= 60 or not filters.is_text(name):
        raise ChoiceRefused("name", "write a name of at most 60 characters.")
    view = choices.look(dashboard, request.user, dict(QueryDict(request.POST.get("query")).lists()))
    own = SavedView.objects.filter(dashboard=dashboard, owner=request.user)
    if own.count() >= VIEWS_MOST and not own.filter(name=name).exists():
        raise ChoiceRefused("name", f"there are {VIEWS_MOST} views already; delete one first.")
    saved = own.filter(name=name).first() or SavedView(
        dashboard=dashboard, owner=request.user, name=name
    )
    saved.query = view.query
    if len(saved.query) > 2000:
        raise ChoiceRefused("query", "there are too many choices to keep.")
    saved.save()
    if may_hand_to_roles(request.user, dashboard):
        wanted = request.POST.getlist("roles")  # compared here: any text may stand in it
        roles = [role for role in dashboard.view_roles.all() if role.name in wanted]
        saved.view_roles.set(roles)
        saved.default_roles.set(roles if request.POST.get("start") else [])
    answer = {"id": saved.pk, "name": saved.name}
    return private(HttpResponse(orjson.dumps(answer), content_type="application/json"))


@login_required
@require_POST
def delete_view(request, slug, view_id):
    """One's own views only; those of others are deleted in the admin."""
    own = SavedView.objects.filter(dashboard=visible(request, slug), owner=request.user)
    if not own.filter(pk=view_id).exists():
        raise Http404("No such view.")
    own.filter(pk=view_id).delete()
    return HttpResponse(status=204)

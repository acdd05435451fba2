"""Exports over HTTP: ask, follow, cancel, download; and the page that is printed for pictures."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, JsonResponse
from django.shortcuts import render as render_page
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.keys import is_key
from dashboards import bar, choices, definition, export, layout, render, tasks
from dashboards.charts import registry
from dashboards.errors import ChoiceRefused, ExportRefused
from dashboards.exports import content, pictures
from dashboards.models import Dashboard, Export
from dashboards.views import cards_answer, private, refused

State = Export.State


@login_required
@require_http_methods(["GET", "POST"])
def exports(request, slug):
    """What can be exported, as the inside of a dialog; or a new export."""
    dashboard = _dashboard(request, slug)
    values = request.GET if request.method == "GET" else request.POST
    widget = _widget(dashboard, values.get("widget", ""))
    if request.method == "GET":
        missing = "" if pictures.browser() else pictures.MISSING
        context = {"dashboard": dashboard, "widget": widget, "missing": missing}
        return private(render_page(request, "dashboards/_export.html", context))
    try:
        made = export.ask(
            request.user, dashboard, values.get("format", ""), widget=widget,
            query=values.get("query", ""), origin=request.build_absolute_uri("/").rstrip("/"),
        )  # fmt: skip
    except ChoiceRefused as error:
        return refused(error)
    except ExportRefused as error:
        return private(JsonResponse({"error": str(error)}, status=400))
    tasks.export.delay(made.pk)
    return private(JsonResponse(_status(made), status=202))


@login_required
@require_http_methods(["GET", "POST"])
def one(request, export_id):
    """How far an export is; a POST cancels it."""
    found = _export(request, export_id)
    if request.method == "POST":
        export.cancel(found)
    elif found.state in Export.ACTIVE:
        export.give_up_lost()
    found.refresh_from_db()
    return private(JsonResponse(_status(found)))


@login_required
@require_GET
def file(request, export_id):
    """The download, for its owner while the owner may see the dashboard."""
    found = _export(request, export_id)
    if not found.file or not export.may_export(request.user, found.dashboard):
        raise Http404("No such export.")
    try:
        handle = export.path_of(found).open("rb")
    except FileNotFoundError:
        raise Http404("No such export.") from None
    export.tell_download(found)
    return private(FileResponse(handle, as_attachment=True, filename=found.name))


@login_required
@require_GET
def print_page(request, slug, widget_id=None):
    """The dashboard, or one card, on paper: no menus, light, all cards drawn."""
    dashboard, view, sheets = _sheets(request, slug, widget_id)
    cards = [card for _, shown in sheets for card in shown]
    zone, locale = definition.zone_and_locale(request.user)
    known = registry.load()
    context = {
        "dashboard": dashboard,
        "alone": widget_id is not None,
        "address": _data_address(request, slug, widget_id),
        "zone": zone,
        "chosen": [(label, text) for label, text in content.chosen(view, locale) if text != "all"],
        "period": bar.compared(view),
        "now": timezone.now(),
        "data_time": max(
            (c.widget.dataset.current_snapshot.as_of for c in cards if c.body_key), default=None
        ),
        "sheets": [(title, [_shown(card, known) for card in shown]) for title, shown in sheets],
    }
    return private(render_page(request, "dashboards/print.html", context))


@login_required
@require_GET
def print_data(request, slug, widget_id=None):
    """The cards of that page: drawings and bodies."""
    _, _, sheets = _sheets(request, slug, widget_id)
    return cards_answer(request, [card for _, shown in sheets for card in shown])


def _data_address(request, slug, widget_id) -> str:
    """Where the page finds its cards, with the choices of its own address."""
    if widget_id is None:
        path = reverse("print-data", args=[slug])
    else:
        path = reverse("print-card-data", args=[slug, widget_id])
    return f"{path}?{request.META.get('QUERY_STRING', '')}"


def _sheets(request, slug, widget_id):
    """(dashboard, view, [(title of the tab, its cards)]) of what is printed."""
    dashboard = _dashboard(request, slug)
    try:
        view = choices.look(dashboard, request.user, dict(request.GET.lists()))
    except ChoiceRefused as error:
        raise Http404("No such view.") from error
    every = render.cards(view, all_tabs=True)
    if widget_id is not None:
        found = [card for card in every if card.widget.pk == widget_id]
        if not found:
            raise Http404("No such card.")
        return dashboard, view, [("", found)]
    tabs = view.tabs or [None]
    wanted = tabs if request.GET.get("cards") == "all" else [view.tab]
    first = tabs[0]
    sheets = []
    for tab in wanted:
        mine = {tab and tab.pk, *([None] if tab == first else [])}
        shown = [card for card in every if card.widget.page_id in mine]
        sheets.append((tab.title if tab else "", shown))
    return dashboard, view, sheets


def _shown(card: render.Card, known) -> dict:
    chart = known.get(card.widget.chart_type)
    kind = "html" if chart and chart.template else "drawing"
    size = card.widget
    return {
        "widget": card.widget,
        "kind": kind,
        "stale": render.stale(card, timezone.now()),
        "about": render.about(card),
        "style": layout.style(size.width, size.height, {}),
    }


def _status(found: Export) -> dict:
    """An export for the page that waits for it."""
    share = found.done * 100 // found.total if found.total else 0
    status = {"id": found.pk, "state": found.state, "percent": min(share, 99)}
    if found.state == State.DONE:
        status |= {"percent": 100, "name": found.name, "bytes": found.bytes}
    return status | ({"note": found.error} if found.error else {})


def _dashboard(request, slug) -> Dashboard:
    """The dashboard, or 404 as if it were not there."""
    dashboard = Dashboard.objects.visible_to(request.user).filter(slug=slug).first()
    if dashboard is None or not export.may_export(request.user, dashboard):
        raise Http404("No such dashboard.")
    return dashboard


def _widget(dashboard, key: str):
    if not key:
        return None
    widget = dashboard.widgets.filter(pk=key).first() if is_key(key) else None
    if widget is None:
        raise Http404("No such widget.")
    return widget


def _export(request, export_id) -> Export:
    found = request.user.exports.select_related("dashboard").filter(pk=export_id).first()
    if found is None:
        raise Http404("No such export.")
    return found

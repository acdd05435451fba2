"""Pages of dashboards and what they fetch. Rights come first, then the caches."""

from __future__ import annotations

import gzip

import orjson
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import Count, Max
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import render as render_page
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from dashboards import arrange, bar, branding, choices, definition, layout, live, render
from dashboards.charts import registry
from dashboards.errors import ChoiceRefused, DashboardError
from dashboards.models import Dashboard, Widget
from datasets import cache
from datasets.errors import DatasetError

SMALLEST_COMPRESSED = 1000  # bytes
#: Up to so many cards come in one answer; of more, those on the first screen come first.
ONE_ANSWER, FIRST_SCREEN = 16, 12


@login_required
@require_GET
def home(request):
    dashboards = Dashboard.objects.visible_to(request.user).annotate(
        cards=Count("widgets"), data_time=Max("widgets__dataset__current_snapshot__as_of")
    )
    dashboards = dashboards.order_by("position", "title")  # grouping forgets the model's order
    context = {"dashboards": dashboards, "here": "home"}
    return private(render_page(request, "dashboards/home.html", context))


@login_required
@require_GET
def page(request, slug):
    """A dashboard. Numbers and tables that are ready are in the page; the rest is fetched at
    once."""
    menu = _menu(request)
    dashboard = next((item for item in menu if item.slug == slug), None)
    if dashboard is None:
        raise Http404("No such dashboard.")
    view = asked_view(request, dashboard)
    cards = render.cards(view)
    if not view.query and not view.tabs and request.user.pk:  # else the socket says it
        live.remember_viewer(dashboard, cards, request.user.pk)
    ready = render.peek(cards)
    about = [f"{other.pk}:{other.title}" for other in menu]
    user = request.user
    # The forms in the page hold this token, and its frame names the person and the files in use.
    about += [request.META.get("CSRF_COOKIE", ""), user.get_full_name(), str(user.is_staff)]
    about.append(str(getattr(user, "viewed_by", "")))
    about += [branding.current().identity, *definition.zone_and_locale(user)]
    about += [render.CODE, getattr(staticfiles_storage, "manifest_hash", "")]
    now = timezone.now()
    stale = [render.stale(card, now) for card in cards]
    about += [render.about(card) for card in cards]
    # Where cards stand is no part of what is drawn, and so of none of their keys.
    about += [f"{_style(card)} {layout.hidden_on(card.widget.places)}" for card in cards]
    may_arrange, wall = arrange.may(user, dashboard), "wall" in request.GET
    may_export = user.has_perm("dashboards.export_dashboard")
    about += [str(may_arrange), str(wall), str(may_export)]
    etag = render.etag(
        cards, *about, *stale, str(request.user.pk), request.user.theme, dashboard.title,
        dashboard.description, str([body is not None for body in ready]), view.query, view.wrong,
        *(f"{tab.slug}:{tab.title}" for tab in view.tabs), *bar.identity(view),
    )  # fmt: skip
    if same(request, etag):
        return not_modified(etag)
    times = [c.widget.dataset.current_snapshot.as_of for c in cards if c.body_key]
    data_time = max(times, default=None)
    context = {
        "dashboard": dashboard,
        "dashboards": menu,
        "view": view,
        **bar.context(view, data_time),
        "address": "" if view.wrong else request.META.get("QUERY_STRING", ""),
        "in_parts": len(cards) > ONE_ANSWER,
        "shown": [
            shown_card(card, body, old) for card, body, old in zip(cards, ready, stale, strict=True)
        ],
        "may_edit": request.user.is_staff and request.user.has_perm("dashboards.change_dashboard"),
        "may_arrange": may_arrange,
        "may_export": may_export,
        "wall": wall,
        "data_time": data_time,
    }
    return private(render_page(request, "dashboards/page.html", context), etag)


@login_required
@require_GET
def data(request, slug):
    """All cards of a dashboard in one answer: drawings, bodies, what is stale."""
    dashboard = visible(request, slug)
    try:
        view = choices.look(dashboard, request.user, dict(request.GET.lists()))
    except ChoiceRefused as error:
        return refused(error)
    cards = render.cards(view)
    part = request.GET.get("cards", "")
    if part in ("first", "rest"):
        cards = cards[:FIRST_SCREEN] if part == "first" else cards[FIRST_SCREEN:]
    if "bar" not in request.GET:
        return cards_answer(request, cards)
    # After a choice the bar says what holds now, and most pages have the drawings already.
    said = render_to_string("dashboards/_bar.html", bar.context(view))
    drawn = "drawn" in request.GET
    return cards_answer(request, cards, {"bar": said, "state": view.query}, drawn=drawn)


@login_required
@require_GET
def widget_table(request, slug, widget_id):
    """The table twin of one card."""
    widget = visible_widget(request, slug, widget_id)
    try:
        view = choices.look(widget.dashboard, request.user, dict(request.GET.lists()))
        browse = {
            name: request.GET[name] for name in ("order", "descending") if name in request.GET
        }
        twin = render.table(widget, request.user, view.wish(widget), browse)
    except ChoiceRefused as error:
        return refused(error)
    except (DashboardError, DatasetError) as error:
        twin = {"empty": render.told(widget, request.user, error)}
    return private(render_page(request, "dashboards/_twin.html", {"widget": widget, **twin}))


@login_required
@require_POST
def set_theme(request):
    theme = request.POST.get("theme", "")
    if theme not in User.Theme.values:
        return HttpResponse("Choose system, light or dark.", status=400, content_type="text/plain")
    User.objects.filter(pk=request.user.pk).update(theme=theme)
    return HttpResponse(status=204)


def cards_answer(
    request, cards, more: dict[str, str] | None = None, *, drawn: bool = False
) -> HttpResponse:
    """Cards as JSON, made by joining finished parts; 304 when the client has them already. Those
    that the client has ``drawn`` come without their drawings."""
    now = timezone.now()
    head = orjson.dumps(more)[1:-1] + b"," if more else b""
    said = [text for card in cards for text in (render.stale(card, now), render.about(card))]
    etag = render.etag(cards, *said, head.decode(), str(drawn))
    if same(request, etag) and all(card.body_key for card in cards):
        return not_modified(etag)
    accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    if accepts_gzip and (packed := cache.recall(f"answer:{etag}")):
        return private(_json(packed, "gzip"), etag)
    made = render.parts(cards)
    if drawn:
        made = [(body, None) for body, _ in made]
    parts = [
        render.as_json(card, body, drawing, now)
        for card, (body, drawing) in zip(cards, made, strict=True)
    ]
    content = b"{" + head + b'"widgets":[' + b",".join(parts) + b"]}"
    failed = any(b'{"error":' in body[:9] or b'{"pending":' in body[:11] for body, _ in made)
    if not accepts_gzip or len(content) < SMALLEST_COMPRESSED:
        return private(_json(content), "" if failed else etag)
    packed = gzip.compress(content, compresslevel=5)
    if not failed:
        cache.keep(f"answer:{etag}", packed)
    return private(_json(packed, "gzip"), "" if failed else etag)


def _json(content: bytes, encoding: str = "") -> HttpResponse:
    headers = {"Content-Encoding": encoding} if encoding else {}
    return HttpResponse(content, content_type="application/json", headers=headers)


def private(response: HttpResponse, etag: str = "") -> HttpResponse:
    """Only this person's browser may keep it, and must ask before it is shown again."""
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Cookie, Authorization, Accept-Encoding"
    if etag:
        response["ETag"] = f'W/"{etag}"'
    return response


def same(request, etag: str) -> bool:
    return f'W/"{etag}"' in request.headers.get("If-None-Match", "")


def not_modified(etag: str) -> HttpResponse:
    return private(HttpResponseNotModified(), etag)


def refused(error: ChoiceRefused) -> HttpResponse:
    """What was chosen fits no filter: said, and nothing is guessed."""
    return private(HttpResponse(orjson.dumps({"error": str(error)}), status=400,
                                content_type="application/json"))  # fmt: skip


def asked_view(request, dashboard: Dashboard) -> choices.View:
    """What the page's address asks for; an address that is wrong opens the page as it starts."""
    try:
        return choices.look(dashboard, request.user, dict(request.GET.lists()))
    except ChoiceRefused as error:
        view = choices.start(dashboard, request.user)
        view.wrong = str(error)
        return view


def visible(request, slug) -> Dashboard:
    """The dashboard, or 404 as if it were not there."""
    dashboard = Dashboard.objects.visible_to(request.user).filter(slug=slug).first()
    if dashboard is None:
        raise Http404("No such dashboard.")
    return dashboard


def visible_widget(request, slug, widget_id) -> Widget:
    widgets = visible(request, slug).widgets.select_related("dataset__current_snapshot")
    if (widget := widgets.filter(pk=widget_id).first()) is None:
        raise Http404("No such widget.")
    return widget


def _menu(request) -> list[Dashboard]:
    return list(Dashboard.objects.visible_to(request.user).only("title", "slug", "description"))


def _style(card: render.Card) -> str:
    return layout.style(card.widget.width, card.widget.height, card.widget.places)


def shown_card(card: render.Card, body: bytes | None, stale: str) -> dict:
    """What the page's template needs of a card; HTML only when it is ready."""
    chart = registry.load().get(card.widget.chart_type)  # none when its type is gone
    is_html = bool(chart and chart.template)
    # A template that looks for a missing key pays for `dir`: 2 ms on a page of 12 cards.
    ready = orjson.loads(body) if body and is_html else {"html": "", "summary": "", "note": ""}
    return {
        "widget": card.widget,
        "kind": "html" if is_html else "drawing",
        # Our own template made it, of escaped values.
        "html": mark_safe(ready["html"]),  # noqa: S308  # nosec B308, B703
        "body": ready,
        "stale": stale,
        "about": render.about(card),
        "style": _style(card),
        "hidden_on": layout.hidden_on(card.widget.places),
    }

"""Dashboards for people without an account: the page behind a share link, and the dialog in which
links are made. Nothing in the address or the cookies of who looks changes what is shown."""

from __future__ import annotations

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render as render_page
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import address as addresses
from accounts import locale
from dashboards import bar, branding, choices, definition, render, sharing
from dashboards.charts.theme import FONT_TOKEN, TOKENS
from dashboards.errors import ChoiceRefused, DashboardError, LinkClosed
from dashboards.locked import follows
from dashboards.models import Dashboard, ShareLink
from dashboards.views import cards_answer, private, shown_card, visible
from dashboards.views_explore import answers_refusals
from datasets.errors import DatasetError

COOKIE, COOKIE_SECONDS = "shared", 8 * 3600
LISTED = 50


# --- The dialog of people who are signed in


@login_required
@require_GET
def share(request, slug):
    """The dialog: a link with the choices, and links for others for those who may make them."""
    dashboard = visible(request, slug)
    try:
        view = choices.look(dashboard, request.user, dict(request.GET.lists()))
    except ChoiceRefused:  # the page opened as it starts too
        view = choices.start(dashboard, request.user)
    return _dialog(request, view)


@sensitive_post_parameters("password")
@login_required
@require_POST
@answers_refusals
def make_link(request, slug):
    dashboard = _shareable(request, slug)
    asked = QueryDict(request.POST.get("query", ""))
    view = choices.look(dashboard, request.user, dict(asked.lists()))
    now, posted = timezone.now(), request.POST
    zone, _ = definition.zone_and_locale(request.user)
    link, token = sharing.issue(
        view, request.user, name=posted.get("name", "").strip(),
        expires_at=sharing.until(posted.get("days", ""), posted.get("day", ""), now, zone),
        password=posted.get("password", ""),
    )  # fmt: skip
    made = request.build_absolute_uri(reverse("shared", args=[token]))
    return _dialog(request, view, made, link)


@login_required
@require_POST
def revoke_link(request, slug, link_id):
    links = _shareable(request, slug).share_links.filter(pk=link_id)
    if not links.exists():
        raise Http404("No such link.")
    sharing.revoke(links, timezone.now())
    return HttpResponse(status=204)


def _shareable(request, slug) -> Dashboard:
    dashboard = visible(request, slug)
    if not sharing.may_share(request.user, dashboard):
        raise PermissionDenied
    return dashboard


def _dialog(
    request, view: choices.View, made: str = "", made_link: ShareLink | None = None
) -> HttpResponse:
    """``made``: the address of a link that was made now; it is not shown again."""
    dashboard, now = view.dashboard, timezone.now()
    address = f"{dashboard.get_absolute_url()}{view.query and '?'}{view.query}"
    may_share = sharing.may_share(request.user, dashboard)
    links = dashboard.share_links.select_related("owner") if may_share else []
    context = {
        "dashboard": dashboard, "query": view.query, "may_share": may_share,
        "made": made, "made_link": made_link,
        "address": request.build_absolute_uri(address), "presets": sharing.PRESETS,
        "links": [(link, link.is_open(now)) for link in links[:LISTED]],
        "today": timezone.localdate(), "shortest": sharing.SHORTEST_PASSWORD,
        "tab": view.tab if len(view.tabs) > 1 else None,
    }  # fmt: skip
    answer = private(render_page(request, "dashboards/_share.html", context))
    answer["Cache-Control"] = "private, no-store"
    return answer


# --- The page behind a link


@sensitive_post_parameters("password")
@csrf_exempt  # an answer without a referrer makes browsers send no origin; nothing is changed here
@require_http_methods(["GET", "POST"])
def shared(request, token):
    link = _link(token)
    try:
        view = _view(link)
    except LinkClosed as closed:
        return said("This link is not open any more", str(closed), status=410)
    if request.method == "POST" and link.password:
        return _unlock(request, link, token)
    if not _has_pass(request, link):
        return _ask_password(link)
    sharing.count_opening(link, timezone.now())
    return page(
        view, shown_cards(view), url=reverse("shared-data", args=[token]),
        by=link.owner.get_full_name(),
        until=link.expires_at,
    )  # fmt: skip


@require_GET
def shared_data(request, token):
    """All cards; asked again each minute, with the rights of that minute."""
    return _behind(request, token, lambda view: cards_answer(request, shown_cards(view)))


@require_GET
def shared_table(request, token, widget_id):
    return _behind(request, token, lambda view: twin(view, shown_cards(view), widget_id))


def shown_cards(view: choices.View) -> list[render.Card]:
    """Without those that the locked choices cannot limit."""
    return [card for card in render.cards(view) if follows(view, card.widget)]


def _behind(request, token, answer) -> HttpResponse:
    link = _link(token)
    try:
        view = _view(link)
    except LinkClosed as closed:
        return told(str(closed), 410)
    if not _has_pass(request, link):
        return told("This link asks for its password again.", 403)
    return sealed(answer(view))


def _link(token: str) -> ShareLink:
    if (link := sharing.find(token)) is None:
        raise Http404("No such link.")
    return link


def _view(link: ShareLink) -> choices.View:
    """As if there were no link when its owner may not see the dashboard any more."""
    if (view := sharing.view_of(link, timezone.now())) is None:
        raise Http404("No such link.")
    return view


def _has_pass(request, link: ShareLink) -> bool:
    held = request.get_signed_cookie(
        COOKIE, default="", salt=f"share-{link.pk}", max_age=COOKIE_SECONDS
    )
    return sharing.has_pass(link, held)


def _ask_password(link: ShareLink, wrong: str = "", status: int = 200) -> HttpResponse:
    context = {"title": "Password needed", "asks": True, "wrong": wrong}
    return _words(context, status)


def _unlock(request, link: ShareLink, token: str) -> HttpResponse:
    address = addresses.of(request) or ""
    try:
        right = sharing.unlock(link, request.POST.get("password", ""), address)
    except sharing.TooManyTries as error:
        answer = _ask_password(link, str(error), 429)
        answer["Retry-After"] = str(error.seconds)
        return answer
    if not right:
        return _ask_password(link, "This is not the password of this link.", 403)
    here = reverse("shared", args=[token])
    answer = sealed(HttpResponseRedirect(here))
    answer.set_signed_cookie(
        COOKIE, sharing.pass_of(link), salt=f"share-{link.pk}", max_age=COOKIE_SECONDS, path=here,
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip
    return answer


# --- What pages outside the portal have in common; embedded ones take it from here


def page(view: choices.View, cards: list[render.Card], **more) -> HttpResponse:
    """The cards and nothing else. It is rendered without the request, so that nothing of a person
    who happens to be signed in gets into it."""
    now, ready = timezone.now(), render.peek(cards)
    times = [c.widget.dataset.current_snapshot.as_of for c in cards if c.body_key]
    entries = [entry for entry in bar.shown(view) if view.values[entry["name"]]]
    context = {
        "dashboard": view.dashboard, "tab": view.tab, "data_time": max(times, default=None),
        "time_zone": definition.zone_and_locale(view.viewer)[0],
        "choices": [*entries, *bar.picked(view)],
        "shown": [
            shown_card(card, body, render.stale(card, now))
            for card, body in zip(cards, ready, strict=True)
        ],
    }  # fmt: skip
    return sealed(HttpResponse(_rendered("dashboards/shared.html", context | more, view.viewer)))


def _rendered(template: str, context: dict, viewer=None) -> str:
    """A page outside the portal, in the theme that is in use."""
    brand = branding.current()
    look = {
        "brand": brand, "portal_name": brand.name, "colour_tokens": TOKENS | {FONT_TOKEN: "font"},
        "time_locale": locale.tag(definition.zone_and_locale(viewer)[1]),
    }  # fmt: skip
    return render_to_string(template, look | context)


def twin(view: choices.View, cards: list[render.Card], widget_id: int) -> HttpResponse:
    """The table twin of a card on this page."""
    card = next((card for card in cards if card.widget.pk == widget_id), None)
    if card is None:
        raise Http404("No such card.")
    widget = view.dashboard.widgets.select_related("dataset__current_snapshot").get(pk=widget_id)
    try:
        found = render.table(widget, view.viewer, card.wish)
    except (DashboardError, DatasetError) as error:
        found = {"empty": render.told(widget, view.viewer, error)}
    html = render_to_string("dashboards/_twin.html", {"widget": widget, **found})
    return HttpResponse(html)


def said(title: str, text: str, status: int) -> HttpResponse:
    """A page of words."""
    return _words({"title": title, "text": text}, status)


def _words(context: dict, status: int) -> HttpResponse:
    html = _rendered("dashboards/shared_words.html", context)
    return sealed(HttpResponse(html, status=status))


def told(text: str, status: int) -> HttpResponse:
    """The same words for the page's script."""
    content = orjson.dumps({"error": text})
    return sealed(HttpResponse(content, status=status, content_type="application/json"))


def sealed(response: HttpResponse) -> HttpResponse:
    """Nobody keeps it, no search engine lists it, and its address, which opens it, is told to no
    other site and stands in no log."""
    private(response)
    response._has_been_logged = True  # else Django writes the address of all that is refused
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response

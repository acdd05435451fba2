"""Dashboards in the frames of other applications' pages: opened with a token that such an
application signed, kept alive with a pass of the portal's own."""

from __future__ import annotations

import logging

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import audit
from accounts.audit import Action
from dashboards import embedding
from dashboards.embedding import Embedded
from dashboards.errors import EmbedRefused
from dashboards.views import cards_answer
from dashboards.views_shared import page, said, sealed, shown_cards, told, twin

log = logging.getLogger(__name__)

HEADER = "X-Page-Pass"
REFUSED = "This page cannot be shown"
RELOAD = "Reload the page around it. If it stays so, tell the people who run that page."


@require_GET
def embed(request, slug):
    try:
        found = embedding.opened(request.GET.get("token", ""), slug, timezone.now())
    except EmbedRefused as error:
        log.warning("Embedding is refused: %s", error)
        return said(REFUSED, RELOAD, status=403)
    if found.view is None:
        log.warning("Embedding is refused: key %s may not show %s", found.key.key_id, slug)
        return framed(said(REFUSED, RELOAD, status=404), found)
    answer = page(
        found.view, shown_cards(found.view), url=reverse("embed-data", args=[slug]),
        theme=found.theme, page_pass=embedding.pass_of(found), embedded=True,
    )  # fmt: skip
    _tell_used(found, slug)
    return framed(answer, found)


def _tell_used(found: Embedded, slug: str) -> None:
    audit.record(
        Action.USED, found.key, person="", details={"dashboard": slug, "choices": found.view.query},
        once=f"key {found.key.pk} {slug}",
    )  # fmt: skip


@require_GET
def embed_data(request, slug):
    return _behind(request, slug, lambda found: cards_answer(request, shown_cards(found.view)))


@require_GET
def embed_table(request, slug, widget_id):
    return _behind(
        request, slug, lambda found: twin(found.view, shown_cards(found.view), widget_id)
    )


def _behind(request, slug, answer) -> HttpResponse:
    try:
        found = embedding.again(request.headers.get(HEADER, ""), slug)
    except EmbedRefused as error:
        log.info("An embedded page is refused: %s", error)
        return told(RELOAD, 403)
    return sealed(answer(found)) if found.view else told(RELOAD, 404)


def framed(response: HttpResponse, found: Embedded) -> HttpResponse:
    """Exactly the key's origins may put it into a frame."""
    if origins := found.origins:
        response._csp_replace = {"frame-ancestors": origins}
        response.xframe_options_exempt = True  # it knows no list, and would refuse all
        response["Cross-Origin-Resource-Policy"] = "cross-origin"  # for pages that are isolated
    return response

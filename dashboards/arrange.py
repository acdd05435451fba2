"""The places of a dashboard's cards and its tabs, read and written for who arranges them on the
page. What is drawn stays as it is, so no picture and no answer is made anew."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from dashboards import arrangement, layouts, live
from dashboards.arrangement import Arrangement, TabKey
from dashboards.charts import registry
from dashboards.errors import LayoutChanged
from dashboards.models import Dashboard, Page, Widget

REASON = "Arranged on the page"
RIGHTS = ("dashboards.change_dashboard", "dashboards.change_widget")
PLACED = ("position", "width", "height", "page_id", "places")


def may(user, dashboard: Dashboard) -> bool:
    """Whether a person may arrange a dashboard: who may change it and its cards in the admin."""
    if not user.is_staff or not user.has_perms(RIGHTS):
        return False
    return Dashboard.objects.editable_by(user).filter(pk=dashboard.pk).exists()


def state(dashboard: Dashboard) -> dict[str, Any]:
    """What the page needs to arrange all tabs."""
    tabs, cards = _stored(dashboard)
    known = {tab.pk for tab in tabs}
    first = tabs[0].pk if tabs else None
    return {
        "version": _version(tabs, cards),
        "tabs": [{"id": tab.pk, "title": tab.title, "slug": tab.slug} for tab in tabs],
        "cards": [
            {"id": card.pk, "title": card.title, "width": card.width, "height": card.height,
             "least": registry.load().get(card.chart_type, registry.Chart).least,
             "places": card.places, "tab": card.page_id if card.page_id in known else first}
            for card in cards
        ],
        "layouts": [_template(one) for one in layouts.all_layouts().values()],
    }  # fmt: skip


def save(dashboard: Dashboard, user, data: Any) -> None:
    """Write an arrangement, whole or not at all. Raises `LayoutRefused`, `LayoutChanged` where
    somebody was quicker, and `PermissionDenied` for tabs that the person may not change."""
    with transaction.atomic():
        Dashboard.objects.select_for_update().get(pk=dashboard.pk)
        tabs, cards = _stored(dashboard)
        wanted = arrangement.read(data, {tab.pk for tab in tabs}, {card.pk for card in cards})
        if data["version"] != _version(tabs, cards):
            raise LayoutChanged(_who_was_quicker(dashboard))
        pages = _write_tabs(dashboard, user, wanted, tabs)
        _write_cards(user, wanted, cards, pages)
        gone = {tab.pk for tab in tabs} - {page.pk for page in pages.values()}
        for page in Page.objects.filter(pk__in=gone):
            _note(page, user).delete()
        transaction.on_commit(lambda: live.announce_change(dashboard.pk), robust=True)


def _stored(dashboard: Dashboard) -> tuple[list[Page], list[Widget]]:
    cards = dashboard.widgets.defer("options", "filters").order_by("position", "pk")
    return list(dashboard.pages.all()), list(cards)


def _version(tabs: list[Page], cards: list[Widget]) -> str:
    return arrangement.version(
        [(tab.pk, tab.title, tab.position) for tab in tabs],
        [(card.pk, *(getattr(card, name) for name in PLACED)) for card in cards],
    )


def _template(one: layouts.Layout) -> dict[str, Any]:
    slots = [[slot.width, slot.height] for slot in one.slots]
    found = {"name": one.name, "title": one.title, "description": one.description}
    return found | {"slots": slots, "again": layouts.begin_of_last_row(one)}


def _write_tabs(dashboard, user, wanted: Arrangement, tabs: list[Page]) -> dict[TabKey, Page]:
    """The page of each tab, stored. Links keep working: a tab with a new title keeps its slug."""
    stored = {tab.pk: tab for tab in tabs}
    slugs = {tab.slug for tab in tabs}
    positions = list(range(len(wanted.tabs)))
    if all(tab.key in stored for tab in wanted.tabs):
        positions = arrangement.numbered([(stored[t.key].position, t.key) for t in wanted.tabs])
    found = {}
    for tab, position in zip(wanted.tabs, positions, strict=True):
        page = stored.get(tab.key)
        if page is None:
            _require(user, "add")
            page = Page(dashboard=dashboard, slug=free_slug(tab.title, slugs))
            slugs.add(page.slug)
        elif (page.title, page.position) == (tab.title, position):
            found[tab.key] = page
            continue
        else:
            _require(user, "change")
        page.title, page.position = tab.title, position
        _note(page, user).save()
        found[tab.key] = page
    if set(stored) - set(found):
        _require(user, "delete")
    return found


def _write_cards(user, wanted: Arrangement, cards: list[Widget], pages) -> None:
    """Only cards whose place changed are saved, and of them only the place: their time of change
    stands for what is drawn."""
    stored = {card.pk: card for card in cards}
    order = [(stored[place.card].position, place.card) for place in wanted.cards]
    first = next(iter(pages.values())).pk if pages else None
    for place, position in zip(wanted.cards, arrangement.numbered(order), strict=True):
        card = stored[place.card]
        page = None if place.tab is None else pages[place.tab].pk
        if card.page_id is None and page == first:
            page = None  # without a tab it stands on the first
        values = (position, place.width, place.height, page, place.places)
        changed = [n for n, v in zip(PLACED, values, strict=True) if getattr(card, n) != v]
        if not changed:
            continue
        for name, value in zip(PLACED, values, strict=True):
            setattr(card, name, value)
        _note(card, user).save(update_fields=[name.removesuffix("_id") for name in changed])


def _note(record, user):
    """The record, whose next version in its history says who and why."""
    record._history_user, record._change_reason = user, REASON
    return record


def _require(user, verb: str) -> None:
    if not user.has_perm(f"dashboards.{verb}_page"):
        raise PermissionDenied(f"You may not {verb} tabs.")


def free_slug(title: str, taken: Collection[str]) -> str:
    """The name in links of a tab with this title, beside those that are taken."""
    base = slugify(title)[:50] or "tab"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _who_was_quicker(dashboard: Dashboard) -> str:
    found = [
        model.history.filter(dashboard=dashboard).select_related("history_user").first()
        for model in (Widget, Page)
    ]
    newest = max((one for one in found if one), key=lambda one: one.history_date, default=None)
    user = newest and newest.history_user
    who = (user.get_full_name() or user.username) if user else "Somebody"
    when = f" at {timezone.localtime(newest.history_date):%H:%M}" if newest else ""
    return f"{who} changed this dashboard{when}, so nothing was saved. Start anew from how it is."

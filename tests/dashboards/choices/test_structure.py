"""Tabs and filters are read once, and again after each change."""

import pytest

from dashboards import structure
from dashboards.models import SavedView
from datasets import cache


def test_read_once_while_nothing_changes(shop, django_assert_num_queries):
    shop.filter("country")
    structure.of(shop.dashboard)  # makes the word
    structure.of(shop.dashboard)

    with django_assert_num_queries(0):
        found = structure.of(shop.dashboard)

    assert [one.name for one in found.filters] == ["country"]


@pytest.mark.parametrize("change", ["filter", "gone", "ignored", "tab", "start"])
def test_every_change_is_seen_at_once(shop, change):
    country = shop.filter("country")
    saved = SavedView.objects.create(dashboard=shop.dashboard, name="Austria", query="country=AT")
    structure.of(shop.dashboard)
    before = structure.of(shop.dashboard)

    match change:
        case "filter":
            shop.filter("city")
        case "gone":
            country.delete()
        case "ignored":
            country.ignored_by.add(shop.total)
        case "tab":
            shop.dashboard.pages.create(title="One", slug="one")
        case "start":
            saved.default_roles.add(shop.role)

    assert structure.of(shop.dashboard) != before


def test_without_redis_it_is_read_each_time(shop, monkeypatch):
    monkeypatch.setattr(cache, "ask", lambda call: None)
    assert structure.of(shop.dashboard).filters == ()

    shop.filter("country")

    assert len(structure.of(shop.dashboard).filters) == 1

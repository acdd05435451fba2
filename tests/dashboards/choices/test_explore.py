"""Values of filters, breakdowns, rows, explanations and saved views: numbers and rights."""

import re

import pyarrow as pa
import pytest

from dashboards.models import SavedView
from tests.dashboards.choices.conftest import CITIES, NOW
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import publish

BASE = "/dashboards/six"


def answer(client, person, path):
    client.force_login(person)
    return client.get(f"{BASE}/{path}")


def test_values_of_a_filter_with_their_rows(client, shop):
    shop.filter("country")

    found = answer(client, shop.viewer, "filters/country").json()

    assert [(one["label"], one["rows"]) for one in found["values"]] == [
        ("DE", "3"), ("AT", "2"), ("(empty)", "1"),
    ]  # fmt: skip


def test_values_follow_the_other_choices_and_not_their_own(client, shop):
    shop.filter("country")
    shop.filter("city")

    found = answer(client, shop.viewer, "filters/city?country=AT&city=Wien").json()

    assert [one["value"] for one in found["values"]] == ["Graz", "Wien"]


def test_values_are_searched_on_the_server(client, shop):
    shop.filter("city")

    found = answer(client, shop.viewer, "filters/city?search=BER").json()

    assert [one["value"] for one in found["values"]] == ["Berlin"]


def test_values_of_no_list_are_not_told(client, shop):
    shop.filter("city", "text")

    assert answer(client, shop.viewer, "filters/city").status_code == 404
    assert answer(client, shop.viewer, "filters/country").status_code == 404


def test_rows_are_for_those_who_may_read_the_dataset(client, shop):
    path = f"widgets/{shop.cities.pk}/rows"

    shown = answer(client, shop.analyst, path)

    assert all(city in shown.content.decode() for city in CITIES)
    assert answer(client, shop.viewer, path).status_code == 404
    assert answer(client, shop.outsider, path).status_code == 404


@pytest.mark.parametrize(
    ("page", "first"), [("0", 1), ("200", 10_001), ("201", 10_001), ("9" * 8, 10_001),
                        ("9" * 30, 1), ("-1", 1), ("x", 1)],
)  # fmt: skip
def test_pages_of_rows_end_at_ten_thousand(client, shop, page, first):
    shown = answer(client, shop.analyst, f"widgets/{shop.cities.pk}/rows?page={page}")

    assert shown.status_code == 200
    assert shown.context["shown"].startswith(f"Rows {first:,} to ")


def test_rows_follow_choices_clicks_and_the_mark(client, shop):
    shop.filter("country")
    path = f"widgets/{shop.cities.pk}/rows"

    shown = answer(client, shop.analyst, f"{path}?country=DE&at.city=Hamburg").content.decode()

    assert "Hamburg" in shown
    assert "Rows 1 to 1 of 1" in shown


def test_a_mark_of_a_column_that_the_card_does_not_show_is_refused(client, shop):
    path = f"widgets/{shop.cities.pk}/rows?at.value=10"

    assert answer(client, shop.analyst, path).status_code == 400


def test_breakdown_by_another_column(client, shop):
    shown = answer(client, shop.analyst, f"widgets/{shop.total.pk}/by?by=country").content.decode()

    assert [shown.find(text) > 0 for text in ("DE", "60", "AT", "90", "(empty)")] == [True] * 5


@pytest.fixture
def bigger(shop):
    """1,200 carts with ids, behind the number of the shop."""
    publish(
        shop.dataset,
        pa.table({
            "cart": [f"C{i:04}" for i in range(1200)], "number": list(range(1200)),
            "country": ["DE", "AT"] * 600, "day": [i % 31 for i in range(1200)],
            "value": [2.5] * 1000 + [0.5] * 200,
            "at": pa.array([NOW] * 1200, pa.timestamp("us", "UTC")),
        }),
        as_of=NOW,
    )  # fmt: skip
    return shop


def test_ids_are_the_last_dimensions(client, bigger):
    shown = answer(client, bigger.analyst, f"widgets/{bigger.total.pk}/by")

    names = [name for name, _ in shown.context["dimensions"]]
    assert names == ["country", "day", "cart", "number"]
    assert shown.context["by"] == "country"


def test_bars_of_a_breakdown_leave_the_room_of_the_longest_number(client, bigger):
    html = answer(client, bigger.analyst, f"widgets/{bigger.total.pk}/by?by=day").content.decode()

    longest = re.findall(r'data-longest="([^"]*)"', html)
    assert len(longest) == 31
    assert set(longest) == {max(re.findall(r'longest="[^"]*">([^<]*)<', html), key=len)}


def test_rows_are_counted_in_the_persons_numbers_and_numbers_stand_at_the_right(client, bigger):
    bigger.analyst.locale = "de"
    bigger.analyst.save()
    html = answer(client, bigger.analyst, f"widgets/{bigger.total.pk}/rows").content.decode()

    assert "Rows 1 to 50 of 1.200" in html
    assert '<td class="num">2,5</td>' in html
    assert '<th scope="col" class="num">' in html


def test_without_the_right_to_rows_only_filters_are_dimensions(client, shop):
    path = f"widgets/{shop.total.pk}/by?by="
    shop.filter("country")

    assert answer(client, shop.viewer, f"{path}country").status_code == 200
    assert answer(client, shop.viewer, f"{path}city").status_code == 400
    assert answer(client, shop.outsider, f"{path}country").status_code == 404


def test_explanation_names_dataset_formula_choices_and_hides_sql_from_viewers(client, shop):
    shop.filter("country")
    path = f"widgets/{shop.total.pk}/explain?country=DE"

    told = answer(client, shop.viewer, path).content.decode()

    assert all(word in told for word in ("Six carts", "sum(value)", "Country: DE"))
    assert "SELECT" not in told
    assert "SELECT 1 AS one" in answer(client, shop.analyst, path).content.decode()


@pytest.mark.parametrize("panel", ["table", "by", "rows", "explain"])
def test_panels_of_a_dashboard_of_others_do_not_exist(client, shop, panel):
    assert answer(client, shop.outsider, f"widgets/{shop.total.pk}/{panel}").status_code == 404


def save(client, person, **data):
    client.force_login(person)
    return client.post(f"{BASE}/views/save", data)


def test_a_view_is_kept_for_its_maker(client, shop):
    shop.filter("country")

    assert save(client, shop.viewer, name="Mine", query="country=DE").status_code == 200
    saved = SavedView.objects.get()
    assert (saved.owner, saved.query, list(saved.view_roles.all())) == (
        shop.viewer, "country=DE", [],
    )  # fmt: skip


def test_only_who_edits_the_dashboard_shares_views(client, shop):
    save(client, shop.viewer, name="Mine", query="", roles=["Sellers"], start="1")
    assert not SavedView.objects.get().view_roles.exists()

    shop.analyst.is_staff = True
    shop.analyst.save()
    shop.dashboard.edit_roles.set(shop.analyst.groups.filter(name="Counters"))
    save(client, shop.analyst, name="Ours", query="", roles=["Sellers", "Interns"], start="1")
    ours = SavedView.objects.get(name="Ours")
    assert [role.name for role in ours.view_roles.all()] == ["Sellers"]
    assert [role.name for role in ours.default_roles.all()] == ["Sellers"]


def test_texts_that_are_no_roles_share_a_view_with_nobody(client, shop):
    shop.analyst.is_staff = True
    shop.analyst.save()
    shop.dashboard.edit_roles.set(shop.analyst.groups.filter(name="Counters"))

    answered = save(client, shop.analyst, name="Ours", query="", roles=["Sellers", "a\x00b", "x"])

    assert answered.status_code == 200
    assert [role.name for role in SavedView.objects.get().view_roles.all()] == ["Sellers"]


def test_a_view_of_nobody_names_nobody(client, shop):
    SavedView.objects.create(dashboard=shop.dashboard, name="All").view_roles.add(shop.role)

    html = answer(client, shop.viewer, "views").content.decode()

    assert "All" in html
    assert "None" not in html


@pytest.mark.parametrize("data", [{}, {"name": " "}, {"name": "x" * 61}, {"name": "a\x00"}])
def test_a_view_needs_a_name(client, shop, data):
    assert save(client, shop.viewer, **data).status_code == 400


def test_views_are_deleted_by_their_owner_alone(client, shop):
    saved = SavedView.objects.create(dashboard=shop.dashboard, name="Mine", owner=shop.viewer)
    url = f"{BASE}/views/{saved.pk}/delete"

    client.force_login(shop.analyst)
    assert client.post(url).status_code == 404
    client.force_login(shop.viewer)
    assert client.post(url).status_code == 204
    assert not SavedView.objects.exists()


def test_further_pages_of_a_table_come_from_the_server(client, shop):
    table = WidgetFactory(
        dashboard=shop.dashboard, dataset=shop.dataset, title="Cities", chart_type="table",
        options={"group_by": ["city"], "measures": ["Value: sum(value)"], "limit": 2},
    )  # fmt: skip
    shop.filter("country")
    path = f"widgets/{table.pk}/browse"

    first = answer(client, shop.viewer, f"{path}?page=1").json()
    second = answer(client, shop.viewer, f"{path}?page=2").json()
    turned = answer(client, shop.viewer, f"{path}?order=city&descending=false").json()
    chosen = answer(client, shop.viewer, f"{path}?page=1&country=DE").json()

    # By value: Nowhere 60, Graz 50, Wien 40, Berlin and Hamburg 30 each.
    assert ["Nowhere" in first["html"], "Graz" in first["html"]] == [True, True]
    assert ["Wien" in second["html"], "Graz" in second["html"]] == [True, False]
    assert ["Berlin" in turned["html"], "Graz" in turned["html"]] == [True, True]
    assert ["Berlin" in chosen["html"], "Wien" in chosen["html"]] == [True, False]


@pytest.mark.parametrize("query", ["page=0", "page=x", "order=email", "page=9999999"])
def test_pages_and_orders_that_no_table_has_are_refused(client, shop, query):
    table = WidgetFactory(
        dashboard=shop.dashboard, dataset=shop.dataset, chart_type="table",
        options={"group_by": ["city"], "measures": ["sum(value)"], "limit": 2},
    )  # fmt: skip

    assert answer(client, shop.viewer, f"widgets/{table.pk}/browse?{query}").status_code == 400

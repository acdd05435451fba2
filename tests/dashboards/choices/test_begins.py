"""Where the data of a card begin: of all rows, whatever of them is chosen. The six carts of the
shop are of 6, 16, 26 Oct, and 5, 15, 25 Nov 2026; that of 16 Oct is one of the two of Austria."""

from datetime import timedelta

import orjson
import pyarrow as pa
import pytest

from dashboards import render
from dashboards.locked import locked
from dashboards.models import Widget
from datasets import store
from tests.dashboards.choices.conftest import NOW
from tests.dashboards.choices.test_choices import bodies
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish


@pytest.fixture
def compared(shop):
    """The sum of the six carts, beside that of the period before."""
    shop.filter("period", "period")
    shop.filter("country")
    shop.total.options |= {"compare": True}
    shop.total.save()
    return shop


def body(client, shop, query, widget=None):
    return bodies(client, shop.viewer, query)[(widget or shop.total).pk]["body"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=25d", ["60", "33.3% worse", "than the 25 days before"]),  # from 7 Oct
        ("period=26d", ["60", "Nothing to compare:", "data begin 6 Oct"]),  # from 5 Oct
        ("period=30d", ["60", "Nothing to compare:", "data begin 6 Oct"]),
        ("period=2026-10-10..2026-10-20", ["50", "Nothing to compare:", "data begin 6 Oct"]),
    ],
)
def test_a_period_is_compared_where_the_data_reach_back_to_the_one_before(
    client, compared, query, said
):
    html = body(client, compared, query)["html"]

    for words in said:
        assert words in html


def test_what_is_chosen_does_not_move_where_the_data_begin(client, compared):
    """The first cart of Germany is 20 days old, yet nothing of the 24 days before is missing."""
    html = body(client, compared, "period=24d&country=DE")["html"]

    assert "in the 24 days before" in html
    assert "data begin" not in html


def test_a_page_with_locked_choices_says_nothing_of_other_rows(compared):
    """Who got a page of Germany alone does not learn when the carts of Austria began."""
    view = locked(compared.dashboard, compared.viewer, "period=30d&country=DE")
    wish = view.wish(compared.total)
    [said] = render.bodies([render.card(compared.total, compared.viewer, wish)])

    html = orjson.loads(said)["html"]
    assert "data begin 5 Nov" in html
    assert "6 Oct" not in html


def test_cards_say_that_their_data_begin_within_the_period(client, compared):
    assert body(client, compared, "period=12m", compared.cities)["note"] == "Data begin 6 Oct"
    assert body(client, compared, "period=30d", compared.cities)["note"] == ""
    assert body(client, compared, "period=*", compared.cities)["note"] == ""


def test_a_period_before_the_data_says_so(client, compared):
    found = body(client, compared, "period=2026-08-01..2026-08-31", compared.cities)

    assert found["empty"] == "No rows from 1 Aug to 31 Aug 2026. Data begin 6 Oct."


def test_many_cards_ask_once_where_the_data_begin(client, compared, monkeypatch):
    for _ in range(5):
        WidgetFactory(dashboard=compared.dashboard, dataset=compared.dataset, chart_type="number",
                      options={"value": "sum(value)", "time": "at", "period": "7d"})  # fmt: skip
    asked, real = [], store.execute
    monkeypatch.setattr(
        store, "execute", lambda file, said, values: asked.append(said) or real(file, said, values)
    )
    bodies(client, compared.viewer)

    assert len([said for said in asked if said.startswith('SELECT "at" AS "at"')]) == 1


@pytest.mark.parametrize(
    "first",
    [
        pa.array([NOW.date() - timedelta(days=30 - i) for i in range(31)]),
        pa.array([NOW.replace(tzinfo=None) - timedelta(days=30 - i) for i in range(31)]),
    ],
)
def test_days_and_times_without_a_zone_begin_too(client, compared, first):
    dataset = DatasetFactory()
    publish(dataset, pa.table({"at": first, "value": [1.0] * 31}), as_of=NOW)
    Widget.objects.filter(pk=compared.total.pk).update(dataset=dataset)

    assert "data begin 26 Oct" in body(client, compared, "period=20d")["html"]
    assert "no change" in body(client, compared, "period=15d")["html"].lower()


def test_a_first_year_that_no_calendar_has_closes_no_card(client, compared):
    dataset = DatasetFactory()
    ancient = pa.array([-(2**55), 1_790_000_000_000_000], pa.timestamp("us", "UTC"))
    publish(dataset, pa.table({"at": ancient, "value": [1.0, 2.0]}), as_of=NOW)
    Widget.objects.filter(pk=compared.total.pk).update(dataset=dataset)

    assert "2" in body(client, compared, "period=90d")["html"]


def test_a_target_of_an_amount_does_not_stand_beside_a_part_of_its_period(client, compared):
    compared.total.options |= {"period": "12m", "target": 100, "compare": False}
    compared.total.save()
    assert "Target" not in body(client, compared, "period=12m")["html"]

    compared.total.options |= {"period": "30d"}
    compared.total.save()
    assert "Target" in body(client, compared, "period=30d")["html"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("country=FR", "Nothing matches what is chosen."),
        ("country=FR&period=30d", "Nothing in the last 30 days matches what is chosen."),
        ("country=AT&period=2026-11-20..", "Nothing since 20 Nov 2026 matches what is chosen."),
        ("period=2026-11-01..2026-11-02", "No rows from 1 Nov to 2 Nov 2026."),
    ],
)
def test_choices_that_leave_no_rows_say_so(client, compared, query, said):
    assert body(client, compared, query, compared.cities)["empty"] == said


def test_a_card_whose_own_filters_leave_no_rows_has_none_yet(client, compared):
    compared.cities.filters = [["country", "=", "FR"]]
    compared.cities.save()

    assert body(client, compared, "", compared.cities)["empty"] == "No rows yet."


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=24d", ""),
        ("period=24d&compare=previous", "numbers compared with the 24 days before,"),
        ("period=24d&compare=year", "numbers compared with the year before,"),
    ],
)
def test_the_bar_says_what_numbers_are_compared_with(client, compared, query, said):
    client.force_login(compared.viewer)
    page = client.get(f"{compared.dashboard.get_absolute_url()}?{query}").content.decode()

    assert said in page if said else "compared with" not in page

"""The columns of an exported card: which they are, in which order, and how they are written."""

import pyarrow as pa
import pytest

from tests.dashboards.exporting import COUNT, book_of, made, shop_of_orders, table_of  # noqa: F401
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("kind", "options", "names"),
    [
        ("funnel", {"stage": "country", "stages": ["NL", "DE", "FR"]}, ["NL", "DE", "FR", "AT"]),
        ("funnel", {"stage": "country"}, ["FR", "AT", "DE", "NL"]),
        ("bar", {"category": "country", "order": "data"}, ["AT", "DE", "FR", "NL"]),
        ("bar", {"category": "country", "measures": ["sum(n)"]}, ["NL", "AT", "DE", "FR"]),
        ("bar", {"category": "country", "series": "n"}, ["FR", "FR", "AT", "DE", "DE", "NL"]),
        ("pie", {"category": "country"}, ["FR", "AT", "DE", "NL"]),
        ("treemap", {"category": "country"}, ["FR", "AT", "DE", "NL"]),
        ("box", {"category": "country", "column": "n"}, ["NL", "AT", "DE", "FR"]),
        ("pivot", {"group_by": ["country"]}, ["FR", "AT", "DE", "NL"]),
        ("pivot", {"group_by": ["country"], "column": "n"},
         ["FR", "FR", "AT", "DE", "DE", "NL"]),
    ],
)  # fmt: skip
def test_rows_have_the_order_of_their_card(shop, kind, options, names):
    dashboard, _, person = shop
    dataset = DatasetFactory(name="Stages", view_roles=dashboard.view_roles.all())
    countries = ["DE", "DE", "AT", "AT", "FR", "FR", "FR", "NL"]
    publish(dataset, pa.table({"country": countries, "n": [3, 2, 9, 9, 1, 2, 1, 40]}))
    card = WidgetFactory(dashboard=dashboard, dataset=dataset, chart_type=kind, options=options)

    _, *rows = table_of(made(person, dashboard, "csv", card))

    assert [row[0] for row in rows] == names


def test_a_pivot_table_is_exported_with_its_columns(shop):
    dashboard, cards, person = shop
    options = {"group_by": ["country"], "column": "pieces", "measures": ["sum(amount)"]}
    card = WidgetFactory(dashboard=dashboard, dataset=cards["Rows"].dataset, chart_type="pivot",
                         options=options)  # fmt: skip

    heading, *rows = table_of(made(person, dashboard, "csv", card))

    assert heading == ["country", "pieces", "Amount, EUR"]
    assert len(rows) == COUNT


@pytest.mark.parametrize(
    ("kind", "options", "heading", "formats"),
    [
        ("bar", {"category": "country", "measures": ["sum(amount)"], "pattern": "#,##0",
                 "unit": "USD"}, ["country", "Amount, USD"], ['#,##0 "USD"']),
        ("combo", {"category": "country", "lines": ["Share: avg(pieces)"], "line_pattern": "0.0%",
                   "unit": "orders"}, ["country", "Count, orders", "Share"],
         ['#,##0 "orders"', "0.0%"]),
        ("cohort", {"cohort": "at", "time": "at", "measure": "Buyers: count()", "pattern": "0.0%",
                    "unit": "EUR"}, ["at, month", "at, month", "Buyers"], ["#,##0"]),
    ],
)  # fmt: skip
def test_a_measure_is_exported_as_its_card_writes_it(shop, kind, options, heading, formats):
    dashboard, cards, person = shop
    card = WidgetFactory(dashboard=dashboard, dataset=cards["Rows"].dataset, chart_type=kind,
                         options=options)  # fmt: skip

    sheet = book_of(made(person, dashboard, "xlsx", card)).worksheets[-1]
    head, first = list(sheet.iter_rows())[:2]

    assert [cell.value for cell in head] == heading
    assert [cell.number_format for cell in first[-len(formats) :]] == formats

"""Exports of people who see a dashboard and may not read its datasets: what its cards show."""

import pytest

from dashboards.charts.timeline import MOST_MARKS
from datasets.models import RowPolicy
from tests.dashboards.exporting import COUNT, book_of, made, shop_of_orders, table_of  # noqa: F401
from tests.factories.dashboards import WidgetFactory
from tests.factories.people import PersonFactory, RoleFactory

pytestmark = pytest.mark.django_db(transaction=True)
TOP = {"limit": 7, "most": 7}


@pytest.fixture
def guest(shop):
    """Sees the dashboard; its dataset is shared with the merchants alone."""
    dashboard, _, _ = shop
    dashboard.view_roles.add(RoleFactory(name="Guests"))
    return PersonFactory(username="guest", roles=["Guests"])


def exported_by_both(shop, guest, title, kind, options):
    """The export of one card: the guest's, and that of somebody with the right to its rows."""
    dashboard, cards, merchant = shop
    card = WidgetFactory(
        dashboard=dashboard, dataset=cards["Rows"].dataset, title=title, chart_type=kind,
        options=options,
    )  # fmt: skip
    return [made(person, dashboard, "csv", card) for person in (guest, merchant)]


@pytest.mark.parametrize(
    ("kind", "options", "shown"),
    [
        ("table", {"columns": ["product", "amount"], "order": "amount", **TOP}, 7),
        ("table", {"columns": ["product", "amount"], "limit": 5}, COUNT),  # pages reach them all
        ("table", {"group_by": ["product"], "measures": ["sum(amount)"], **TOP}, 7),
        ("table", {"columns": ["product", "amount"], "most": COUNT}, COUNT),  # exactly all
        ("timeline", {"lane": "country", "time": "at", "label": "product"}, MOST_MARKS),
        ("bar", {"category": "product", "measures": ["sum(amount)"], "top": 5}, COUNT),
    ],
)
def test_without_the_right_to_rows_an_export_ends_where_its_card_does(
    shop, guest, kind, options, shown
):
    mine, whole = exported_by_both(shop, guest, "Top", kind, options)

    assert len(table_of(mine)) - 1 == shown
    assert len(table_of(whole)) - 1 == COUNT
    assert table_of(mine) == table_of(whole)[: shown + 1]
    told = [done.error.startswith(f"Top: {shown:,} rows, as many as") for done in (mine, whole)]
    assert told == [shown < COUNT, False]


@pytest.mark.parametrize(
    ("kind", "options", "bound"),
    [
        ("scatter", {"x": "amount", "y": "pieces"}, "scatter.MOST_POINTS"),
        ("sankey", {"source": "country", "target": "product"}, "sankey.MOST_LINKS"),
    ],
)
def test_a_picture_of_some_of_the_rows_is_whole_for_those_with_the_right(
    shop, guest, monkeypatch, kind, options, bound
):
    monkeypatch.setattr(f"dashboards.charts.{bound}", 20)
    mine, whole = exported_by_both(shop, guest, "Some", kind, options)

    assert len(table_of(mine)) - 1 == 20
    assert len(table_of(whole)) - 1 > 20
    assert {*map(tuple, table_of(mine))} <= {*map(tuple, table_of(whole))}
    assert mine.error.startswith("Some: 20 rows, as many as")
    assert whole.error == ""


def test_the_book_of_a_dashboard_says_which_cards_end(shop, guest):
    dashboard, cards, merchant = shop
    cards["Rows"].options |= TOP
    cards["Rows"].save()
    mine, whole = (book_of(made(person, dashboard, "xlsx")) for person in (guest, merchant))

    rows = [[sheet.max_row - 1 for sheet in book.worksheets[1:]] for book in (mine, whole)]
    assert rows == [[COUNT, 7, 32, 2], [COUNT, COUNT, 32, 2]]
    said = [
        {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}["Rows"]
        for book in (mine, whole)
    ]
    assert said == [
        "7 rows, sheet Rows; as many as the card shows; more of them take a right to the rows of "
        "its dataset",
        "1,500 rows, sheet Rows",
    ]


def test_an_exported_file_holds_the_rows_that_a_rule_gives(shop):
    dashboard, cards, merchant = shop
    rule = RowPolicy.objects.create(
        dataset=cards["Rows"].dataset, name="Own country",
        condition={"column": "country", "op": "in", "attribute": "country"},
    )  # fmt: skip
    rule.roles.set(merchant.groups.all())
    merchant.attributes = {"country": ["AT"]}
    merchant.save()

    rows = table_of(made(merchant, dashboard, "csv", cards["Products"]))
    book = book_of(made(merchant, dashboard, "xlsx"))

    assert len(rows) - 1 == COUNT / 3  # every third order is of AT
    by_country = {str(c.value) for row in book["By country"].iter_rows() for c in row}
    assert "AT" in by_country
    assert "DE" not in by_country

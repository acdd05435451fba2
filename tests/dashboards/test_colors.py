"""One entity, one colour: on all cards of a dashboard, over data, processes and starts."""

import pyarrow as pa
import pytest

from dashboards import colors
from dashboards.models import Palette
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory, publish


@pytest.fixture
def board(db):
    return DashboardFactory().pk


def test_cards_of_two_datasets_give_a_value_of_a_column_one_colour(world, browser):
    """Also where the order differs, and where one of the datasets lacks a value."""
    dataset = DatasetFactory(name="Live", slug="live")
    for one, names in ((world.dataset, ["app", "phone", "tablet"]), (dataset, ["tablet", "phone"])):
        publish(one, pa.table({"device": names, "amount": list(range(9, 9 - len(names), -1))}))
    options = {"category": "device", "measure": "sum(amount)"}
    keys = [
        WidgetFactory(dashboard=world.dashboard, dataset=one, chart_type="pie", options=options).pk
        for one in (world.dataset, dataset)
    ]

    answer = browser(world.people["viewer"]).get("/dashboards/p-73/data").json()

    bodies = {found["id"]: found["body"] for found in answer["widgets"]}
    first, second = ({row["label"]: row["color"] for row in bodies[key]["legend"]} for key in keys)
    assert len(set(first.values())) == 3
    assert {name: first[name] for name in second} == second


def test_a_place_stays_when_the_order_changes_and_values_come(board):
    assert colors.of(board)("device", ["phone", "app"]) == [0, 1]
    assert colors.of(board)("device", ["tablet", "app", "phone"]) == [2, 1, 0]
    assert colors.of(board)("device", ["app"]) == [1]


def test_columns_and_dashboards_have_places_of_their_own(board):
    colors.of(board)("device", ["phone", "app"])

    assert colors.of(board)("country", ["DE"]) == [0]
    assert colors.of(DashboardFactory().pk)("device", ["app"]) == [0]


def test_two_in_one_picture_never_share_a_colour_while_there_are_others(board):
    names = [f"c{number}" for number in range(25)]
    colors.of(board)("campaign", names)

    shown = colors.of(board)("campaign", ["c12", "c2", "c22", "c5"])

    assert shown[0] == 2  # as everywhere
    assert len(set(shown)) == 4
    assert shown[3] == 5  # not taken from it by the two that had to yield
    assert len(set(colors.of(board)("campaign", names[:10]))) == 10


def test_a_column_of_very_many_values_does_not_grow_for_ever(board):
    for start in range(0, 600, 100):
        colors.of(board)("product", [f"p{number}" for number in range(start, start + 100)])

    assert len(Palette.objects.get(pk=board).places["product"]) == colors.MOST
    assert colors.of(board)("product", ["p0", "p599"])[0] == 0


def test_a_preview_only_looks(board):
    colors.of(board)("device", ["phone"])

    assert colors.of(board, keep=False)("device", ["app", "phone"]) == [1, 0]
    assert Palette.objects.get(pk=board).places == {"device": ["phone"]}


def test_a_value_that_cannot_be_kept_has_a_colour_all_the_same(board):
    assert len(set(colors.of(board)("device", ["a\x00b", "phone"]))) == 2

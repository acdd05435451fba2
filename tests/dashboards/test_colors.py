"""One entity, one colour: on all cards of a dashboard, over data, processes and starts."""

import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from dashboards import colors
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_FOLDER = tmp_path
    return tmp_path


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


def test_a_place_stays_when_the_order_changes_and_values_come():
    assert colors.of(1)("device", ["phone", "app"]) == [0, 1]
    assert colors.of(1)("device", ["tablet", "app", "phone"]) == [2, 1, 0]
    assert colors.of(1)("device", ["app"]) == [1]


def test_columns_and_dashboards_have_places_of_their_own():
    colors.of(1)("device", ["phone", "app"])

    assert colors.of(1)("country", ["DE"]) == [0]
    assert colors.of(2)("device", ["app"]) == [0]


def test_two_in_one_picture_never_share_a_colour_while_there_are_others():
    names = [f"c{number}" for number in range(25)]
    colors.of(1)("campaign", names)

    shown = colors.of(1)("campaign", ["c12", "c2", "c22", "c5"])

    assert shown[0] == 2  # as everywhere
    assert len(set(shown)) == 4
    assert shown[3] == 5  # not taken from it by the two that had to yield
    assert len(set(colors.of(1)("campaign", names[:10]))) == 10


def test_processes_that_add_at_once_lose_nothing(folder):
    def add(number):
        colors.of(1)("device", [f"d{number}"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))

    kept = json.loads((folder / "colors" / "1.json").read_text())["device"]
    assert sorted(kept) == sorted(f"d{number}" for number in range(40))


def test_a_column_of_very_many_values_does_not_grow_for_ever(folder):
    for start in range(0, 3000, 500):
        colors.of(1)("product", [f"p{number}" for number in range(start, start + 500)])

    kept = json.loads((folder / "colors" / "1.json").read_text())["product"]
    assert len(kept) == colors.MOST
    assert colors.of(1)("product", ["p0", "p2999"])[0] == 0


def test_without_a_place_to_keep_them_cards_are_drawn_all_the_same(settings, folder):
    (folder / "file").write_text("")
    settings.DATA_FOLDER = folder / "file"

    assert colors.of(1)("device", ["phone", "app"]) == [0, 1]

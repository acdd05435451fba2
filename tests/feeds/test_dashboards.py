"""Dashboards by the API: what they are made of, their cards, the numbers of one card."""

import gzip
import json

import pyarrow as pa
import pytest

from datasets.models import RowPolicy, Snapshot
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import publish
from tests.factories.world import CELL

DASHBOARD = "/api/v1/dashboards/p-73/"


@pytest.fixture
def viewer(world, browser):
    return browser(world.people["viewer"])


def numbers(world):
    return f"{DASHBOARD}widgets/{world.widget.pk}/data/"


def test_a_dashboard_tells_its_cards_in_their_order(world, viewer):
    WidgetFactory(dashboard=world.dashboard, dataset=world.dataset, title="First", position=0)
    type(world.widget).objects.filter(pk=world.widget.pk).update(position=5)

    answer = viewer.get(DASHBOARD).json()

    assert [widget["title"] for widget in answer["widgets"]] == ["First", "Bids by bidder"]
    assert set(answer) == {"slug", "title", "description", "widgets"}
    assert "options" not in answer["widgets"][0]  # settings are for those who edit them


def test_a_dataset_tells_its_columns_and_not_its_query(world, viewer):
    answer = viewer.get("/api/v1/datasets/d-41/").json()

    assert [(c["name"], c["type"]) for c in answer["columns"]] == [
        ("bidder_shortname", "text"),
        ("amount", "integer"),
    ]
    assert answer["row_count"] == 2
    assert not {"sql", "source", "canonical_sql", "last_error", "owner"} & set(answer)


def test_a_dataset_that_cannot_be_counted_hinders_no_list(world, viewer):
    RowPolicy.objects.create(dataset=world.dataset, name="All", everybody=True)
    Snapshot.objects.update(file="gone.parquet")

    [told] = viewer.get("/api/v1/datasets/").json()

    assert (told["slug"], told["row_count"]) == ("d-41", None)


def test_the_numbers_of_a_card_are_those_of_its_table(world, viewer):
    answer = viewer.get(numbers(world)).json()

    assert answer["rows"] == [[CELL, "17"], ["Umbrella", "4"]]
    assert answer["values"] == [[CELL, 17], ["Umbrella", 4]]
    assert answer["as_of"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("path", ["data/", "widgets/{}/data/"])
def test_what_one_has_already_is_answered_with_304(world, viewer, path):
    path = DASHBOARD + path.format(world.widget.pk)
    first = viewer.get(path)
    tag = {"If-None-Match": f'W/"other", {first.headers["ETag"]}'}

    assert viewer.get(path, headers=tag).status_code == 304
    publish(world.dataset, pa.table({"bidder_shortname": ["Hooli"], "amount": [99]}))
    newer = viewer.get(path, headers=tag)
    assert newer.status_code == 200
    assert b"Hooli" in newer.content
    type(world.widget).objects.get(pk=world.widget.pk).save()  # its settings may be others now
    changed = viewer.get(path, headers={"If-None-Match": newer.headers["ETag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize("path", ["data/", "widgets/{}/data/"])
def test_nobody_gets_304_by_the_etag_of_somebody_with_other_rights(world, browser, path):
    path = DASHBOARD + path.format(world.widget.pk)
    tag = browser(world.people["viewer"]).get(path).headers["ETag"]

    answer = browser(world.people["outsider"]).get(path, headers={"If-None-Match": tag})

    assert answer.status_code == 404


def test_all_cards_come_compressed_where_that_is_understood(world, viewer):
    plain = viewer.get(f"{DASHBOARD}data/")
    packed = viewer.get(f"{DASHBOARD}data/", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == plain.json()
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_the_page_and_the_api_give_the_same_cards(world, viewer):
    assert viewer.get(f"{DASHBOARD}data/").json() == viewer.get("/dashboards/p-73/data").json()


def test_a_card_whose_settings_do_not_fit_tells_viewers_no_more_than_the_page(world, browser):
    broken = WidgetFactory(
        dashboard=world.dashboard, dataset=world.dataset, options={"value": "sum(secret_margin)"}
    )
    path = f"{DASHBOARD}widgets/{broken.pk}/data/"

    viewer = browser(world.people["viewer"]).get(path)
    author = browser(world.people["superuser"]).get(path)

    assert (viewer.status_code, author.status_code) == (400, 400)
    assert "secret_margin" not in viewer.content.decode()
    assert "do not fit its data" in viewer.json()["detail"]
    assert "secret_margin" in author.json()["detail"]


def test_a_single_value_is_told_with_its_target_exact_and_as_written(world, viewer):
    options = {"value": "avg(amount)", "pattern": "#,##0", "target": 12, "good": "down"}
    card = WidgetFactory(dashboard=world.dashboard, dataset=world.dataset, options=options)

    answer = viewer.get(f"{DASHBOARD}widgets/{card.pk}/data/").json()

    assert answer["rows"] == [
        ["All", "10"],
        ["Target at most", "12"],
        ["Against the target", "On target"],
    ]
    assert [row[1] for row in answer["values"]] == [10.5, 12, -1.5]

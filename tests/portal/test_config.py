"""Definitions of dashboards: the customer's own example, the shipped ones, and broken ones."""

import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.models import User
from dashboards import render
from dashboards.models import Dashboard, Widget
from datasets.models import Dataset
from portal.config import DefinitionRefused, apply, apply_file
from portal.config.folder import apply_folder
from portal.demo import server
from tests.factories.datasets import DatasetFactory, SourceFactory

SHIPPED = sorted((Path(settings.BASE_DIR) / "config" / "dashboards").glob("*.json"))

# The customer's text, as it was received.
EXAMPLE = """{
  "dashboard_id": "main-analytics",
  "refresh_interval": 300,
  "data_sources": [
    {
      "type": "postgresql",
      "connection": "crm_workflow_db",
      "queries": {
        "abandonment_rate": "SELECT * FROM cart_abandonments WHERE created_at >= NOW() - INTERVAL '24 hours'",
        "recovery_metrics": "SELECT * FROM campaign_results WHERE status = 'recovered'"
      }
    }
  ],
  "widgets": [
    {
      "type": "metric",
      "title": "24hr Abandonment Rate",
      "query": "abandonment_rate",
      "visualization": "single_value"
    }
  ]
}"""  # noqa: E501  the customer's line


@pytest.fixture
def source(db):
    return SourceFactory(name="crm_workflow_db")


@pytest.fixture
def example(source):
    return json.loads(EXAMPLE)


def counts():
    return Dashboard.objects.count(), Dataset.objects.count(), Widget.objects.count()


def test_the_customers_example_works_as_it_stands(source, tmp_path):
    path = tmp_path / "main-analytics-dashboard.json"
    path.write_text(EXAMPLE)

    dashboard = apply_file(path)

    assert (dashboard.slug, dashboard.title) == ("main-analytics", "Main analytics")
    [widget] = dashboard.widgets.all()
    assert widget.title == "24hr Abandonment Rate"
    assert (widget.chart_type, widget.options) == ("number", {"value": "count()"})
    assert widget.subtitle == "Number of rows"  # what a number that says nothing else shows
    assert widget.dataset.slug == "abandonment-rate"
    asked = {dataset.slug: dataset for dataset in Dataset.objects.all()}
    assert set(asked) == {"abandonment-rate", "recovery-metrics"}
    for dataset in asked.values():
        assert dataset.source == source
        assert dataset.refresh_every == timedelta(minutes=5)
        assert dataset.next_run_at is not None
        assert dataset.canonical_sql
    assert asked["recovery-metrics"].sql == (
        "SELECT * FROM campaign_results WHERE status = 'recovered'"
    )


def test_whoever_is_named_sees_it_and_nobody_else(example):
    apply(example | {"view_roles": ["Marketing"], "edit_roles": ["Analyst"]})
    person = User.objects.create(username="m")
    assert not Dashboard.objects.visible_to(person).exists()

    person.groups.set(list(Dashboard.objects.get().view_roles.all()))

    assert Dashboard.objects.visible_to(person).exists()
    assert not Dataset.objects.visible_to(person).exists()  # rows are shared with dataset_roles


def test_a_dashboard_that_exists_is_left_as_people_made_it(example):
    made = apply(example)
    made.widgets.update(title="Renamed by a person")
    Dataset.objects.update(description="Written by a person")

    apply(example | {"title": "Other"})

    assert Dashboard.objects.get().title == "Main analytics"
    assert Widget.objects.get().title == "Renamed by a person"
    assert set(Dataset.objects.values_list("description", flat=True)) == {"Written by a person"}


def test_replacing_takes_the_definition_again_without_doubles(example):
    first = apply(example)
    changed = json.loads(EXAMPLE.replace("300", "60").replace("24hr", "Daily"))

    second = apply(changed, replace=True)

    assert second.pk == first.pk
    assert counts() == (1, 2, 1)
    assert Widget.objects.get().title == "Daily Abandonment Rate"
    assert {d.refresh_every for d in Dataset.objects.all()} == {timedelta(minutes=1)}


def test_a_dataset_of_somebody_else_keeps_its_sql_when_a_definition_has_one_of_its_name(example):
    DatasetFactory(
        slug="abandonment-rate", name="Abandonment rate", sql="SELECT 42 AS answer",
        description="Mine",
    )  # fmt: skip

    apply(example)

    kept = Dataset.objects.get(slug="abandonment-rate")
    assert (kept.sql, kept.description) == ("SELECT 42 AS answer", "Mine")
    assert Widget.objects.get().dataset == kept


WIDGET = {"title": "A", "query": "abandonment_rate"}
NUMBER = WIDGET | {"visualization": "single_value"}
SOURCE = {"type": "postgresql", "connection": "nowhere", "queries": {"q": "SELECT 1"}}
BROKEN = [
    ({"dashboard_id": ""}, "$.dashboard_id: "),
    ({"dashboard_id": "Not A Slug!"}, "$.dashboard_id: "),
    ({"widgets": [], "data_sources": [SOURCE]},
     "$.data_sources[0].connection: There is no source 'nowhere'"),
    ({"widgets": [], "data_sources": [SOURCE | {"type": "mysql"}]}, "of the kind mysql"),
    ({"widgets": [WIDGET | {"query": "other"}]}, "$.widgets[0].query: It asks 'other'"),
    ({"widgets": [NUMBER, {"title": "B"}]}, "$.widgets[1].query: It is missing."),
    ({"widgets": [WIDGET | {"title": ""}]}, "$.widgets[0].title: "),
    ({"widgets": [WIDGET | {"visualization": "gaude"}]}, "$.widgets[0].visualization: "),
    ({"widgets": [NUMBER | {"options": {"valeu": "count()"}}]},
     "$.widgets[0].options.valeu: There is no such key here. Did you mean 'value'?"),
    ({"widgets": [WIDGET | {"visualization": "pie"}]}, "$.widgets[0].options: It is missing."),
    ({"widgets": [WIDGET | {"visualization": "pie", "options": {}}]},
     "$.widgets[0].options.category: It is missing."),
    ({"widgets": [NUMBER | {"width": 13}]}, "$.widgets[0].width: It must be at most 12, not 13."),
    ({"widgets": [NUMBER | {"filters": None}]}, "$.widgets[0].filters: It must be a list"),
    ({"widgets": [NUMBER | {"filters": "x=1"}]}, "$.widgets[0].filters"),
    ({"widgets": [NUMBER | {"filters": [["x"]]}]}, "$.widgets[0].filters[0]"),
    ({"widgets": [NUMBER | {"places": {"watch": {}}}]}, "$.widgets[0].places.watch"),
    ({"widgets": [NUMBER | {"page": "second"}]}, "$.widgets[0].page: There is no tab 'second'."),
    ({"widgets": [NUMBER | {"id": "a"}, NUMBER | {"id": "a"}]}, "$.widgets[1].id: Another card"),
    ({"widgets": ["abandonment_rate"]}, "$.widgets[0]: It must be an object in braces"),
    ({"widgets": {"a": 1}}, "$.widgets: It must be a list"),
    ({"widgts": []}, "$.widgts: There is no such key here. Did you mean 'widgets'?"),
    ({"refresh_interval": "often"}, "$.refresh_interval: It must be a number, not 'often'."),
    ({"refresh_interval": -5}, "$.refresh_interval: It must be more than 0"),
    ({"refresh_interval": 1}, "interval must be"),
    ({"data_sources": {"type": "postgresql"}}, "$.data_sources: "),
    ({"view_roles": "Marketing"}, "$.view_roles: It must be a list"),
    ({"layout": "spiral"}, "$.layout: There is no layout 'spiral'. Known: "),
    ({"pages": [{"slug": "a", "title": "A"}, {"slug": "a", "title": "B"}]}, "$.pages[1].slug"),
    ({"filters": [{"name": "compare", "label": "C", "columns": ["c"]}]}, "$.filters[0].name"),
    ({"filters": [{"name": "c", "label": "C", "columns": ["c"], "depends_on": "d"}]},
     "$.filters[0].depends_on: 'd' is no other filter."),
    ({"filters": [{"name": "c", "label": "C", "columns": ["c"], "ignored_by": ["X"]}]},
     "$.filters[0].ignored_by: 'X' is no card"),
    ({"annotations": [{"title": "T", "start": "yesterday"}]}, "$.annotations[0].start: "),
    ({"annotations": [{"title": "T", "start": "2026-02-02", "datasets": ["x"]}]},
     "$.annotations[0].datasets"),
]  # fmt: skip
AT = "$.data_sources[0].queries.q"
QUERIES = [
    ("DELETE FROM carts", f"{AT}.sql: "),
    ({"name": "No text"}, f"{AT}.sql: It is missing."),
    ({"sql": "SELECT 1", "columns": {"a": {"kind": "text"}}}, f"{AT}.columns.a.kind: "),
    ({"sql": "SELECT 1", "columns": ["a"]}, f"{AT}.columns: It must be an object"),
    ({"sql": "SELECT 1", "columns": {"a": {"type": "money"}}}, f"{AT}.columns.a.type: "),
    ({"sql": "SELECT 1", "columns": {"a": {"type": "text", "format": "%%"}}},
     f"{AT}.columns.a.format: "),
    ({"sql": "SELECT :d", "parameters": {"d": {"type": "date", "value": "soon"}}},
     f"{AT}.parameters.d.value: "),
    ({"sql": "SELECT 1", "refresh_cron": "often"}, f"{AT}.refresh_cron: "),
    ({"sql": "SELECT 1", "time_zone": "Mars/Base"}, f"{AT}.time_zone: "),
    ({"sql": "SELECT 1", "row_limit": 0}, f"{AT}.row_limit: It must be at least 1"),
    ({"dataset": "nowhere"}, f"{AT}.dataset: There is no dataset 'nowhere' that you may use."),
    ({"dataset": "abandonment-rate", "sql": "SELECT 1"}, f"{AT}.sql: "),
    ({"sql": "SELECT 1", "slug": "abandonment-rate"}, f"{AT}: It is the dataset"),
    (["SELECT 1"], f"{AT}: It must be a text or an object in braces"),
    (7, AT),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), BROKEN)
def test_a_broken_definition_is_refused_with_the_place_and_leaves_nothing(
    example, tmp_path, change, said
):
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(example | change))

    with pytest.raises(DefinitionRefused) as refused:
        apply_file(path)

    assert str(refused.value).startswith("broken.json: ")
    assert said in str(refused.value)
    assert counts() == (0, 0, 0)


@pytest.mark.parametrize(("query", "said"), QUERIES)
def test_a_broken_query_is_refused_by_its_name_and_leaves_nothing(example, query, said):
    example["data_sources"][0]["queries"] |= {"q": query}

    with pytest.raises(DefinitionRefused) as refused:
        apply(example)

    assert said in str(refused.value)
    assert counts() == (0, 0, 0)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', "7"])
def test_a_file_that_is_no_definition_is_refused_by_its_name(source, tmp_path, text):
    path = tmp_path / "odd.json"
    path.write_text(text)

    with pytest.raises(DefinitionRefused, match=r"^odd\.json"):
        apply_file(path)


def test_a_broken_replacement_leaves_the_dashboard_as_it_was(example):
    apply(example)
    example["widgets"].append({"title": "B", "query": "nothing"})
    example["title"] = "Other"

    with pytest.raises(DefinitionRefused):
        apply(example, replace=True)

    assert Dashboard.objects.get().title == "Main analytics"
    assert Widget.objects.get().title == "24hr Abandonment Rate"


# --- Datasets of other definitions


def other(example, slug, **queries):
    """A definition that asks datasets by their slugs, so it names no source."""
    queries = {name: {"dataset": found} for name, found in queries.items()}
    widget = WIDGET | {"query": next(iter(queries)), "visualization": "single_value"}
    return {"dashboard_id": slug, "data_sources": [{"queries": queries}], "widgets": [widget]}


def write(folder, **definitions):
    for name, definition in definitions.items():
        (folder / f"{name}.json").write_text(json.dumps(definition))


def test_a_query_may_name_a_dataset_that_is_there(example):
    apply(example)
    dashboard = apply(other(example, "second", carts="abandonment-rate"))

    assert dashboard.widgets.get().dataset.slug == "abandonment-rate"
    assert counts() == (2, 2, 2)


def test_replacing_leaves_a_named_dataset_to_its_own_definition(example):
    apply(example)
    Dataset.objects.update(description="Written by a person")
    apply(other(example, "second", carts="abandonment-rate"), replace=True)

    assert set(Dataset.objects.values_list("description", flat=True)) == {"Written by a person"}


def test_definitions_of_a_folder_come_after_those_whose_datasets_they_name(example, tmp_path):
    write(
        tmp_path,
        a=other(example, "last", carts="made-by-b"),
        b=other(example, "middle", carts="recovery-metrics")
        | {"data_sources": [
            *other(example, "", carts="recovery-metrics")["data_sources"],
            example["data_sources"][0] | {"queries": {"made_by_b": "SELECT 1 AS one"}},
        ]},
        c=example,
    )  # fmt: skip

    made = apply_folder(tmp_path)

    assert [dashboard.slug for dashboard in made] == ["main-analytics", "middle", "last"]


def test_a_dataset_that_no_definition_of_the_folder_makes_is_told(example, tmp_path):
    write(tmp_path, a=other(example, "a", carts="nowhere"), b=example)

    with pytest.raises(DefinitionRefused, match=r"^a\.json: .*'nowhere'"):
        apply_folder(tmp_path)


# --- The shipped ones, on the demo shop


@pytest.fixture
def demo(transactional_db):
    """The small shop with its records, each dataset fetched once; committed, as a refresh needs."""
    call_command("load_demo", carts=400, days=70, stdout=StringIO())
    yield
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {server.DATABASE} WITH (FORCE)")


DIMENSIONS = {"country", "device", "segment", "shop", "campaign"}
#: Dashboard -> at least so many cards, and types of charts.
COMPOSED = {
    "main-analytics": (35, 11),
    "recovery-performance": (35, 13),
    "customer-journey": (24, 12),
}


def test_shipped_columns_are_all_described_and_dimensions_have_one_name():
    for path in SHIPPED:
        for part in json.loads(path.read_text())["data_sources"]:
            for name, query in part["queries"].items():
                if "dataset" in query:
                    continue
                assert query["description"], name
                for column, about in query["columns"].items():
                    assert {"type", "label"} <= set(about), (name, column)
                    if about["label"].lower() in DIMENSIONS:
                        assert column == about["label"].lower(), (name, column)


@pytest.mark.parametrize("slug", COMPOSED)
def test_shipped_cards_fill_rows_of_one_height_and_leave_periods_to_the_page(slug):
    definition = json.loads((SHIPPED[0].parent / f"{slug}.json").read_text())
    ignoring = next(f for f in definition["filters"] if f["kind"] == "period")["ignored_by"]
    rows: dict[str, list] = {}  # tab -> the cards of the row under way
    for card in definition["widgets"]:
        row = rows.setdefault(card.get("page", ""), [])
        row.append(card)
        if sum(one["width"] for one in row) == 12:
            assert len({one["height"] for one in row}) == 1, row[0]["title"]
            row.clear()
        assert not re.search(r"\b(last|of) \d+ (days|hours)", card.get("subtitle", "")), card
        own = card["options"].get("period", "30d") != "30d"
        assert own == (card["title"] in ignoring), card["title"]
    assert not any(rows.values())


@pytest.mark.usefixtures("demo")
def test_shipped_dashboards_are_drawn_from_the_demo_shop():
    person = User.objects.get(username="admin")
    for path in SHIPPED:
        definition = json.loads(path.read_text())
        dashboard = Dashboard.objects.get(slug=definition["dashboard_id"])
        widgets = list(dashboard.widgets.all())

        cards, types = COMPOSED.get(dashboard.slug, (5, 3))
        assert len(widgets) == len(definition["widgets"]) >= cards
        assert len({widget.chart_type for widget in widgets}) >= types
        assert dashboard.view_roles.count() >= 2
        assert dashboard.description
        for widget in widgets:
            shown = render.body(widget, person)
            assert shown["empty"] or shown["summary"], widget
            assert render.drawing(widget)

    described = {
        name.replace("_", "-"): {
            column: about["type"] for column, about in query["columns"].items()
        }
        for path in SHIPPED
        for part in json.loads(path.read_text())["data_sources"]
        for name, query in part["queries"].items()
        if "columns" in query
    }
    for dataset in Dataset.objects.select_related("current_snapshot"):
        given = {column["name"]: column["type"] for column in dataset.current_snapshot.schema}
        assert {c.name: c.type for c in dataset.columns.all()} == given, dataset
        assert described[dataset.slug] == given, dataset

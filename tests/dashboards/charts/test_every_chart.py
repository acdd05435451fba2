"""What holds for all types: drawings without data, states that fit them, degenerate answers."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import orjson
import pyarrow as pa
import pytest
from bokeh.embed import json_item
from bokeh.models import ColumnDataSource, HoverTool

from dashboards.charts import drawing, registry
from dashboards.charts.theme import LIGHT, TOKEN_THEME, TOKENS, painted
from datasets.compile import to_duckdb
from datasets.models import Snapshot
from datasets.policies import Policy
from tests.dashboards.charts.tables import COLUMNS, NOW, context, read, table, times

DAYS = times("2025-11-20", "2025-11-21", "2025-11-22")
EARLIER = times("2025-10-16", "2025-10-17", "2025-10-18")
MEASURES = ["A: sum(value)", "B: avg(value) | 0.0%"]
SPREADS = table(category=["a", "b"], value_least=[1, 2], value_low=[2, 3], value_first=[3, 4],
                value_median=[4, 5], value_third=[6, 7], value_high=[8, 9], value_most=[20, 30],
                value_count=[9, 5])  # fmt: skip
#: Chart, options, ordinary answers.
CASES = {
    "funnel": ("funnel", {"stage": "name", "measure": "sum(value)"},
               {"stages": table(stage=["a", "b"], count=[10, 4])}),
    "line": ("line", {"x": "time", "measure": "sum(value)"},
             {"points": table(bucket=DAYS, value=[1, 2, 3])}),
    "lines": ("line", {"x": "time", "measure": "sum(value)", "series": "name", "stack": "stacked"},
              {"points": table(bucket=DAYS, series=["a", "b", "a"], value=[1, 2, 3])}),
    "lying": ("bar", {"category": "name", "measures": MEASURES},
              {"bars": table(category=["a", "b"], value_0=[1, 2], value_1=[3, 4])}),
    "standing": ("bar", {"category": "name", "series": "other", "orientation": "vertical",
                         "stack": "stacked"},
                 {"bars": table(category=["a", "b"], series=["x", "x"], value_0=[1, 2])}),
    "shares": ("bar", {"category": "name", "series": "other", "stack": "percent"},
               {"bars": table(category=["a", "b"], series=["x", "y"], value_0=[1, 2])}),
    "bars over time": ("bar", {"category": "time", "grain": "day", "time": "time",
                               "period": "7d", "series": "name", "stack": "stacked"},
                       {"bars": table(category=DAYS, series=["a", "b", "a"], value_0=[1, 2, 3])}),
    "pie": ("pie", {"category": "name"}, {"slices": table(category=["a", "b"], value=[1, 2])}),
    "hours": ("heatmap", {"time": "time"},
              {"cells": table(row=[1, 7], column=[0, 21], value=[1, 2])}),
    "cells": ("heatmap", {"x": "name", "y": "other"},
              {"cells": table(row=["a", "b"], column=["x", "y"], value=[1, 2])}),
    "number": ("number", {"value": "sum(value)", "time": "time", "period": "24h", "target": 2.0},
               {"value": table(value=[3]), "previous": table(value=[2]),
                "trend": table(bucket=DAYS, value=[1, 2, 3])}),
    "shares over time": ("line", {"x": "time", "measure": "sum(value)", "series": "name",
                         "stack": "percent",
                        "period": "30d", "compare": "previous"},
               {"points": table(bucket=DAYS, series=["a", "b", "a"], value=[1, 2, 3]),
                "earlier": table(bucket=EARLIER, series=["a", "b", "a"], value=[1, 2, 3])}),
    "outlook": ("line", {"x": "time", "measure": "sum(value)", "period": "7d", "target": 2.0,
                         "target_measure": "Plan: max(value)", "forecast_measure": "max(value)",
                         "forecast_low": "min(value)", "forecast_high": "max(value)"},
                {"points": table(bucket=DAYS, value=[1, 2, 3]),
                 "goals": pa.table({"bucket": times("2025-11-23", "2025-11-24"),
                                    "target": [1.0, 2.0], "forecast": [3.0, 4.0],
                                    "low": [2.0, 2.5], "high": [3.5, 5.0]})}),
    "table": ("table", {"group_by": ["name"], "measures": MEASURES},
              {"rows": table(name=["a", "b"], measure_0=[1, 2], measure_1=[3, 4])}),
    "countries": ("map", {"country": "name", "measure": "sum(value)"},
                  {"places": table(place=["DE", "FR"], value=[1, 2])}),
    "points": ("map", {"look": "points", "latitude": "value", "longitude": "value",
                       "category": "name", "region": "europe"},
               {"places": pa.table({"latitude": [52.5, 48.1], "longitude": [13.4, 11.6],
                                    "category": ["a", "b"], "value": [1.0, 2.0]})}),
    "treemap": ("treemap", {"category": "name", "group": "other", "color": "avg(value)"},
                {"tiles": table(category=["a", "b"], group=["x", "x"], value=[1, 2],
                                value_color=[3, 4])}),
    "combo": ("combo", {"category": "name", "measures": ["sum(value)"], "lines": MEASURES[1:]},
              {"columns": table(category=["a", "b"], value_0=[1, 2], value_1=[3, 4])}),
    "combo over time": ("combo", {"category": "time", "grain": "day", "lines": MEASURES[1:]},
                        {"columns": table(category=DAYS, value_0=[1, 2, 3], value_1=[3, 4, 5])}),
    "pivot": ("pivot", {"group_by": ["name"], "column": "other", "measures": MEASURES,
                        "heat": True},
              {"rows": table(row_0=["a", "b"], value_0=[3, 4], value_1=[0.5, 0.25]),
               "all": table(value_0=[7], value_1=[0.4]),
               "rows_across": table(row_0=["a", "b"], column=["x", "y"], value_0=[3, 4],
                                    value_1=[0.5, 0.25]),
               "all_across": table(column=["x", "y"], value_0=[3, 4], value_1=[0.5, 0.25])}),
    "survival": ("survival", {"duration": "value", "event": "happened", "series": "name"},
                 {"durations": table(duration=[1, 2, 3], event=[True, False, True],
                                     series=["a", "b", "a"], count=[5, 6, 7])}),
    "journey": ("sankey", {"steps": ["name", "other"]},
                {"flows_0": table(source=["a", "b", "b"], target=["x", "x", None],
                                  value=[5, 3, 1])}),
    "links": ("sankey", {"source": "name", "target": "other"},
              {"flows": table(source=["a", "b", "c"], target=["b", "c", "a"], value=[5, 3, 1])}),
    "cohorts": ("cohort", {"cohort": "time", "time": "time", "measure": "count_distinct(name)"},
                {"cells": table(cohort=times("2025-10-01", "2025-10-01", "2025-11-01"),
                                bucket=times("2025-10-01", "2025-11-01", "2025-11-01"),
                                count=[9, 4, 7])}),
    "campaigns": ("timeline", {"lane": "name", "time": "time", "end": "time", "label": "other"},
                  {"marks": table(lane=["a", "b", "a"], start=DAYS,
                                  end=[*DAYS[1:].to_pylist(), None],
                                  label=["x", "y", "z"], value=[1, 2, 3])}),
    "sequence": ("timeline", {"lane": "name", "after": "value", "also": "sum(value)"},
                 {"marks": table(lane=["a", "a", "b"], after=[1, 24, 72], value=[9, 5, 3],
                                 value_also=[1, 1, 2]).rename_columns(
                                     ["lane", "after", "value", "also"])}),
    "calendar": ("calendar", {"time": "time"}, {"days": table(day=DAYS, value=[1, 2, 3])}),
    "histogram": ("histogram", {"column": "value"},
                  {"bins": table(bin=[{"from": 0.0, "to": 10.0}, {"from": 20.0, "to": 30.0}, None],
                                 count=[3, 1, 2]),
                   "median": table(value=[7])}),
    "outlines": ("histogram", {"column": "value", "series": "name", "show": "share"},
                 {"bins": table(bin=[{"from": 0.0, "to": 10.0}, {"from": 20.0, "to": 30.0}],
                                series=["a", "b"], count=[3, 1]),
                  "median": table(series=["a", "b"], value=[7, 21])}),
    "bullet": ("gauge", {"measure": "sum(value)", "target": 3.0}, {"value": table(value=[2])}),
    "dial": ("gauge", {"measure": "sum(value)", "look": "dial", "warn": 4.0, "critical": 1.0},
             {"value": table(value=[2])}),
    "waterfall": ("waterfall", {"category": "name", "measure": "sum(value)"},
                  {"parts": table(category=["a", "b", "c"], value=[5, -3, 1])}),
    "lying steps": ("waterfall", {"category": "name", "orientation": "horizontal", "time": "time",
                                  "steps": "change", "period": "7d", "good": "up"},
                    {"parts": table(category=["a", "b"], value=[5, 3]),
                     "previous": table(category=["a", "c"], value=[4, 7])}),
    "box": ("box", {"category": "name", "column": "value"}, {"boxes": SPREADS}),
    "standing box": ("box", {"category": "name", "column": "value", "orientation": "vertical"},
                     {"boxes": SPREADS}),
    "scatter": ("scatter", {"x": "value", "y": "value", "trend": True, "series": "name"},
                {"rows": table(value=[1, 2, 5], name=["a", "b", "b"]), "all": table(count=[3])}),
    "bubbles": ("scatter", {"category": "name", "measure_x": "avg(value)",
                            "measure_y": "sum(value)", "measure_size": "count()",
                            "scale_y": "log"},
                {"groups": table(category=["a", "b"], value_x=[1, 2], value_y=[3, 400],
                                 value_rows=[3, 9], value_size=[3, 9])}),
}  # fmt: skip
DRAWN = {name: case for name, case in CASES.items() if not registry.get(case[0]).template}


def names_in(figure) -> list[str]:
    return [model.name for model in figure.references() if model.name]


def test_every_type_has_a_case():
    assert {case[0] for case in CASES.values()} >= set(registry.load())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_queries_compile_on_the_columns(case):
    chart, options = read(case[0], **case[1])
    schema = [{"name": column.name, "type": column.type} for column in COLUMNS.values()]

    queries = chart.queries(options, context())

    assert set(queries) >= set(case[2])
    for query in queries.values():
        assert query.time_zone == "Europe/Berlin"
        to_duckdb(query, Snapshot(schema=schema, as_of=NOW), Policy(), "dataset")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_state_is_plain_json_with_words_and_a_twin(case):
    chart, options = read(case[0], **case[1])

    state = chart.state(case[2], options, context())

    for part in (state.sources, state.props, state.narrow, state.view, state.legend):
        orjson.dumps(part)  # texts as keys, no foreign types
        json.dumps(part, allow_nan=False)
    assert state.empty == ""
    assert state.summary.endswith(".")
    assert state.rows
    assert all(len(row) == len(state.headings) for row in state.rows)
    assert all(isinstance(cell, str) for row in state.rows for cell in row)
    json.dumps(state.values, allow_nan=False)
    assert [len(row) for row in state.values] == [len(row) for row in state.rows]
    assert any(isinstance(cell, int | float) for row in state.values for cell in row)


@pytest.mark.parametrize("case", DRAWN.values(), ids=DRAWN)
def test_drawing_has_no_data_and_serialises(case):
    chart, options = read(case[0], **case[1])

    figure = chart.figure(options, TOKEN_THEME)

    # A map that is fitted to its data shows any part of the world, so it has the whole of it, with
    # enough points for one country to fill the card.
    fitted = case[0] == "map" and "region" not in case[1]
    assert len(orjson.dumps(json_item(figure))) < (120_000 if fitted else 60_000)
    for source in figure.select(ColumnDataSource):
        if source.name and not drawing.kept(source):
            assert all(len(column) == 0 for column in source.data.values()), source.name


@pytest.mark.parametrize("case", DRAWN.values(), ids=DRAWN)
def test_every_name_of_the_state_is_one_model_of_the_drawing(case):
    chart, options = read(case[0], **case[1])
    figure = chart.figure(options, TOKEN_THEME)
    state = chart.state(case[2], options, context())

    names = names_in(figure)

    assert len(names) == len(set(names))
    assert set(state.sources) | set(state.props) | set(state.narrow) <= set(names)
    assert set(state.narrow) <= set(state.props)  # or a widened card could not go back
    if state.picks:
        assert len(state.picks["values"]) == len(
            next(iter(state.sources[state.picks["source"]].values()))
        )
        orjson.dumps(state.picks)
    models = drawing.named(figure)
    for name, data in state.sources.items():
        kept = drawing.kept(models[name])
        assert set(data) == set(models[name].data) - set(kept), name
        data = data | kept
        assert len({len(column) for column in data.values()}) == 1, name
    drawing.apply(figure, state, TOKEN_THEME)


@pytest.mark.parametrize("case", DRAWN.values(), ids=DRAWN)
def test_only_colours_of_the_theme_are_used(case):
    chart, options = read(case[0], **case[1])
    state = chart.state(case[2], options, context())

    colors = [c for data in state.sources.values() for c in data.get("color", [])]
    colors += [row["color"] for row in state.legend]

    assert colors
    assert set(colors) <= set(TOKENS)
    assert not set(painted(colors, LIGHT)) & set(TOKENS)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_rows_say_why_nothing_is_drawn(case):
    chart, options = read(case[0], **case[1])
    nothing = {name: answer.slice(0, 0) for name, answer in case[2].items()}

    state = chart.state(nothing, options, context())

    assert state.empty
    assert state.sources == {}


def replaced(answer: pa.Table, value: float | None) -> pa.Table:
    """The answer with one value everywhere."""
    for index, field in enumerate(answer.schema):
        if pa.types.is_floating(field.type):
            values = pa.array([value] * answer.num_rows, pa.float64())
            answer = answer.set_column(index, field.name, values)
    return answer


@pytest.mark.parametrize("value", [None, 0.0, -5.0, 1e15, 1e-9])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_odd_values_are_drawn_or_explained(case, rows, value):
    chart, options = read(case[0], **case[1])
    odd = {name: replaced(answer.slice(0, rows), value) for name, answer in case[2].items()}

    state = chart.state(odd, options, context())

    json.dumps([state.sources, state.props, state.view], allow_nan=False)
    assert bool(state.empty) != bool(state.sources or state.view)
    if state.sources:
        drawing.apply(chart.figure(options, LIGHT), state)


def test_the_data_never_becomes_markup():
    """Hostile names stay in columns of text; tooltips are DOM elements that take textContent."""
    hostile = "<img src=x onerror=alert(1)>"
    chart, options = read("bar", category="name")
    figure = chart.figure(options, TOKEN_THEME)
    state = chart.state({"bars": table(category=[hostile], value_0=[1])}, options, context())

    drawing.apply(figure, state, TOKEN_THEME)

    hover = figure.select_one({"type": HoverTool})
    assert not isinstance(hover.tooltips, str | list)
    assert "safe" not in json.dumps(json_item(figure)["doc"]).replace(hostile, "")


def test_importing_chart_types_does_not_import_bokeh():
    code = (
        "import django; django.setup(); from dashboards.charts import registry; registry.load(); "
        "import sys; print('bokeh' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"


def test_as_of_may_be_missing_when_queries_are_asked():
    for name, values, _ in CASES.values():
        chart, options = read(name, **values)
        assert chart.queries(options, replace(context(), as_of=None))


def without_ids(value, found=None):
    """The same document with its models numbered in order: ids count all models of the process."""
    found = {} if found is None else found
    if isinstance(value, list):
        return [without_ids(item, found) for item in value]
    if isinstance(value, dict):
        made = {key: without_ids(item, found) for key, item in value.items() if key != "id"}
        if "id" in value:
            made["id"] = found.setdefault(value["id"], len(found))
        return made
    return value


@pytest.mark.parametrize("case", DRAWN.values(), ids=DRAWN)
def test_the_document_is_the_one_that_bokeh_makes(case):
    chart, options = read(case[0], **case[1])
    figure = chart.figure(options, TOKEN_THEME)

    quick = orjson.loads(orjson.dumps(drawing.as_json(figure)))
    theirs = orjson.loads(orjson.dumps(json_item(figure)["doc"]))

    assert quick.keys() == theirs.keys()
    assert without_ids(quick["roots"]) == without_ids(theirs["roots"])

import pytest

from dashboards.charts.registry import NO_PICK
from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table


def waterfall(names, values, previous=None, **more):
    tables = {"parts": table(category=names, value=values)}
    if previous:
        tables["previous"] = table(category=list(previous), value=list(previous.values()))
    options = {"category": "name", "measure": "sum(value)"}
    return state("waterfall", tables, **(options | more))


def test_bars_stand_on_each_other_and_end_in_the_total():
    found = waterfall(["a", "b", "c"], [50, -20, 5], order="data")

    bars = found.sources["bars"]
    assert bars["title"] == ["a", "b", "c", "Total"]
    assert bars["base"] == [0, 50, 30, 0]
    assert bars["value"] == [50, 30, 35, 35]
    assert found.sources["labels"]["text"] == ["+50", "-20", "+5", "35"]
    assert found.sources["lines"]["y0"] == found.sources["lines"]["y1"] == [50, 30, 35]
    assert found.sources["lines"]["x0"] == pytest.approx([0.36, 1.36, 2.36])
    assert bars["text"][1] == "-20 EUR\nThen at 30 EUR"
    assert found.summary == "Value: 35 EUR in all; the largest part is a, +50 EUR."


def test_the_last_bar_has_a_name_of_its_own():
    found = waterfall(["a", "b"], [50, -20], end="Profit")

    assert found.sources["bars"]["title"] == ["a", "b", "Profit"]


def test_a_start_is_the_first_total():
    found = waterfall(["a"], [-30], start=100.0)

    assert found.sources["bars"]["title"] == ["Start", "a", "End"]
    assert found.sources["bars"]["base"] == [0, 100, 0]
    assert found.sources["bars"]["value"] == [100, 70, 70]
    assert found.rows == [
        ["Start", "100 EUR", "100 EUR", "–"], ["a", "-30 EUR", "70 EUR", "-30.0%"],
        ["End", "70 EUR", "70 EUR", "–"],
    ]  # fmt: skip


def test_changes_go_from_the_period_before_to_this_one():
    found = waterfall(["a", "new"], [30, 5], {"a": 20, "gone": 12}, steps="change",
                      time="time", period="30d")  # fmt: skip

    bars = found.sources["bars"]
    assert bars["title"] == ["30 days before", "a", "new", "gone", "Now"]
    assert bars["value"] == [32, 42, 47, 35, 35]
    assert found.summary.startswith("Value: from 32 EUR to 35 EUR; the largest step is gone, -12")


def test_steps_that_are_not_by_value_have_an_order_that_the_engine_is_asked_for():
    chart, options = read("waterfall", category="name", order="data")
    assert chart.queries(options, context())["parts"].order[0].name == "category"

    chart, options = read("waterfall", category="name", order="data", order_measure="min(value)")
    asked = chart.queries(options, context())["parts"]
    assert asked.order[0].name == "place"
    assert [measure.formula for measure in asked.measures] == ["count()", "min(value)"]


def test_changes_ask_for_the_period_before_and_need_one():
    chart, options = read("waterfall", category="name", steps="change", time="time", period="7d")
    found = chart.queries(options, context())
    assert [found[name].filters[0].value for name in ("parts", "previous")] == [
        ["7d", 0], ["7d", 1],
    ]  # fmt: skip

    chart, options = read("waterfall", category="name", steps="change", time="time")
    with pytest.raises(OptionsRefused, match="period: is required"):
        chart.queries(options, context())


def test_what_does_not_add_up_is_refused():
    chart, options = read("waterfall", category="name", measure="avg(value)")
    with pytest.raises(OptionsRefused, match="do not add up"):
        chart.queries(options, context())


def test_the_smallest_steps_are_other_before_the_total():
    names = [f"n{i}" for i in range(10_000)]
    values = [100, -90, *[0.5] * 9_998]

    found = waterfall(names, values, top=2, start=1.0)

    assert found.sources["bars"]["title"] == ["Start", "n0", "n1", "Other (9,998)", "End"]
    assert found.sources["bars"]["value"][-1] == 1 + 10 + 4_999
    assert found.picks["values"] == [NO_PICK, "n0", "n1", NO_PICK, NO_PICK]


def test_largest_comes_first_and_falls_last():
    found = waterfall(["a", "b", "c"], [-1, 5, 3])

    assert found.sources["bars"]["title"] == ["b", "c", "a", "Total"]


@pytest.mark.parametrize(("good", "colors"), [
    ("neutral", [TOKEN_THEME.palette[0], TOKEN_THEME.border_strong]),
    ("up", [TOKEN_THEME.good, TOKEN_THEME.bad]), ("down", [TOKEN_THEME.bad, TOKEN_THEME.good]),
])  # fmt: skip
def test_verdict_colours_need_a_direction(good, colors):
    found = waterfall(["a", "b"], [5, -3], good=good).sources["bars"]["color"]

    assert found == [*colors, TOKEN_THEME.muted]


def test_lying_falls_have_room_for_their_values():
    found = waterfall(["a", "b"], [-50, -20], orientation="horizontal")

    assert found.props["x_range"]["start"] < -70
    assert found.narrow["x_range"]["start"] < found.props["x_range"]["start"]
    assert found.sources["labels"]["align"] == ["right", "right", "right"]


def test_unknown_values_and_categories():
    found = waterfall([None, "b"], [5, None], order="data")

    assert found.sources["bars"]["title"] == ["–", "Total"]
    assert found.picks["values"][0] is None
    assert waterfall(["a"], [None]).empty == (
        "No value: sum(value) has nothing to count with there."
    )
    assert waterfall([], [], time="time", period="7d").empty == "No rows in the last 7 days."


def test_hostile_names_stay_text():
    hostile = "<img src=x>"
    found = waterfall([hostile], [1])

    assert found.sources["bars"]["title"][0] == hostile

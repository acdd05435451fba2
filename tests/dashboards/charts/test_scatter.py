import pyarrow as pa
import pytest

from dashboards.charts.points import diameters, labelled, least_squares
from dashboards.charts.registry import ColumnInfo
from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts import tables
from tests.dashboards.charts.tables import context, read, state, table

GROUPED = {"category": "name", "measure_x": "avg(value)", "measure_y": "Carts: count()"}


@pytest.fixture(autouse=True)
def _another_number(monkeypatch):
    monkeypatch.setitem(tables.COLUMNS, "items", ColumnInfo("items", "integer", "Items"))


def rows(xs, ys, count=None, whole=None, **values):
    found = {
        "rows": pa.table(
            {"items": pa.array(xs, pa.float64()), "value": pa.array(ys, pa.float64())}
        ),
        "all": table(count=[count or len(xs)]),
    }
    if whole is not None:
        found["whole"] = table(count=[whole])
    return state("scatter", found, x="items", y="value", **values)


def groups(xs, ys, sizes=None, names=None, **values):
    names = names or [f"n{i}" for i in range(len(xs))]
    more = {"value_size": sizes} if sizes else {}
    answer = table(category=names, value_x=xs, value_y=ys, value_rows=[1] * len(xs), **more)
    options = GROUPED | ({"measure_size": "sum(value)"} if sizes else {})
    return state("scatter", {"groups": answer}, **(options | values))


def test_a_point_per_row_with_exact_words():
    found = rows([1, 2], [10, 20])

    points = found.sources["points"]
    assert (points["x"], points["y"]) == ([1, 2], [10, 20])
    assert points["text"][1] == "Items: 2\nValue: 20 EUR"
    assert found.sources["titles"]["text"] == ["↑ Value, EUR", "Items →"]
    assert found.note == ""
    assert found.summary == "Value by Items: 2 points, one per row."
    assert found.picks == {}


def test_a_sample_says_of_how_many():
    assert rows([1, 2], [1, 2], count=48_120).note == "2 of 48,120 rows"


def test_rows_are_sampled_and_counted_under_the_same_filters():
    chart, options = read("scatter", x="items", y="value", size="value", series="name",
                          scale_y="log", time="time", period="7d")  # fmt: skip
    found = chart.queries(options, context())

    assert found["rows"].select == ("items", "value", "name")
    assert found["rows"].sample == 2_000
    assert found["rows"].filters == found["all"].filters
    assert [f.op for f in found["rows"].filters] == ["period", "not_null", "not_null", ">"]
    assert [f.op for f in found["whole"].filters] == ["period", "not_null", "not_null"]


def test_a_logarithmic_axis_is_drawn_in_powers_and_tells_what_it_leaves_out():
    found = rows([1, 10, 1000], [1, 2, 3], scale_x="log", count=3, whole=5)

    assert found.sources["points"]["x"] == pytest.approx([0, 1, 3])
    labels = found.props["x_axis"]["major_label_overrides"]
    assert labels == {"0": "1", "1": "10", "2": "100", "3": "1,000"}
    assert found.note == "2 at or below zero not drawn"
    assert found.sources["titles"]["text"][1] == "Items, logarithmic →"
    none = rows([], [], scale_x="log", whole=4)
    assert none.empty == (
        "No value is above zero, and a logarithmic axis shows no others. Take a linear one."
    )


def test_bubbles_are_as_large_as_their_values_by_area():
    found = groups([1, 2, 3], [4, 5, 6], sizes=[100, 25, -3])

    points = found.sources["points"]
    assert points["title"] == ["n0", "n1", "n2"]
    assert points["size"] == [44, 22, 4]
    assert found.picks == {"source": "points", "column": "name", "values": ["n0", "n1", "n2"]}
    assert found.rows[1] == ["n1", "2 EUR", "5", "25 EUR"]
    assert found.summary == "Carts by Average Value: 3 points, one per Name."


def test_small_bubbles_lie_upon_large_ones():
    assert groups([1, 2], [1, 2], sizes=[1, 9]).sources["points"]["title"] == ["n1", "n0"]


def test_of_many_categories_those_with_the_most_rows():
    answer = table(category=[f"n{i}" for i in range(10_000)], value_x=list(range(10_000)),
                   value_y=[1] * 10_000, value_rows=list(range(10_000)))  # fmt: skip
    found = state("scatter", {"groups": answer}, **GROUPED, top=3)

    assert found.sources["points"]["title"] == ["n9999", "n9998", "n9997"]
    assert found.note == "3 of 10,000"


def test_categories_without_a_value_are_told():
    assert groups([1, None], [1, 2]).note == "1 without a place on the axes"
    assert groups([None], [1]).empty.startswith("No point has both values")


def test_a_line_in_words():
    found = rows([0, 1, 2, 3], [1, 3, 5, 7], trend=True)

    assert found.sources["line"] == {"x0": [0], "y0": [1], "x1": [3], "y1": [7]}
    assert found.note == "line explains 100%"
    assert "Value grows with Items, and a line explains 100% of it (strong, r² 1.00)" in (
        found.summary
    )
    flat = rows([1, 1, 1], [1, 2, 3], trend=True)
    assert flat.sources["line"]["x0"] == []
    assert "no line fits" in flat.summary


def test_least_squares_by_hand():
    # Means 2 and 3; sums of squares 2 across, 6 up, 3 together.
    line = least_squares([1, 2, 3], [1, 4, 4])

    assert (line.slope, line.base) == pytest.approx((1.5, 0))
    assert line.r2 == pytest.approx(3 * 3 / (2 * 6))
    assert line.words == "strong"
    assert least_squares([1, 2], [1, 2]) is None
    assert least_squares([1e15, 1e15 + 2, 1e15 + 4], [1, 2, 3]).slope == pytest.approx(0.5)


def test_diameters_of_nothing_are_small():
    assert diameters([None, 0], 40) == [4, 4]


def test_names_cover_neither_each_other_nor_marks():
    marks = [(10, 50, 10), (20, 52, 4), (300, 50, 10), (430, 90, 10)]

    assert labelled(marks, [60, 60, 60, 60], 450, 12) == [(1, 1), (2, 1), (3, -1)]


def test_seven_series_and_more_share_a_grey():
    names = list("abcdefgh")
    found = {
        "rows": pa.table({"items": [1.0] * 8, "value": [2.0] * 8, "name": names}),
        "all": table(count=[8]),
    }

    shown = state("scatter", found, x="items", y="value", series="name")

    assert [row["label"] for row in shown.legend] == [*"abcdef", "Other (2)"]
    assert shown.sources["points"]["color"][-2:] == [TOKEN_THEME.border_strong] * 2


@pytest.mark.parametrize(("values", "field"), [
    ({}, "x"), ({"x": "value"}, "y"),
    ({"category": "name", "x": "value", "y": "value"}, "measure_x"),
    ({"category": "name", "measure_x": "count()"}, "measure_y"),
])  # fmt: skip
def test_what_is_missing_is_told(values, field):
    chart, options = read("scatter", **values)
    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())
    assert refused.value.field == field


def test_hostile_names_stay_text():
    hostile = "</script><script>alert(1)</script>"

    assert groups([1], [1], names=[hostile]).sources["points"]["title"] == [hostile]

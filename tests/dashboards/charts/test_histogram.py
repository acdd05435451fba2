import pyarrow as pa
import pytest

from dashboards.charts import scales
from dashboards.charts.registry import ColumnInfo
from tests.dashboards.charts import tables
from tests.dashboards.charts.tables import context, read, state, table


@pytest.fixture(autouse=True)
def _whole_numbers(monkeypatch):
    monkeypatch.setitem(tables.COLUMNS, "items", ColumnInfo("items", "integer", "Items"))


def bins(*edges: tuple | None, series=None, count):
    found = [edge and {"from": edge[0], "to": edge[1]} for edge in edges]
    more = {"series": series} if series else {}
    kind = pa.struct({"from": pa.float64(), "to": pa.float64()})
    return table(bin=pa.array(found, kind), count=count, **more)


def histogram(answer, median=None, **values):
    found = {"bins": answer}
    if median is not None:
        found["median"] = median
    return state("histogram", found, **({"column": "value"} | values))


def test_bars_stand_side_by_side_and_empty_bins_are_zero():
    found = histogram(bins((20, 30), (0, 10), count=[1, 3]), table(value=[7]))

    bars = found.sources["bars"]
    assert (bars["left"], bars["right"]) == ([0, 10, 20], [10, 20, 30])
    assert bars["top"] == [3, 0, 1]
    assert found.sources["strips"]["title"] == ["0 to 10 EUR", "10 to 20 EUR", "20 to 30 EUR"]
    assert found.sources["strips"]["text"] == ["Rows: 3, 75.0%", "Rows: 0, 0.0%", "Rows: 1, 25.0%"]
    assert found.sources["median"]["x"] == [7]
    assert found.sources["median"]["text"] == ["Median 7 EUR"]
    assert found.summary == (
        "Value: of 4 rows most, 3, are at 0 to 10 EUR; the median is 7 EUR."
    )  # fmt: skip
    assert found.headings == ["Value", "Rows", "Share"]
    assert found.values[0] == ["0 to 10 EUR", 3, 0.75]


def test_shares_are_of_all_values_of_a_series():
    answer = bins((0, 1), (1, 2), (1, None), (0, 1), count=[1, 2, 1, 5],
                  series=["a", "a", "a", "b"])  # fmt: skip

    found = histogram(answer, series="name", show="share", within="99")

    tops = dict(zip(["b", "a"], found.sources["steps"]["ys"], strict=True))
    assert tops["a"] == [0, 0.25, 0.25, 0.5, 0.5, 0]
    assert tops["b"] == [0, 1, 1, 0, 0, 0]
    assert found.sources["steps"]["xs"][0] == [0, 0, 1, 1, 2, 2]
    assert found.note == "1 above 2 not drawn"
    assert found.values[-1] == ["Above 2", 0, 0.0, 1, 0.25]


def test_few_whole_numbers_have_a_bar_over_each():
    found = histogram(bins((1, 2), (3, 4), count=[4, 2]), column="items")

    assert found.props["x_ticks"]["ticks"] == [1, 2, 3]
    assert found.props["x_range"] == {"start": 0.5, "end": 3.5}
    assert found.sources["strips"]["title"] == ["1", "2", "3"]


def test_wide_bins_of_whole_numbers_say_their_last():
    found = histogram(bins((0, 10), (10, 20), count=[4, 2]), column="items")

    assert found.sources["strips"]["title"] == ["0 to 9", "10 to 19"]


def test_edges_have_the_decimals_that_their_step_needs():
    found = histogram(bins((0.2, 0.30000000000000004), (0.9, 1.0), count=[1, 1]))

    assert found.sources["strips"]["title"][0] == "0.2 to 0.3 EUR"
    assert len(found.sources["bars"]["top"]) == 8
    share = histogram(bins((0.05, 0.1), (0.1, 0.15), count=[1, 1]), pattern="0.0%")
    assert share.sources["strips"]["title"] == ["5% to 10%", "10% to 15%"]


def test_one_value_is_one_bar_that_does_not_fill_the_card():
    found = histogram(bins((7, 7), count=[3]))

    assert found.sources["strips"]["title"] == ["7.0 EUR"]
    assert len(found.sources["bars"]["top"]) == 1
    span = found.props["x_range"]
    assert span["start"] < found.sources["bars"]["left"][0] < 7 < found.sources["bars"]["right"][0]


def test_rows_without_a_value_are_told():
    assert histogram(bins((0, 1), None, count=[1, 2])).note == "2 without a value"
    only = histogram(bins(None, count=[2]))
    assert only.empty == "No values of Value to count: all are missing."
    assert histogram(bins(count=[]), period="30d", time="time").empty == (
        "No rows in the last 30 days."
    )


def test_the_four_largest_series_are_drawn():
    names = list("abcdef")
    answer = bins(*[(0, 1)] * 6, series=names, count=[1, 2, 3, 4, 5, 6])

    found = histogram(answer, table(series=names, value=[0.5] * 6), series="name")

    assert [row["label"] for row in found.legend] == [
        f"{n}, median {m} EUR" for n, m in zip("fedc", ["0", "0", "0", "0"], strict=True)
    ]
    assert found.note == "4 of 6 series"
    assert found.sources["median"]["x"] == []


def test_queries_bin_between_quantiles_and_leave_odd_names_without_a_median():
    chart, options = read("histogram", column="value", within="1-99", bins=30, series="name")
    found = chart.queries(options, context())

    group = found["bins"].group_by[0]
    assert (group.bins, group.within) == (30, (0.01, 0.99))
    assert found["median"].measures[0].formula == "median(value)"

    chart.queries(odd := chart.Options(column="order total"), context())
    assert set(chart.queries(odd, context())) == {"bins"}
    answer = {"bins": bins((0, 1), count=[1])}
    assert chart.state(answer, odd, context()).summary.startswith("order total: of 1 rows")


def test_hostile_names_stay_text():
    hostile = "<script>alert(1)</script>"
    found = histogram(bins((0, 1), count=[1], series=[hostile]), series="name")

    assert found.sources["strips"]["text"] == [f"{hostile}: 1, 100.0%"]


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([10_000, 10_050, 10_100], ["10,000", "10,050", "10,100"]),
        ([0, 10_000, 20_000], ["0", "10K", "20K"]),
        ([1_000_000, 1_000_500], ["1,000,000", "1,000,500"]),
        ([0, 5e-9], ["0", "5e-09"]),
    ],
)
def test_short_labels_of_an_axis_stay_apart(ticks, texts):
    assert list(scales.tick_texts(ticks, "", "en").values()) == texts

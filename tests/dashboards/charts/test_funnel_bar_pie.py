import pytest

from dashboards.charts.funnel import stages_of, worst_step
from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from datasets import formats
from tests.dashboards.charts.tables import context, read, state, table, times

STAGES = ["Cart created", "Items added", "Checkout started", "Payment info", "Order complete"]
COUNTS = [9412, 8994, 4742, 3424, 2688]


def test_rates_of_a_funnel():
    stages = stages_of(list(zip(STAGES, COUNTS, strict=True)))

    assert [round(s.step, 3) for s in stages[1:]] == [0.956, 0.527, 0.722, 0.785]
    assert [round(s.overall, 3) for s in stages] == [1, 0.956, 0.504, 0.364, 0.286]
    assert stages[0].step is None
    assert worst_step(stages) == 2


def test_rates_after_an_empty_stage_are_unknown():
    stages = stages_of([("a", 0.0), ("b", 0.0), ("c", 5.0)])

    assert [(s.step, s.overall) for s in stages] == [(None, None)] * 3
    assert worst_step(stages) is None


def test_funnel_names_and_marks_its_worst_step():
    found = state("funnel", {"stages": table(stage=STAGES, count=COUNTS)}, stage="name")

    assert found.note == "Largest loss: Checkout started"
    shares = found.sources["shares"]
    marked = [
        t for t, c in zip(shares["text"], shares["color"], strict=True) if c == TOKEN_THEME.bad
    ]
    assert marked == ["52.7%"]
    assert found.rows[-1] == ["Order complete", "2,688", "78.5%", "28.6%"]


def test_funnel_takes_the_order_that_is_given():
    tables = {"stages": table(stage=["b", "a", "c"], count=[5, 9, 7])}

    assert [row[0] for row in state("funnel", tables, stage="name").rows] == ["a", "c", "b"]
    data = state("funnel", tables, stage="name", order="data")
    assert [row[0] for row in data.rows] == ["b", "a", "c"]
    named = state("funnel", tables, stage="name", stages=["c", "b", "missing"])
    assert [row[:2] for row in named.rows] == [["c", "7"], ["b", "5"], ["missing", "0"]]


def test_funnel_writes_rates_as_the_locale_does():
    tables = {"stages": table(stage=["a", "b"], count=[1000, 286])}

    assert state("funnel", tables, locale="de", stage="name").rows[1][3] == "28,6\xa0%"


def categories(count: int):
    return {"bars": table(category=[f"c{i}" for i in range(count)], value_0=range(count))}


def test_other_sums_what_adds_up():
    found = state("bar", categories(12), category="name", measures=["sum(value)"], top=3)

    assert [row[0] for row in found.rows] == ["c11", "c10", "c9", "Other (9)"]
    assert found.rows[-1][1] == "36 EUR"  # 0 + 1 + ... + 8
    assert found.sources["bars"]["color"][-1] == TOKEN_THEME.border_strong
    assert found.summary == "Value: c11 is first of 4 with 11 EUR."


def test_other_of_averages_is_dropped_and_said():
    found = state("bar", categories(12), category="name", measures=["avg(value)"], top=3)

    assert [row[0] for row in found.rows] == ["c11", "c10", "c9"]
    assert found.note == "3 of 12"


def test_other_of_one_is_shown_under_its_name():
    found = state("bar", categories(4), category="name", measures=["count()"], top=3)

    assert [row[0] for row in found.rows] == ["c3", "c2", "c1", "c0"]


def test_ten_thousand_categories():
    found = state("bar", categories(10_000), category="name", measures=["count()"], top=20)

    assert len(found.rows) == 21
    assert found.rows[-1][0] == "Other (9,980)"


def test_bars_stand_on_zero_and_fall_below_it():
    tables = {"bars": table(category=["a", "b"], value_0=[10, -7])}

    lying = state("bar", tables, category="name")
    standing = state("bar", tables, category="name", orientation="vertical")

    assert lying.sources["bars"]["base"] == [0, 0]
    assert lying.props["x_range"]["start"] < -7
    assert lying.props["zero"]["visible"] is True
    assert standing.props["y_range"] == {"start": -10, "end": 10}


def test_stacks_add_up():
    tables = {
        "bars": table(category=["a", "a", "b"], series=["x", "y", "x"], value_0=[3, 4, 5]),
    }
    found = state("bar", tables, category="name", series="other", stack="stacked")

    bars = found.sources["bars"]
    assert list(zip(bars["base"], bars["value"], strict=True)) == [(0, 3), (3, 7), (0, 5)]
    assert found.sources["labels"]["text"] == ["7", "5"]
    assert [row["label"] for row in found.legend] == ["x", "y"]
    assert found.legend_at == "top"


def test_shares_of_a_pie():
    tables = {"slices": table(category=["Tablet", "Phone", "Desktop"], value=[385, 3670, 1980])}

    found = state("pie", tables, category="name", measure="sum(value)")

    assert [(r["label"], r["value"]) for r in found.legend] == [
        ("Phone", "60.8%"),
        ("Desktop", "32.8%"),
        ("Tablet", "6.4%"),
    ]
    assert found.sources["total"]["text"] == ["6,035"]
    slices = found.sources["slices"]
    assert slices["start"][1:] == slices["end"][:-1]
    assert slices["start"][0] - slices["end"][-1] == pytest.approx(6.283185)


@pytest.mark.parametrize(
    ("pattern", "total", "middle"),
    [
        ("", 99_999, "99,999"),
        ("", 100_000, "100K"),
        ("#,##0", 6_035, "6,035"),
        ("#,##0", 2_685_710, "2.7M"),
        ("#,##0.00", 12_345.67, "12.3K"),
    ],
)
def test_the_total_of_a_pie_fits_into_its_hole_and_is_told_in_full(pattern, total, middle):
    found = state("pie", {"slices": table(category=["a"], value=[total])}, category="name",
                  measure="sum(value)", pattern=pattern)  # fmt: skip

    assert found.sources["total"]["text"] == [middle]
    shortened = middle[-1] in "KM"
    assert found.note == (f"Total {formats.number(total, pattern)} EUR" if shortened else "")


def test_a_pie_has_at_most_six_slices():
    tables = {"slices": table(category=[f"c{i}" for i in range(50)], value=range(50))}

    found = state("pie", tables, category="name", slices=6)

    assert len(found.legend) == 6
    assert found.legend[-1]["label"] == "Other (44)"  # 49 above zero, 5 of them shown


def test_a_pie_without_a_hole_says_its_total_below():
    tables = {"slices": table(category=["a", "b"], value=[1, 2])}

    found = state("pie", tables, category="name", measure="sum(value)", look="pie")

    assert found.note == "Total 3 EUR"


def test_negative_parts_have_no_slice_and_are_said():
    found = state("pie", {"slices": table(category=["a", "b"], value=[5, -2])}, category="name")

    assert [row["value"] for row in found.legend] == ["100.0%"]
    assert found.note == "1 without a share"

    whole = state("pie", {"slices": table(category=["a", "b"], value=[5, -2])}, category="name",
                  measure="sum(value)", look="pie")  # fmt: skip
    assert whole.note == "Total 5 EUR; 1 without a share"


@pytest.mark.parametrize("measure", ["avg(value)", "sum(value) / count()", "count_distinct(other)"])
def test_a_pie_refuses_what_does_not_add_up(measure):
    chart, options = read("pie", category="name", measure=measure)

    with pytest.raises(OptionsRefused, match="measure: shares of .* mean nothing"):
        chart.queries(options, context())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"measures": ["count()"] * 5}, "measures: there are 5; at most 4"),
        ({"measures": ["count()", "sum(value)"], "series": "other"}, "at most one with a series"),
        ({"top": 21}, "top: at most 20 lying bars"),
    ],
)
def test_bars_that_would_be_left_out_in_silence_are_refused(values, message):
    chart, options = read("bar", category="name", **values)

    with pytest.raises(OptionsRefused, match=message):
        chart.queries(options, context())


def test_slices_and_series_ask_for_the_colours_of_their_column():
    slices = {"slices": table(category=["phone", "app"], value=[1, 2])}
    bars = {"bars": table(category=["a", "a"], series=["phone", "app"], value_0=[1, 2])}
    known = {"phone": 4, "app": 1}

    def places(column, names):
        return [known[name] for name in names] if column == "other" else []

    pie = state("pie", slices, places=places, category="other")
    bar = state("bar", bars, places=places, category="name", series="other")

    expected = {"phone": TOKEN_THEME.palette[4], "app": TOKEN_THEME.palette[1]}
    assert {row["label"]: row["color"] for row in pie.legend} == expected
    assert {row["label"]: row["color"] for row in bar.legend} == expected


@pytest.mark.parametrize(
    ("chart", "values", "answer"),
    [
        ("bar", {"measures": ["sum(value) / sum(other)"]},
         {"bars": table(category=["a"], value_0=[None])}),
        ("line", {"x": "time", "measure": "sum(value) / sum(other)"},
         {"points": table(bucket=times("2025-11-20"), value=[None])}),
    ],
)  # fmt: skip
def test_rows_without_a_value_are_not_called_no_rows(chart, values, answer):
    values = {"category": "name"} | values if chart == "bar" else values

    assert "divides by is zero" in state(chart, answer, **values).empty


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        ("bar", {"category": "name", "measures": ["avg(value)"], "series": "other"}),
        ("bar", {"category": "name", "measures": ["count()", "avg(value)"]}),
        ("line", {"x": "time", "measure": "avg(value)", "series": "name"}),
    ],
)
def test_averages_do_not_stand_on_each_other(chart, values):
    made, side_by_side = read(chart, **values)
    _, stacked = read(chart, stack="stacked", **values)

    assert made.queries(side_by_side, context())
    with pytest.raises(OptionsRefused, match="stack: values of 'avg"):
        made.queries(stacked, context())


def test_a_low_funnel_has_thinner_bars_with_their_numbers_in_them():
    rows = {"stages": table(stage=["a", "b", "c", "d", "e"], count=[900, 800, 700, 600, 500])}

    high, low = (state("funnel", rows, stage="name", low=low) for low in (False, True))

    assert (high.sources["stages"]["thick"][0], low.sources["stages"]["thick"][0]) == (28, 15.5)
    assert low.sources["values"]["x"] == high.sources["values"]["x"] == [0] * 5
    assert not low.narrow  # names stay at the left, where they need no height

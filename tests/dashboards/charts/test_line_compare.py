"""Lines beside an earlier period: what is asked, where it is laid, and what is said of it."""

import pytest

from dashboards.charts import earlier, formulas
from dashboards.charts.theme import TOKEN_THEME
from tests.dashboards.charts.tables import COLUMNS, context, read, state, table, times

WEEK = [f"2025-11-{day}" for day in range(16, 23)]
WEEK_BEFORE = [f"2025-11-{day:02}" for day in range(9, 16)]


def line(points, before, **values):
    given = {"measure": "sum(value)", "period": "7d", "compare": "previous"} | values
    return state("line", {"points": points, "earlier": before}, x="time", **given)


def weeks(values=(1, 2, 3, 4, 5, 6, 7), before=(2, 2, 2, 2, 2, 2, 2)):
    return table(bucket=times(*WEEK), value=values), table(bucket=times(*WEEK_BEFORE), value=before)


def asked(page: str = "", **values):
    from dataclasses import replace

    chart, options = read("line", x="time", **values)
    queries = chart.queries(options, replace(context(), compare=page))
    return [f.value for f in queries["earlier"].filters if f.op == "period"] if (
        "earlier" in queries
    ) else None  # fmt: skip


@pytest.mark.parametrize(
    ("page", "values", "filters"),
    [
        ("", {"period": "30d", "compare": "previous"}, [["30d", "aligned"]]),
        ("", {"period": "30d", "compare": "year"}, [["30d", "year"]]),
        ("year", {"period": "30d", "compare": "previous"}, [["30d", "year"]]),  # the page's wish
        ("previous", {"period": "24h", "grain": "hour"}, [["24h", "aligned"]]),
        ("", {"period": "30d"}, None),
        ("previous", {}, None),  # all times have none before them
        ("", {"period": "12m", "grain": "month", "compare": "previous"}, [["12m", 1]]),
        ("", {"period": "3m", "grain": "month", "compare": "year"}, [["3m", 4]]),
        ("", {"period": "this-quarter", "grain": "month", "compare": "year"},
         [["this-quarter", 4]]),
        ("", {"period": "30d", "grain": "month", "compare": "year"}, None),
        ("", {"period": "5m", "grain": "month", "compare": "year"}, None),
        ("", {"period": "2m", "grain": "quarter", "compare": "previous"}, None),
    ],
)  # fmt: skip
def test_what_is_asked(page, values, filters):
    assert asked(page, **values) == filters


def test_the_earlier_line_lies_under_the_same_weekdays():
    points, before = weeks(before=(9, 2, 2, 2, 2, 2, 1))

    found = line(points, before)

    assert found.sources["earlier"]["ys"] == [[9, 2, 2, 2, 2, 2, 1]]
    assert found.sources["earlier"]["xs"][0][0] == found.sources["lines"]["xs"][0][0]
    assert found.sources["earlier"]["color"] == [TOKEN_THEME.muted]
    assert found.note == "dotted: 7 days before, same weekdays"


def test_thirty_days_lie_five_whole_weeks_back():
    points = table(bucket=times("2025-11-21"), value=[6])
    before = table(bucket=times("2025-10-17"), value=[4])  # both are Fridays

    found = line(points, before, period="30d")

    assert found.note == "dotted: 35 days before, same weekdays"
    assert found.sources["strips"]["text"][-2] == "6 EUR (+50.0%)\nFri 17 Oct 2025: 4 EUR"
    assert "In all 6 EUR; 35 days before, same weekdays: 4 EUR (+50.0%)." in found.summary


def test_a_year_before_is_52_weeks():
    points = table(bucket=times("2025-11-21"), value=[6])
    before = table(bucket=times("2024-11-22"), value=[8])

    found = line(points, before, compare="year")

    assert found.note == "dotted: a year before (364 days)"
    assert "8 EUR (-25.0%)" in found.summary


def test_months_stand_over_months():
    points = table(bucket=times("2025-10-01", "2025-11-01"), value=[6, 3])
    before = table(bucket=times("2024-10-01", "2024-11-01"), value=[4, 2])

    found = line(points, before, period="2m", grain="month", compare="year")

    assert found.sources["earlier"]["ys"] == [[4, 2]]
    assert found.note == "dotted: a year before"
    assert "October 2024: 4 EUR" in found.sources["strips"]["text"][0]


def test_shares_change_in_points():
    points = table(bucket=times("2025-11-20", "2025-11-21"), value=[0.5, 0.712])
    before = table(bucket=times("2025-11-13", "2025-11-14"), value=[0.5, 0.7])

    texts = line(points, before, measure="avg(value)", pattern="0.0%").sources["strips"]["text"]

    assert texts[-3] == "50.0% (no change)\nThu 13 Nov 2025: 50.0%"
    assert texts[-2] == "71.2% (+1.2 pp)\nFri 14 Nov 2025: 70.0%"
    assert texts[-1] == "–\nSat 15 Nov 2025: –"


def test_each_of_a_few_series_has_its_own():
    points = table(bucket=times(*["2025-11-20", "2025-11-21"] * 2), series=["a", "a", "b", "b"],
                   value=[10, 20, 3, 3])  # fmt: skip
    before = table(bucket=times(*["2025-11-13", "2025-11-14"] * 2), series=["b", "b", "c", "c"],
                   value=[4, 2, 50, 50])  # fmt: skip

    found = line(points, before, series="name")

    ys = dict(zip(found.sources["earlier"]["color"], found.sources["earlier"]["ys"], strict=True))
    assert ys[found.legend[1]["color"]] == [0, 0, 0, 0, 4, 2, 0][-len(list(ys.values())[1]) :]
    assert [row["value"] for row in found.legend] == ["30 EUR", "6 EUR, no change"]
    assert (
        "a: 20 EUR, before 0 EUR\nb: 3 EUR, before 2 EUR (+50.0%)"
        in (found.sources["strips"]["text"][-2])
    )
    assert found.headings == ["Day", "a", "a, before", "b", "b, before"]


def test_what_is_left_over_is_compared_with_what_was_left_over():
    names = ["a", "b", "c"]
    points = table(bucket=times(*["2025-11-20"] * 3), series=names, value=[9, 2, 1])
    before = table(bucket=times(*["2025-11-13"] * 3), series=["a", "d", "c"], value=[6, 5, 1])

    found = line(points, before, series="name", top=1)

    assert [row["value"] for row in found.legend] == ["9 EUR, +50.0%", "3 EUR, -50.0%"]


def many(**values):
    names = [f"s{number}" for number in range(5)]
    points = table(bucket=times(*["2025-11-20"] * 5), series=names, value=[2] * 5)
    before = table(bucket=times(*["2025-11-13"] * 5), series=names, value=[1] * 5)
    return line(points, before, series="name", top=5, **values)


def test_of_many_series_the_total_is_compared():
    stacked, beside = many(stack="stacked"), many()

    assert [max(ys) for ys in stacked.sources["earlier"]["ys"]] == [5]
    assert beside.sources["earlier"]["ys"] == []  # no line to hold it against
    for found in (stacked, beside):
        assert "Total: 10 EUR, before 5 EUR (+100.0%)" in found.sources["strips"]["text"][4]
        assert found.headings[-2:] == ["Total", "Total, before"]
    assert stacked.legend[-1]["label"] == "7 days before, same weekdays"
    assert stacked.legend[-1]["value"] == "5 EUR (+100.0%)"
    assert stacked.legend[-1]["color"] == stacked.sources["earlier"]["color"][0]
    assert [row["label"] for row in beside.legend] == ["s0", "s1", "s2", "s3", "s4"]
    assert beside.note == "compared with 7 days before, same weekdays: 5 EUR (+100.0%)"


def test_many_averages_have_no_total_to_compare():
    found = many(measure="avg(value)")

    assert found.note == "more than 4 series are not compared"
    assert "before" not in found.sources["strips"]["text"][4]


def test_a_stack_is_compared_by_its_total():
    points = table(bucket=times(*["2025-11-20", "2025-11-21"] * 2), series=["a", "a", "b", "b"],
                   value=[10, 20, 3, 3])  # fmt: skip
    before = table(bucket=times("2025-11-13", "2025-11-14"), series=["a", "b"], value=[4, 2])

    found = line(points, before, series="name", stack="stacked")

    assert found.sources["earlier"]["ys"] == [[0, 0, 0, 0, 4, 2, 0]]


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"period": ""}, "nothing to compare: all times are shown"),
        ({"grain": "month"}, "nothing to compare: last 7 days is no whole number of months"),
    ],
)
def test_the_foot_says_why_nothing_is_compared(values, note):
    points, _ = weeks()
    given = {"measure": "sum(value)", "period": "7d", "compare": "previous"} | values

    assert state("line", {"points": points}, x="time", **given).note == note


def test_no_rows_before_are_said_and_not_drawn_as_zeros():
    points, before = weeks()

    found = line(points, before.slice(0, 0))

    assert found.sources["earlier"]["ys"] == []
    assert found.note == "no rows 7 days before, same weekdays"


@pytest.mark.parametrize(
    ("value", "before", "pattern", "words"),
    [
        (108, 100, "", "+8.0%"),
        (90, 120, "", "-25.0%"),
        (-50, -100, "", "+50.0%"),
        (5, 0, "", ""),
        (0, 5, "", "-100.0%"),
        (None, 5, "", ""),
        (5, None, "", ""),
        (1.00001, 1, "", "no change"),
        (0.25, 0, "0%", "+25.0 pp"),
        (1e15, 1e-9, "", None),
    ],
)
def test_change(value, before, pattern, words):
    formula = formulas.read_formula("sum(value)", COLUMNS, pattern=pattern)

    found = earlier.change(value, before, formula, "en")

    assert found == words if words is not None else found.endswith("%")

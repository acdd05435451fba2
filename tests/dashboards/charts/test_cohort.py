"""Retention by hand; today is 22 November 2025."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from dashboards.charts import ramps
from dashboards.charts.theme import CSS_NAMES, LIGHT, TOKEN_THEME, TOKENS
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times

OPTIONS = {"cohort": "time", "time": "time", "measure": "Customers: count_distinct(name)"}
#: August: 300, then 60, 30 and up to now 6. September: 100, 40, 9. October: 50, 5. November: 20.
ROWS = [("08", "08", 300, 3000), ("08", "09", 60, 900), ("08", "10", 30, 300), ("08", "11", 6, 60),
        ("09", "09", 100, 2000), ("09", "10", 40, 400), ("09", "11", 9, 90),
        ("10", "10", 50, 500), ("10", "11", 5, 50), ("11", "11", 20, 100)]  # fmt: skip


def answer(rows=ROWS):
    return table(
        cohort=times(*(f"2025-{row[0]}-01" for row in rows)),
        bucket=times(*(f"2025-{row[1]}-01" for row in rows)),
        count=[row[2] for row in rows],
        value=[row[3] for row in rows],
    )


def cohorts(rows=ROWS, **values):
    return state("cohort", {"cells": answer(rows)}, **OPTIONS | values)


def texts(found):
    numbers = found.sources["numbers"]
    rows = zip(numbers["y"], numbers["x"], numbers["text"], strict=True)
    return {(y, x): text for y, x, text in rows}


def test_shares_of_the_first_period():
    shown = texts(cohorts())

    assert [shown[0, k] for k in range(4)] == ["100%", "20%", "10%", "2%"]
    assert [shown[1, k] for k in range(3)] == ["100%", "40%", "9%"]


def test_the_mean_weighs_by_size_and_has_finished_cells_only():
    """Month 1: (60 + 40) / (300 + 100). Month 2: 30 / 300. Month 3 is under way for all."""
    found = cohorts()

    means = {x: text for (y, x), text in texts(found).items() if y < 0}
    assert means == {0: "100%", 1: "25%", 2: "10%"}
    assert found.summary == (
        "4 cohorts, Aug 2025 to Nov 2025: 25% in month 1 and 10% in month 2 are there on average."
    )


def test_cells_under_way_are_hatched_and_those_to_come_are_empty():
    found = cohorts()

    hatched = found.sources["unfinished"]
    assert list(zip(hatched["x"], hatched["y"], strict=True)) == [(3, 0), (2, 1), (1, 2), (0, 3)]
    assert (3, 1) not in texts(found)
    assert found.values[3][2:] == [1.0, None, None, None]


def test_a_month_without_anybody_is_zero_when_it_is_over():
    found = cohorts([row for row in ROWS if row[:2] != ("08", "09")])

    assert texts(found)[0, 1] == "0%"


def test_numbers_instead_of_shares():
    found = cohorts(show="absolute")

    assert texts(found)[0, 1] == "60"
    assert texts(found)[-1.25, 1] == "50"  # (60 + 40) / 2


def test_another_measure_per_head():
    """August: 3,000 / 300, 900 / 300. September: 20, 4. The mean of month 1 is 1,300 / 400."""
    found = texts(cohorts(show="value", value="sum(value)", pattern="#,##0.00"))

    assert [found[0, k] for k in range(2)] == ["10.00", "3.00"]
    assert found[-1.25, 1] == "3.25"


def test_lifetime_value_adds_up():
    """August: 10, 13, 14, 14.2. The mean of month 1 is (3,900 + 2,400) / 400."""
    made = cohorts(show="value", value="sum(value)", pattern="#,##0.00", cumulative=True)

    found = texts(made)
    assert [found[0, k] for k in range(4)] == ["10.00", "13.00", "14.00", "14.20"]
    assert found[-1.25, 1] == "15.75"
    assert made.sources["cells"]["text"][1] == "13.00 EUR per head up to then\n60 of 300: 20.0%"


def test_what_happened_before_the_beginning_is_not_counted():
    found = cohorts([*ROWS, ("09", "08", 77, 1)])

    assert texts(found)[1, 0] == "100%"
    assert len(found.rows) == 5


def test_a_cohort_without_a_first_period_is_left_out_and_said():
    found = cohorts([row for row in ROWS if row[:2] != ("09", "09")])

    assert found.note == "1 without anybody in their first month"
    assert [row[0] for row in found.rows] == ["Aug 2025", "Oct 2025", "Nov 2025", "Mean"]


def test_at_most_thirteen_periods():
    rows = [("01", "01", 10, 1)]
    long = table(cohort=times("2023-01-01"), bucket=times("2023-01-01"), count=[10])

    assert len(state("cohort", {"cells": long}, **OPTIONS).rows[0]) == 15
    assert len(cohorts(rows).rows[0]) == 2 + 11


def test_weeks():
    rows = table(
        cohort=times("2025-11-10", "2025-11-10", "2025-11-17"),
        bucket=times("2025-11-10", "2025-11-17", "2025-11-17"), count=[10, 4, 5],
    )  # fmt: skip
    found = state("cohort", {"cells": rows}, **OPTIONS, grain="week")

    assert found.headings == ["Cohort", "Customers", "Week 0", "Week 1"]
    assert found.rows[0] == ["10 Nov", "10", "100%", "40% (so far)"]


def test_the_question_takes_the_newest_cohorts():
    chart, options = read("cohort", **OPTIONS, cohorts=6)

    query = chart.queries(options, context())["cells"]

    assert [f.value for f in query.filters if f.op == "period"] == [["6m", 0]]
    assert [group.grain for group in query.group_by] == ["month", "month"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"cumulative": True}, "cumulative"),
        ({"show": "value"}, "value"),
        ({"show": "value", "value": "avg(value)"}, "value"),
    ],
)
def test_wrong_options_are_named(values, field):
    chart, options = read("cohort", **OPTIONS, **values)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def themes():
    """Colours by token, light and dark."""
    css = (Path(settings.BASE_DIR) / "portal/static/portal/tokens.css").read_text()
    pairs = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", css))
    for theme in (0, 1):
        yield {
            token: pairs[name].split(", ")[theme]
            for token, name in zip(TOKENS, CSS_NAMES, strict=True)
        }


@pytest.mark.parametrize("value", range(11))
def test_words_in_cells_can_be_read_in_both_themes(value):
    ground, ink = ramps.readable(value, 0, 10)

    for colors in themes():
        light, dark = sorted(map(luminance, (colors[ground], colors[ink])), reverse=True)
        # The fifth step has 4.49 in the dark; one step less would cost more than that.
        assert round((light + 0.05) / (dark + 0.05), 1) >= 4.5


def test_themes_are_those_of_the_page():
    light, _ = themes()
    assert light[TOKEN_THEME.accent] == LIGHT.accent


def test_cells_of_a_phone_have_shares_without_decimals():
    found = cohorts(pattern="0.0%")
    numbers = found.sources["numbers"]

    assert ("20.0%", "20%") in zip(numbers["text"], numbers["brief"], strict=True)
    assert found.narrow["numbers_narrow"] == {"visible": True}
    assert found.props["numbers_narrow"] == {"visible": False}

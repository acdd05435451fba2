"""Values that are all zero are light, and no ramp runs from zero to zero."""

import pytest

from dashboards.charts import ramps
from dashboards.charts.shades import shades
from dashboards.charts.theme import TOKEN_THEME
from tests.dashboards.charts.tables import state, table, times
from tests.dashboards.charts.test_pivot import BY, answers, html

LIGHT, DARK = TOKEN_THEME.sequential[0], TOKEN_THEME.sequential[-1]


@pytest.mark.parametrize(("value", "step"), [(0.0, 0), (-3.0, 0), (5.0, ramps.STEPS - 1)])
def test_one_value_for_all(value, step):
    assert ramps.step(value, value, value) == step


def cohorts(later):
    starts = times("2025-09-01", "2025-09-01", "2025-10-01")
    cells = table(cohort=starts, bucket=times("2025-09-01", "2025-10-01", "2025-10-01"),
                  count=[100, later, 50])  # fmt: skip
    return state("cohort", {"cells": cells}, cohort="time", time="time", measure="count()")


def colors(found):
    cells = found.sources["cells"]
    rows = zip(cells["x"], cells["y"], cells["color"], strict=True)
    return {(x, y): color for x, y, color in rows}


def test_cohorts_of_which_nobody_came_back():
    found = cohorts(later=0)

    assert colors(found)[1, 0] == LIGHT
    assert colors(found)[0, 0] == DARK
    assert found.sources["ramp"]["color"] == [LIGHT]
    assert found.sources["ramp_ends"]["text"] == ["", "0%"]


def test_cohorts_of_which_some_came_back_have_the_whole_ramp():
    found = cohorts(later=20)

    assert found.sources["ramp"]["color"] == list(TOKEN_THEME.sequential)
    assert found.sources["ramp_ends"]["text"] == ["0%", "20%"]


def test_a_heatmap_and_a_calendar_of_nothing_but_zero():
    cells = table(row=[1, 2], column=[9, 10], value=[0, 0])
    days = table(day=times("2025-11-20", "2025-11-21"), value=[0, 0])

    heatmap = state("heatmap", {"cells": cells}, time="time", measure="sum(value)")
    calendar = state("calendar", {"days": days}, time="time", measure="sum(value)")

    assert heatmap.sources["cells"]["color"] == [LIGHT, LIGHT]
    assert calendar.sources["days"]["color"] == [LIGHT, LIGHT]


def test_a_map_and_tiles_of_nothing_but_zero_take_the_lightest_step():
    known = ("light", "middle", "dark")

    assert shades([0.0, 0.0], known).of(0.0) == "light"
    assert shades([5.0, 5.0], known).of(5.0) == "dark"


def test_a_pivot_of_nothing_but_zero():
    found = state("pivot", answers([("a", "x", 0), ("b", "y", 0)]), **BY, heat=True)

    assert "heat k0" in html(found)
    assert "k6" not in html(found)

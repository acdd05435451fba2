import pytest

from dashboards.charts import scales
from dashboards.charts.registry import NO_PICK
from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times

SEVERAL = {"measures": ["Carts: count()"], "lines": ["Rate: avg(value) | 0%"]}
ANSWER = {"columns": table(category=["a", "b", "c"], value_0=[10, 30, 20],
                           value_1=[0.5, None, 0.25])}  # fmt: skip


def combo(answer=ANSWER, **values):
    return state("combo", answer, **{"category": "name"} | SEVERAL | values)


def lines(found, name="lines"):
    return list(zip(found.sources[name]["xs"], found.sources[name]["ys"], strict=True))


def test_bars_and_lines_stand_in_the_order_of_the_first_bars():
    found = combo()

    assert found.headings == ["Name", "Carts", "Rate"]
    assert found.rows == [["b", "30", "–"], ["c", "20", "25%"], ["a", "10", "50%"]]
    assert found.sources["bars"]["value"] == [30, 20, 10]
    assert lines(found) == [([1, 2], [0.25, 0.5])]  # b has no rate, so its point is missing
    assert found.sources["columns"]["text"][1] == "Carts: 20\nRate: 25%"
    assert [row["label"] for row in found.legend] == ["Carts", "Rate, right"]
    assert found.summary == "Carts: b is first of 3 with 30. Rate: between 25% and 50%."


def test_the_bucket_under_way_is_reached_by_a_dashed_line():
    """It is 14:05 on 22 November."""
    days = times("2025-11-20", "2025-11-21", "2025-11-22")
    answer = {"columns": table(category=days, value_0=[1, 2, 3], value_1=[0.1, 0.2, 0.3])}

    found = combo(answer, category="time", grain="day", time="time", period="3d")

    assert lines(found) == [([0, 1], [0.1, 0.2])]
    assert lines(found, "part") == [([1, 2], [0.2, 0.3])]
    surface, color = TOKEN_THEME.surface, TOKEN_THEME.palette[1]
    assert found.sources["points"]["fill"] == [color, color, surface]
    assert found.sources["bars"]["hatch"] == [" ", " ", "/"]
    assert found.picks == {}


def test_a_day_without_rows_is_a_gap_of_the_line_and_a_zero_of_the_bars():
    days = times("2025-11-18", "2025-11-20")
    answer = {"columns": table(category=days, value_0=[1, 2], value_1=[0.1, 0.2])}

    found = combo(answer, category="time", grain="day")

    assert found.sources["bars"]["value"] == [1, 0, 2]
    assert lines(found) == []
    assert found.sources["points"]["x"] == [0, 2]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([0, 100], [0.0, 1.0], ([0, 25, 50, 75, 100], [0, 0.25, 0.5, 0.75, 1])),
        ([0, 30], [-10, 20], ([-10, 0, 10, 20, 30], [-10, 0, 10, 20, 30])),
    ],
)
def test_zeros_and_steps_of_both_axes_share_their_heights(left, right, expected):
    assert scales.shared(left, right) == expected


@pytest.mark.parametrize("left", [[], [0], [5], [-5], [-1e15, 3], [1e-9], [3, 7, 1204]])
@pytest.mark.parametrize("right", [[], [0], [0.5], [-0.5], [1e15], [-1e-9, 1]])
def test_shared_ticks_hold_all_values_whatever_they_are(left, right):
    for values, ticks in zip((left, right), scales.shared(left, right), strict=True):
        assert ticks[0] <= min([0, *values])
        assert ticks[-1] >= max([0, *values]) * (1 - 1e-9)
    one, other = scales.shared(left, right)
    assert len(one) == len(other)
    assert one.index(0) == other.index(0)


def test_whole_numbers_have_whole_ticks():
    one, _ = scales.shared([1, 2], [0.1], whole=(True, False))

    assert all(float(tick).is_integer() for tick in one)


def test_a_right_axis_of_its_own_need_not_start_at_zero():
    near = {"columns": table(category=["a", "b"], value_0=[1, 2], value_1=[0.9, 0.92])}

    assert combo(near, axes="free").props["right_range"]["start"] > 0.8
    assert combo(near).props["right_range"]["start"] == 0


def test_other_is_only_where_all_adds_up():
    many = {"columns": table(category=list("abcd"), value_0=[4, 3, 2, 1], value_1=[1, 2, 3, 4])}

    mixed = combo(many, top=2)
    sums = combo(many, top=2, lines=["sum(value)"])

    assert mixed.note == "2 of 4"
    assert [row[0] for row in sums.rows] == ["a", "b", "Other (2)"]
    assert sums.picks["values"] == ["a", "b", NO_PICK]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"measures": ["count()"] * 5}, "measures"),
        ({"lines": ["count()"] * 4}, "lines"),
        ({"grain": "day"}, "grain"),
        ({"measures": ["count()", "avg(value)"], "stack": "stacked"}, "stack"),
    ],
)
def test_the_option_that_is_wrong_is_named(values, field):
    chart, options = read("combo", **{"category": "name"} | SEVERAL | values)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field


def test_ten_thousand_categories():
    many = {"columns": table(category=[f"c{i}" for i in range(10_000)], value_0=range(10_000),
                             value_1=[0.5] * 10_000)}  # fmt: skip

    found = combo(many)

    assert len(found.rows) == 12
    assert found.note == "12 of 10,000"

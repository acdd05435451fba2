import pytest

from dashboards.charts.registry import NO_PICK
from dashboards.charts.squares import Rect, squares
from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table

GROUPED = {"category": "name", "group": "other", "measure": "sum(value)"}


def tiles(values, **more):
    answer = table(category=list(values), value=list(values.values()))
    return state("treemap", {"tiles": answer}, category="name", measure="sum(value)", **more)


def grouped(*rows, **more):
    """Rows of group, category, value."""
    groups, names, values = zip(*rows, strict=True)
    answer = table(category=list(names), group=list(groups), value=list(values))
    return state("treemap", {"tiles": answer}, **(GROUPED | more))


def areas(found, form="wide"):
    data = found.sources["tiles"]
    sides = (data[f"{side}_{form}"] for side in ("left", "right", "top", "bottom"))
    return [(r - x) * (b - t) for x, r, t, b in zip(*sides, strict=True)]


def test_the_worked_example_of_squarified_treemaps():
    """Bruls et al. (2000), section 3: areas 6, 6, 4, 3, 2, 2, 1 in a rectangle of 6 by 4.

    The two sixes stand at the left, 3 wide; then 4 and 3 lie in a row 7/3 high; 2, 2 and 1 are
    left over, each beside the last, 5/3 high."""
    found = squares([6, 6, 4, 3, 2, 2, 1], Rect(0, 0, 6, 4))

    expected = [
        (0, 0, 3, 2), (0, 2, 3, 2), (3, 0, 12 / 7, 7 / 3), (3 + 12 / 7, 0, 9 / 7, 7 / 3),
        (3, 7 / 3, 6 / 5, 5 / 3), (4.2, 7 / 3, 6 / 5, 5 / 3), (5.4, 7 / 3, 3 / 5, 5 / 3),
    ]  # fmt: skip
    for rect, sides in zip(found, expected, strict=True):
        assert (rect.left, rect.top, rect.width, rect.height) == pytest.approx(sides)
    assert max(rect.aspect for rect in found) == pytest.approx(25 / 9)  # of the last


@pytest.mark.parametrize(
    "values", [[1], [1, 1], [1e15, 1], [5, 4, 3, 2, 1], [1] * 60, [1e-9] * 3, [1, 1e-300], [1, 50]]
)
@pytest.mark.parametrize("whole", [Rect(0, 0, 448, 320), Rect(10, 20, 3, 400)])
def test_rectangles_fill_the_whole_and_do_not_overlap(values, whole):
    found = squares(values, whole)

    assert len(found) == len(values)
    area = sum(rect.width * rect.height for rect in found)
    assert area == pytest.approx(whole.width * whole.height)
    for index, one in enumerate(found):
        assert one.left + one.width <= whole.left + whole.width + 1e-6
        assert one.top + one.height <= whole.top + whole.height + 1e-6
        for other in found[index + 1 :]:
            wide = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
            high = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
            assert min(wide, high) < 1e-6


def test_nothing_has_no_rectangles():
    assert squares([], Rect(0, 0, 1, 1)) == []
    assert len(squares([2, 1], Rect(0, 0, 0, 0))) == 2  # a group that is too small for its margin


def test_a_margin_never_turns_a_rectangle_inside_out():
    assert Rect(0, 0, 3, 3).inner(2, 18) == Rect(2, 20, 0, 0)


@pytest.mark.parametrize("form", ["wide", "tall"])
def test_areas_are_shares(form):
    found = tiles({"a": 60, "b": 30, "c": 10})

    assert areas(found, form) == pytest.approx([0.6, 0.3, 0.1], abs=1e-4)
    assert found.sources["tiles"][f"name_{form}"][0] == "a"
    assert found.sources["tiles"][f"detail_{form}"][0] == "60 · 60.0%"
    assert found.sources["tiles"]["text"][0] == "60 EUR\n60.0% of all"
    assert found.summary == "Value: a has the largest share of 3, 60.0% of 100 EUR."
    assert found.rows[1] == ["b", "30 EUR", "30.0%"]


def test_narrow_cards_show_the_tall_layout():
    found = tiles({"a": 60, "b": 30})

    assert found.props["tiles_wide"]["visible"]
    assert not found.props["tiles_tall"]["visible"]
    assert found.narrow["tiles_tall"]["visible"]
    assert not found.narrow["tiles_wide"]["visible"]
    assert set(found.narrow) == set(found.props)


def test_what_is_not_shown_is_other_and_cannot_be_picked():
    found = tiles({"a": 60, "b": 30, "c": 6, "d": 4}, top=2)

    assert found.sources["tiles"]["title"] == ["a", "b", "Other (2)"]
    assert areas(found)[2] == pytest.approx(0.1, abs=1e-4)
    assert found.picks == {"source": "tiles", "column": "name", "values": ["a", "b", NO_PICK]}
    assert found.sources["tiles"]["color"][2] == TOKEN_THEME.border_strong
    assert len(found.rows) == 4  # the table has them all


def test_other_never_stands_for_one():
    found = tiles({"a": 60, "b": 30, "c": 10}, top=2)

    assert found.sources["tiles"]["title"] == ["a", "b", "c"]


def test_equal_values_do_not_exceed_the_top():
    found = tiles({f"n{i}": 5 for i in range(100)}, top=10)

    assert len(found.sources["tiles"]["title"]) == 11
    assert found.sources["tiles"]["title"][-1] == "Other (90)"


def test_ten_thousand_categories_are_a_few_tiles():
    found = tiles({f"Product {i}": i + 1 for i in range(10_000)})

    assert len(found.sources["tiles"]["title"]) == 25
    assert len(found.rows) == 200


def test_groups_have_colours_heads_and_their_tiles_together():
    found = grouped(("x", "a", 50), ("y", "b", 30), ("x", "c", 20))

    data = found.sources["tiles"]
    assert data["title"] == ["a", "c", "b"]
    assert data["color"] == [TOKEN_THEME.palette[0]] * 2 + [TOKEN_THEME.palette[1]]
    assert found.sources["heads"]["text_wide"] == ["x  70.0%", "y  30.0%"]
    assert data["text"][0] == "x\n50 EUR\n50.0% of all"
    assert found.rows[0] == ["a", "x", "50 EUR", "50.0%"]
    assert found.legend[0] == {"label": "x", "color": TOKEN_THEME.palette[0], "value": "70.0%"}
    assert found.legend_at == "narrow"  # the heads say it where there is room


def test_a_group_keeps_its_colour_across_charts():
    answer = table(category=["a", "b"], group=["x", "y"], value=[2, 1])
    found = state("treemap", {"tiles": answer}, places=lambda _c, _n: [4, 2], **GROUPED)

    assert found.sources["tiles"]["color"] == [TOKEN_THEME.palette[4], TOKEN_THEME.palette[2]]


def test_small_groups_are_one():
    rows = [(f"g{i}", f"c{i}", 100 - i) for i in range(12)]
    found = grouped(*rows)

    assert found.sources["tiles"]["title"][-1] == "Other (5)"
    assert len(found.legend) == 8
    assert found.legend[-1]["label"] == "Other"


def test_large_groups_of_tiny_categories_are_an_other_each():
    large = [(f"g{g}", f"c{g}-{i}", 1) for g in range(8) for i in range(500)]
    found = grouped(*large, *((f"s{i}", f"s{i}", 2) for i in range(250)))

    assert found.sources["tiles"]["title"][:2] == ["Other (500)", "Other (500)"]
    assert sum(areas(found)) > 0.75  # the rest are margins and heads
    assert found.rows[0][2] == "2 EUR"


def test_a_second_measure_gives_the_colour_and_areas_stay():
    answer = table(category=["a", "b", "c"], value=[6, 3, 1], value_color=[0.4, 0.1, None])
    found = state("treemap", {"tiles": answer}, category="name", measure="sum(value)",
                  color="Margin: avg(value) | 0%")  # fmt: skip

    assert areas(found) == pytest.approx([0.6, 0.3, 0.1], abs=1e-4)
    strong, light, unknown = found.sources["tiles"]["color"]
    assert strong == TOKEN_THEME.sequential[4]
    assert TOKEN_THEME.sequential.index(light) < 4
    assert unknown == TOKEN_THEME.band
    assert found.sources["tiles"]["text"][0].endswith("Margin: 40%")
    assert found.headings[-1] == "Margin"
    assert found.legend[0]["label"].startswith("0% to ")


def test_labels_stand_only_where_they_fit():
    found = tiles({"An extraordinarily long name of a product": 990, "Some small one": 2, "z": 1})

    names = found.sources["tiles"]["name_tall"]
    assert names[0].startswith("An extraordinarily")
    assert names[1:] == ["", ""]
    assert found.sources["tiles"]["title"][1] == "Some small one"  # the tooltip says it


def test_what_has_no_area_is_left_out_and_counted():
    found = tiles({"a": 60, "b": 0, "c": -5})

    assert found.sources["tiles"]["title"] == ["a"]
    assert found.note == "2 without a share"


def test_missing_categories_have_a_name():
    assert tiles({None: 3, "a": 1}).sources["tiles"]["title"] == ["–", "a"]


def test_areas_of_averages_are_refused():
    chart, options = read("treemap", category="name", measure="avg(value)")

    with pytest.raises(OptionsRefused, match="do not add up"):
        chart.queries(options, context())

"""Flows by hand: amounts, columns, circles, places that do not overlap."""

import itertools

import pytest

from dashboards.charts import flows
from dashboards.charts.flows import Room

#: 100 carts: 60 go to checkout and 40 leave; of the 60, 45 order and 15 leave.
PAIRS = [
    [("Search", "Checkout", 40), ("Mail", "Checkout", 20), ("Search", None, 40)],
    [("Checkout", "Order", 45), ("Checkout", None, 15)],
]


def test_steps_count_what_goes_on_and_what_leaves():
    graph = flows.from_steps(PAIRS)

    assert graph.columns == [["Search", "Mail"], ["Checkout"], ["Order"]]
    assert graph.start == 100
    assert graph.totals == {
        (0, "Search"): 80, (0, "Mail"): 20, (1, "Checkout"): 60, (2, "Order"): 45,
    }  # fmt: skip
    assert graph.leaves == {(0, "Search"): 40, (1, "Checkout"): 15}


def test_who_comes_in_later_is_counted_there():
    """10 have a second step and no first one."""
    graph = flows.from_steps([[("a", "b", 5)], [("b", "c", 15)]])

    assert graph.totals[1, "b"] == 15
    assert graph.leaves == {}


def test_one_name_in_two_steps_is_two_places():
    graph = flows.from_steps([[("Home", "Home", 3)]])

    assert graph.flows == {((0, "Home"), (1, "Home")): 3}


def test_links_stand_after_the_last_that_leads_to_them():
    graph = flows.from_links([("a", "b", 5), ("b", "c", 4), ("a", "c", 1)])

    assert graph.columns == [["a"], ["b"], ["c"]]
    assert graph.leaves == {(1, "b"): 1}
    assert graph.left_out == 0


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("a", "b", 9), ("b", "a", 1)], {("a", "b")}),
        ([("a", "a", 9), ("a", "b", 1)], {("a", "b")}),
        ([("a", "b", 9), ("b", "c", 8), ("c", "a", 2)], {("a", "b"), ("b", "c")}),
    ],
)
def test_of_a_circle_the_smallest_flow_is_left_out(rows, kept):
    graph = flows.from_links(rows)

    assert {(source[1], target[1]) for source, target in graph.flows} == kept
    assert graph.left_out == 1
    assert all(source[0] < target[0] for source, target in graph.flows)


def test_chains_are_cut_where_the_columns_end():
    chain = [(str(i), str(i + 1), 100 - i) for i in range(20)]

    graph = flows.from_links(chain)

    assert len(graph.columns) == flows.MOST_COLUMNS
    assert graph.left_out == 2  # 7 to 8 and 15 to 16


def test_a_link_to_nothing_leaves():
    graph = flows.from_links([("a", "b", 6), ("a", None, 4), ("c", None, 1)])

    assert graph.totals == {(0, "a"): 10, (1, "b"): 6, (0, "c"): 1}
    assert graph.leaves == {(0, "a"): 4, (0, "c"): 1}


def test_the_smallest_places_are_one():
    rows = [("a", name, value) for name, value in zip("vwxyz", (50, 40, 5, 3, 2), strict=True)]

    graph = flows.largest(flows.from_links(rows), 2)

    assert graph.columns[1] == ["v", "w", "Other"]
    assert graph.totals[1, "Other"] == 10
    assert graph.flows[(0, "a"), (1, "Other")] == 10
    assert graph.merged == {1: 3}


def test_an_other_of_one_would_only_hide_its_name():
    graph = flows.largest(flows.from_links([("a", "b", 1), ("a", "c", 1), ("a", "d", 1)]), 2)

    assert graph.columns[1] == ["b", "c", "d"]


@pytest.mark.parametrize("value", [None, 0, -3])
def test_what_is_nothing_has_no_place(value):
    assert flows.from_links([("a", "b", value), (None, "b", 3)]).totals == {}
    assert flows.from_steps([[("a", "b", value), (None, "b", 3)]]).totals == {}


ROOM = Room(least=0.08, leaving=0.04, gap=0.02)


def test_heights_are_at_one_scale_and_the_largest_column_fills_the_frame():
    layout = flows.lay_out(flows.from_steps(PAIRS), ROOM)
    height = {box.key: box.bottom - box.top for box in layout.boxes}

    scale = height[0, "Search"] / 80
    assert height == pytest.approx({key: total * scale for key, total in
                                    flows.from_steps(PAIRS).totals.items()})  # fmt: skip
    assert sum(height[key] for key in height if key[0] == 0) == pytest.approx(0.98, abs=0.001)


def test_a_flow_is_as_thick_at_both_ends_and_those_of_a_place_fill_it():
    layout = flows.lay_out(flows.from_steps(PAIRS), ROOM)
    boxes = {box.key: box for box in layout.boxes}

    for ribbon in layout.ribbons:
        ((_, top0, bottom0, top1, bottom1),) = ribbon.parts
        assert bottom0 - top0 == pytest.approx(bottom1 - top1)
    ends = sorted(r.parts[0][3:] for r in layout.ribbons if r.target == (1, "Checkout"))
    assert ends[0][0] == pytest.approx(boxes[1, "Checkout"].top)
    assert ends[0][1] == pytest.approx(ends[1][0])
    assert ends[1][1] == pytest.approx(boxes[1, "Checkout"].bottom)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_places_have_strips_of_their_own(count):
    rows = [(f"a{i % 7}", f"b{i}", 1 + i**3 % 97) for i in range(count)]
    graph = flows.from_steps([rows, [(b, None, v) for _, b, v in rows]])

    layout = flows.lay_out(graph, ROOM)

    for at in (0, 1):
        strips = sorted(box.strip for box in layout.boxes if box.key[0] == at)
        assert strips[0][0] >= 0
        assert strips[-1][1] <= 1 + 1e-9
        assert all(a[1] < b[0] for a, b in itertools.pairwise(strips))
        for box in layout.boxes:
            assert box.strip[0] - 1e-9 <= box.top <= box.bottom <= box.strip[1] + 1e-9


def test_a_long_flow_passes_the_columns_between():
    graph = flows.from_links([("a", "b", 5), ("b", "c", 4), ("a", "c", 3)])

    layout = flows.lay_out(graph, ROOM)

    long = next(r for r in layout.ribbons if (r.source, r.target) == ((0, "a"), (2, "c")))
    assert [part[0] for part in long.parts] == [0, 1]
    assert long.parts[0][3:] == pytest.approx(long.parts[1][1:3])
    assert {box.key[1] for box in layout.boxes} == {"a", "b", "c"}


def test_order_is_changed_where_flows_would_cross():
    """By size x stands over y and b over a: x -> a and y -> b would cross."""
    graph = flows.from_links([("x", "a", 10), ("y", "b", 9), ("z", "b", 8)])

    layout = flows.lay_out(graph, ROOM)

    place = {box.key[1]: box.top for box in layout.boxes}
    assert (place["x"] < place["y"]) == (place["a"] < place["b"])


def test_an_outline_starts_and_ends_at_its_ends():
    xs, ys = flows.outline((2, 0.1, 0.2, 0.5, 0.6), 6)

    assert (xs[0], ys[0]) == (2, 0.1)
    assert (xs[10], ys[10]) == (3, 0.5)
    assert (xs[11], ys[11]) == (3, 0.6)
    assert (xs[-1], ys[-1]) == (2, 0.2)


def test_few_columns_have_finer_curves():
    assert len(flows.curve(2)) > len(flows.curve(6))
    assert flows.curve(1)[-1] == (1, 1)

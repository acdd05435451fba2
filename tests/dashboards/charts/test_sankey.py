import pytest

from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table

STEPS = {"steps": ["name", "other"], "unit": "carts", "measure": "count()"}
#: 100 carts: 59 to checkout, 41 leave; of direct ones none goes on.
FLOWS = table(source=["Cart", "Cart", "Direct"], target=["Checkout", None, None],
              value=[59, 31, 10])  # fmt: skip


def journey(rows=FLOWS, **values):
    return state("sankey", {"flows_0": rows}, **STEPS | values)


def test_says_what_goes_where_and_where_most_leave():
    found = journey()

    assert found.summary == (
        "Of 100 carts at the start, most go Cart → Checkout: 59 carts, 66% of the step; "
        "most leave at Cart: 31 carts, 34% of it."
    )
    assert found.note == "Most leave at Cart"


def test_hover_says_amount_and_shares():
    found = journey()

    assert found.sources["ribbons"]["title"] == ["Cart → Checkout"]
    assert found.sources["ribbons"]["text"] == ["59 carts\n66% of the step\n59% of the start"]
    assert found.sources["stubs"]["title"][0] == "Cart → leave here"


def test_words_stand_at_the_bars():
    texts = journey().sources["words"]["text"]

    assert texts == ["Cart", "90 · 90%", "34% leave here", "Direct", "10 · 10%", "100% leave here",
                     "Checkout", "59 · 59%"]  # fmt: skip


def test_the_phone_has_a_drawing_of_its_own():
    found = journey(top=6)

    assert found.narrow["words_shown"] == {"visible": False}
    assert found.narrow["words_narrow_shown"] == {"visible": True}
    assert found.props["words_narrow_shown"] == {"visible": False}
    assert found.narrow["x_range"] == {"start": 0, "end": 2}


def test_words_of_a_column_do_not_overlap():
    rows = table(
        source=[f"Name {i}" for i in range(30) for _ in (0, 1)],
        target=["Goal", None] * 30, value=[1.0, 2.0] * 30,
    )  # fmt: skip
    found = journey(rows, top=6).sources["words"]

    for x in (0, 1):
        places = sorted(
            y * 420 + dy
            for at, y, dy in zip(found["x"], found["y"], found["y_offset"], strict=True)
            if at == x
        )
        assert all(b - a > 14.5 for a, b in zip(places, places[1:], strict=False))


def test_the_rest_is_one_grey_place():
    rows = table(source=[f"n{i}" for i in range(10)], target=["x"] * 10, value=list(range(1, 11)))

    found = journey(rows, top=2)

    bars = found.sources["bars"]
    assert bars["title"] == ["n9", "n8", "Other", "x"]
    assert bars["color"][2] == TOKEN_THEME.border_strong
    assert "8 smaller ones together" in bars["text"][2]


def test_a_place_that_is_called_other_is_not_grey():
    rows = table(source=["Other"], target=["x"], value=[1])

    assert journey(rows).sources["bars"]["color"][0] == TOKEN_THEME.palette[0]


def test_from_and_to_instead_of_steps():
    rows = table(source=["a", "b", "b"], target=["b", "c", "a"], value=[10, 4, 1])

    found = state("sankey", {"flows": rows}, source="name", target="other")

    assert found.note == "Without 1 flow leading back or too far"
    assert found.sources["headings"] == {"x": [], "text": []}
    assert [row[:2] for row in found.rows] == [["a", "b"], ["b", "(leave here)"], ["b", "c"]]


def test_all_may_leave():
    found = journey(table(source=["a"], target=[None], value=[3]))

    assert found.sources["ribbons"]["xs"] == []
    assert found.empty == ""
    assert found.summary.endswith(".")


def test_one_query_per_pair_of_steps():
    chart, options = read("sankey", steps=["name", "other", "happened"], time="time", period="30d")

    queries = chart.queries(options, context())

    pairs = [[group.column for group in query.group_by] for query in queries.values()]
    assert pairs == [["name", "other"], ["other", "happened"]]
    assert all(query.filters[0].op == "not_null" for query in queries.values())


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "steps"),
        ({"steps": ["name"]}, "steps"),
        ({"steps": ["name", "name"]}, "steps"),
        ({"steps": ["name", "other"], "source": "name"}, "steps"),
        ({"source": "name"}, "steps"),
        ({"source": "name", "target": "name"}, "target"),
        ({"steps": ["name", "other"], "measure": "avg(value)"}, "measure"),
    ],
)
def test_wrong_options_are_named(values, field):
    chart, options = read("sankey", **values)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field

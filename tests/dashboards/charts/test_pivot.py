import pyarrow as pa
import pytest
from django.template.loader import render_to_string

from dashboards.charts.registry import NO_PICK
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times

BY = {"group_by": ["name"], "column": "other", "measures": ["Carts: count()"]}
#: Orders and visits per country and device; a rate of the whole is no mean of rates.
RATES = {
    "rows": table(row_0=["DE", "FR"], value_0=[0.1, 0.4]),
    "all": table(value_0=[0.15]),
    "rows_across": table(row_0=["DE", "DE", "FR"], column=["app", "web", "web"],
                         value_0=[0.2, 0.05, 0.4]),
    "all_across": table(column=["app", "web"], value_0=[0.2, 0.1]),
}  # fmt: skip


def answers(rows: list[tuple], depth: int = 1) -> dict[str, pa.Table]:
    """What the engine answers for counts: (row..., column, value) with all sums of them."""
    found = {}
    levels = {"rows": depth, "all": 0} | ({"parts": 1} if depth > 1 else {})
    for name, level in levels.items():
        for across in (False, True):
            sums: dict[tuple, float] = {}
            for *row, column, value in rows:
                key = (*row[:level], column) if across else tuple(row[:level])
                sums[key] = sums.get(key, 0) + value
            columns = {f"row_{i}": [key[i] for key in sums] for i in range(level)}
            if across:
                columns["column"] = [key[-1] for key in sums]
            found[name + "_across" * across] = table(**columns, value_0=list(sums.values()))
    return found


def html(found) -> str:
    return render_to_string("dashboards/charts/_pivot.html", {"view": found.view, "state": found})


def test_a_pivot_has_totals_of_rows_columns_and_all():
    found = state("pivot", answers([("a", "x", 1), ("a", "y", 2), ("b", "y", 40)]), **BY)

    assert found.headings == ["Name", "y", "x", "Total"]  # largest first, in both directions
    assert found.rows == [["b", "40", "–", "40"], ["a", "2", "1", "3"], ["Total", "42", "1", "43"]]
    assert found.values[-1] == ["Total", 42, 1, 43]
    assert found.summary == ("Carts by Name and Other name: b is largest with 40; all together 43.")


def test_totals_of_rates_are_asked_and_never_means_of_their_parts():
    found = state("pivot", RATES, **BY | {"measures": ["Rate: avg(value) | 0%"]})

    assert found.rows == [
        ["FR", "–", "40%", "40%"], ["DE", "20%", "5%", "10%"], ["Total", "20%", "10%", "15%"],
    ]  # fmt: skip


def test_every_level_of_totals_is_a_question_of_its_own():
    chart, options = read("pivot", **BY | {"group_by": ["name", "value"]})

    asked = chart.queries(options, context())

    groups = {name: [g.output for g in query.group_by] for name, query in asked.items()}
    assert groups == {
        "rows": ["row_0", "row_1"], "parts": ["row_0"], "all": [],
        "rows_across": ["row_0", "row_1", "column"], "parts_across": ["row_0", "column"],
        "all_across": ["column"],
    }  # fmt: skip
    assert all(query.limit is None for query in asked.values())


def test_dimensions_stand_in_each_other_with_subtotals():
    rows = [("DE", "b", "x", 5), ("DE", "a", "x", 1), ("FR", "a", "x", 9), ("FR", "b", "x", 1)]
    values = BY | {"group_by": ["name", "time"]}

    found = state("pivot", answers(rows, 2), order="name", **values)

    body = found.view["body"]
    heads = [[(h["text"], h["rows"], h["columns"]) for h in row["heads"]] for row in body]
    assert heads == [
        [("DE", 2, 1), ("a", 1, 1)], [("b", 1, 1)], [("Total of DE", 1, 2)],
        [("FR", 2, 1), ("a", 1, 1)], [("b", 1, 1)], [("Total of FR", 1, 2)],
    ]  # fmt: skip
    assert [row["cells"][0]["text"] for row in body] == ["1", "5", "6", "9", "1", "10"]
    assert [row["sub"] for row in body] == [False, False, True] * 2
    assert found.rows[1] == ["DE", "b", "5", "5"]  # the twin repeats the name
    assert found.picks == {}


def test_groups_stand_in_the_order_of_their_own_totals():
    rows = [("DE", "p", "x", 6), ("FR", "q", "x", 4), ("FR", "r", "x", 5)]

    found = state("pivot", answers(rows, 2), **BY | {"group_by": ["name", "other"], "column": ""})

    assert [row[:2] for row in found.rows[:-1]] == [["FR", "r"], ["FR", "q"], ["DE", "p"]]


def test_subtotals_can_be_left_out_and_totals_too():
    rows = [("DE", "p", "x", 6), ("FR", "q", "x", 4)]

    found = state("pivot", answers(rows, 2), **BY | {"group_by": ["name", "value"]},
                  totals=False, subtotals=False)  # fmt: skip

    assert len(found.view["body"]) == 2
    assert found.view["foot"] is None
    assert found.headings[-1] == "x"


def test_more_columns_and_rows_than_are_shown_are_other():
    rows = [(f"r{r}", f"c{c}", 10 * (9 - r) + (9 - c)) for r in range(5) for c in range(4)]

    found = state("pivot", answers(rows), top=2, top_columns=2, totals=False, **BY)

    assert found.headings == ["Name", "c0", "c1", "Other (2)"]
    assert found.rows == [
        ["r0", "99", "98", "193"],  # 97 + 96
        ["r1", "89", "88", "173"],
        ["Other (3)", "207", "204", "399"],  # 79 + 69 + 59; 78 + 68 + 58; (77 + 76) + ...
    ]
    assert found.picks["values"] == ["r0", "r1", NO_PICK]


def test_what_does_not_add_up_has_no_other_and_says_so():
    found = state("pivot", RATES, top=1, top_columns=1,
                  **BY | {"measures": ["Rate: avg(value) | 0%"]})  # fmt: skip

    assert found.rows == [["FR", "–", "40%"], ["Total", "20%", "15%"]]
    assert found.note == "1 of 2 rows, 1 of 2 columns"


def test_months_stand_in_their_order_and_the_newest_stay():
    """It is 22 November."""
    months = times("2025-09-01", "2025-11-01", "2025-10-01")
    tables = {
        "rows": table(row_0=["a"], value_0=[6]), "all": table(value_0=[6]),
        "rows_across": table(row_0=["a"] * 3, column=months, value_0=[1, 2, 3]),
        "all_across": table(column=months, value_0=[1, 2, 3]),
    }  # fmt: skip

    found = state("pivot", tables, top_columns=2, grain="month", **BY | {"column": "time"})

    assert found.headings == ["Name", "October 2025", "November 2025 (so far)", "Total"]
    assert found.rows[0] == ["a", "3", "2", "6"]
    assert found.note == "2 of 3 columns"


def test_shades_are_of_the_body_and_never_of_totals():
    found = state("pivot", answers([("a", "x", 0), ("a", "y", 50), ("b", "y", 100)]),
                  heat=True, **BY)  # fmt: skip

    kinds = [[cell["kind"] for cell in row["cells"]] for row in found.view["body"]]
    assert kinds == [["heat k6", "muted", "total edge"], ["heat k3", "heat k0", "total edge"]]
    assert "k6" not in str(found.view["foot"])


def test_headings_say_what_they_are_of():
    one = html(state("pivot", answers([("a", "x", 1)]), **BY))
    several = state("pivot", {"rows": table(row_0=["a"], value_0=[1], value_1=[2]),
                              "all": table(value_0=[1], value_1=[2])},
                    group_by=["name"], measures=["Carts: count()", "sum(value)"])  # fmt: skip

    assert '<caption class="sr">Carts by Name and Other name</caption>' in one
    assert '<th scope="col" rowspan="2" class="dim">Name</th>' in one
    assert '<th scope="colgroup" colspan="2" class="over">Carts by Other name</th>' in one
    assert (
        '<th scope="row" class="dim" title="a"><button type="button" class="name">a</button></th>'
        in one
    )
    assert several.headings == ["Name", "Carts", "Value, EUR"]
    assert len(several.view["head"]) == 1


def test_nothing_is_a_name_and_markup_is_text():
    hostile = "<script>alert(1)</script>"

    found = state("pivot", answers([(None, hostile, 1), (hostile, None, 2)]), **BY)

    assert found.rows[1][0] == "–"
    assert "<script" not in html(found)
    assert "style=" not in html(found)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"group_by": []}, "group_by"),
        ({"group_by": ["name", "value", "time", "other"], "column": ""}, "group_by"),
        ({"column": "name"}, "column"),
        ({"measures": ["count()"] * 4}, "measures"),
    ],
)
def test_the_option_that_is_wrong_is_named(values, field):
    chart, options = read("pivot", **BY | values)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field


def test_ten_thousand_rows():
    found = state("pivot", answers([(f"r{i}", "x", i) for i in range(10_000)]), **BY)

    assert len(found.view["body"]) == 51
    assert found.rows[50][0] == "Other (9,950)"

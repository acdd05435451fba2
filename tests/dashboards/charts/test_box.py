import duckdb
import pyarrow as pa
import pytest

from dashboards.errors import OptionsRefused
from datasets.compile import to_duckdb
from datasets.models import Snapshot
from datasets.policies import Policy
from tests.dashboards.charts.tables import COLUMNS, NOW, context, read, state, table

NAMES = ("least", "low", "first", "median", "third", "high", "most", "count")


def spreads(rows, names=None):
    columns = {
        f"value_{name}": list(column)
        for name, column in zip(NAMES, zip(*rows, strict=True), strict=True)
    }
    return table(category=names or [f"n{i}" for i in range(len(rows))], **columns)


def box(answer, **values):
    return state("box", {"boxes": answer}, **({"category": "name", "column": "value"} | values))


def asked(rows: pa.Table, **values):
    """The state for real rows: what the queries ask is what the picture shows."""
    chart, options = read("box", **({"category": "name", "column": "value"} | values))
    schema = [{"name": column.name, "type": column.type} for column in COLUMNS.values()]
    query = chart.queries(options, context())["boxes"]
    text, bound = to_duckdb(query, Snapshot(schema=schema, as_of=NOW), Policy(), "dataset")
    with duckdb.connect() as connection:
        connection.register("snapshot", rows)
        answer = connection.sql(text, params=bound).to_arrow_table()
    return chart.state({"boxes": answer}, options, context())


@pytest.mark.parametrize(("whiskers", "low", "high", "words"), [
    ("5-95", 5, 95, "5th to 95th percentile"),
    ("10-90", 10, 90, "10th to 90th percentile"),
    ("ends", 0, 100, "smallest to largest value"),
])  # fmt: skip
def test_quartiles_and_whiskers_of_0_to_100(whiskers, low, high, words):
    rows = pa.table({"name": ["a"] * 101, "value": [float(n) for n in range(101)]})

    found = asked(rows, whiskers=whiskers)

    boxes = found.sources["boxes"]
    assert [boxes[n] for n in ("low", "first", "median", "third", "high")] == [
        [low], [25], [50], [75], [high],
    ]  # fmt: skip
    assert found.note == f"Whiskers: {words}"
    assert "Rows: 101" in boxes["text"][0]
    assert found.summary == (
        "Value, a: the median is 50 EUR, and half of its rows are from 25 EUR to 75 EUR; "
        f"whiskers reach from the {words}."
    )


def test_largest_median_is_first_and_hover_is_exact():
    found = box(spreads([(1, 2, 3, 4, 6, 8, 20, 9), (1, 2, 3, 5, 6, 8, 20, 4)]))

    assert found.sources["boxes"]["title"] == ["n1", "n0"]
    assert found.sources["boxes"]["text"][1] == (
        "Median: 4 EUR\nMiddle half: 3 EUR to 6 EUR\n5th to 95th percentile: 2 EUR to 8 EUR\n"
        "All: 1 EUR to 20 EUR\nRows: 9"
    )
    assert found.sources["medians"]["text"] == ["median", "5", "4"]
    assert found.picks == {"source": "boxes", "column": "name", "values": ["n1", "n0"]}
    assert found.headings == ["Name", "Smallest", "5 %", "25 %", "Median", "75 %", "95 %",
                              "Largest", "Rows"]  # fmt: skip
    assert found.values[1] == ["n0", 1, 2, 3, 4, 6, 8, 20, 9]


def test_of_many_those_with_the_most_rows_are_kept():
    rows = [(0, 1, 2, n, 10_001, 10_002, 10_003, n + 1) for n in range(10_000)]

    found = box(spreads(rows), top=3, order="data")

    assert found.sources["boxes"]["title"] == ["n9997", "n9998", "n9999"]
    assert found.note.endswith("; 3 of 10,000")


def test_categories_without_values_are_left_out():
    answer = spreads([(None,) * 7 + (0,), (1, 1, 1, 1, 1, 1, 1, 1)], names=["none", "one"])

    found = box(answer, orientation="vertical")

    assert found.sources["boxes"]["title"] == ["one"]
    span = found.props["y_range"]
    assert span["start"] < span["end"]
    assert (
        box(answer.slice(0, 1)).empty == "No value: median(value) has nothing to count with there."
    )


def test_names_stand_at_the_left_or_below():
    answer = spreads(
        [(1, 2, 3, 4, 6, 8, 20, 9)], names=["A very long name of a campaign in autumn"]
    )

    assert box(answer).sources["names"]["text"][0].endswith("…")
    below = box(answer, orientation="vertical")
    assert below.props["x_axis"]["major_label_overrides"]["0"] == (
        "A very long name of a\ncampaign in autumn"
    )
    assert "…" in below.narrow["x_axis"]["major_label_overrides"]["0"]


@pytest.mark.parametrize(("values", "field"), [
    ({"column": "order total"}, "column"), ({"column": "from"}, "column"),
    ({"top": 21}, "top"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(values, field):
    chart, _ = read("box", category="name", column="value")
    options = chart.Options(**({"category": "name", "column": "value"} | values))

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field

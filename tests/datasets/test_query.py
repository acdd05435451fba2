"""`datasets.query.run` against the same question written by hand in SQL for PostgreSQL."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from datasets.errors import ColumnMissing, DatasetError, FilterRefused, NoSnapshot
from datasets.policies import ServiceViewer
from datasets.query import Filter, Group, Measure, Order, Query, run
from tests.datasets.conftest import same
from tests.factories.datasets import DatasetFactory, publish

TEST = ServiceViewer("test")


def rows(dataset, **asked):
    result = run(Query(**asked), dataset, TEST).table
    return list(zip(*(column.to_pylist() for column in result.columns), strict=True))


MEASURES = {
    "count()": "count(*)",
    "count(note)": "count(note)",
    "count_distinct(country)": "count(DISTINCT country)",
    "sum(amount)": "sum(amount)",
    "avg(amount)": "avg(amount)",
    "median(score)": "percentile_cont(0.5) WITHIN GROUP (ORDER BY score)",
    "stddev(score)": "stddev_samp(score)",
    "p25(amount)": "percentile_cont(0.25) WITHIN GROUP (ORDER BY amount)",
    "p95(items)": "percentile_cont(0.95) WITHIN GROUP (ORDER BY items)",
    "quantile(score, 0.4)": "percentile_cont(0.4) WITHIN GROUP (ORDER BY score)",
    "min(amount)": "min(amount)",
    "max(items)": "max(items)",
    "avg(recovered)": "avg(recovered::int)",
    "sum(recovered)": "sum(recovered::int)",
    "sum(recovered) / count()": "sum(recovered::int)::float8 / count(*)",
    "sum(amount) / sum(items)": "sum(amount)::float8 / nullif(sum(items), 0)",
    "100 * (sum(score) - min(score)) / count(amount)": "100 * (sum(score) - min(score)) / nullif(count(amount), 0)",  # noqa: E501
}


@pytest.mark.parametrize("column", ["country", "items", "recovered", "note"])
def test_grouped_measures(carts, warehouse, column):
    asked = tuple(Measure(f"m{n}", formula) for n, formula in enumerate(MEASURES))
    found = rows(carts, group_by=(Group(column),), measures=asked)

    by_hand = f"SELECT {column}, {', '.join(MEASURES.values())} FROM carts GROUP BY 1"
    assert same(found, warehouse(by_hand))


def test_measures_of_all_rows(carts, warehouse):
    asked = tuple(Measure(f"m{n}", formula) for n, formula in enumerate(MEASURES))

    assert same(
        rows(carts, measures=asked), warehouse(f"SELECT {', '.join(MEASURES.values())} FROM carts")
    )


def test_two_groups(carts, warehouse):
    found = rows(
        carts, group_by=(Group("country"), Group("items")), measures=(Measure("n", "count()"),)
    )

    assert same(found, warehouse("SELECT country, items, count(*) FROM carts GROUP BY 1, 2"))


def test_groups_without_a_measure_are_the_distinct_values(carts, warehouse):
    assert same(
        rows(carts, group_by=(Group("country"),)), warehouse("SELECT DISTINCT country FROM carts")
    )


def test_no_row_of_a_filter_gives_no_group_but_one_total(carts):
    nothing = (Filter("id", "<", 0),)
    measures = (
        Measure("n", "count()"),
        Measure("s", "sum(amount)"),
        Measure("r", "sum(items) / count()"),
    )

    assert rows(carts, measures=measures, filters=nothing) == [(0, None, None)]
    assert rows(carts, group_by=(Group("country"),), measures=measures, filters=nothing) == []


FILTERS = [
    (Filter("country", "=", "DE"), "country = 'DE'"),
    (Filter("country", "=", "it's"), "country = 'it''s'"),
    (Filter("country", "!=", "DE"), "country <> 'DE'"),
    (Filter("country", "in", ["DE", "it's"]), "country IN ('DE', 'it''s')"),
    (Filter("country", "not_in", ("DE",)), "country NOT IN ('DE')"),
    (Filter("country", "in", []), "false"),
    (Filter("country", "not_in", []), "true"),
    (Filter("country", "is_null"), "country IS NULL"),
    (Filter("country", "not_null"), "country IS NOT NULL"),
    (Filter("country", "=", "' OR 1=1 --"), "false"),
    (Filter("country", "contains", "d"), "country ILIKE '%d%'"),
    (Filter("note", "contains", "E 1"), "note ILIKE '%e 1%'"),
    (Filter("note", "contains", "%"), "false"),
    (Filter("note", "contains", "_"), "false"),
    (Filter("items", "contains", "2"), "items = 2"),
    (Filter("id", "=", 7), "id = 7"),
    (Filter("id", "=", "7"), "id = 7"),
    (Filter("id", "<", 7), "id < 7"),
    (Filter("id", "<=", 7), "id <= 7"),
    (Filter("id", ">", 5990), "id > 5990"),
    (Filter("id", ">=", 5990), "id >= 5990"),
    (Filter("items", "<", 1.5), "items < 1.5"),
    (Filter("items", ">", 1.5), "items > 1.5"),
    (Filter("items", "in", [1, "3"]), "items IN (1, 3)"),
    (Filter("score", ">=", "1.5"), "score >= 1.5"),
    (Filter("amount", "<", 50), "amount < 50"),
    (Filter("amount", "=", 5.29), "amount = 5.29"),
    (Filter("recovered", "=", True), "recovered"),
    (Filter("recovered", "=", "false"), "NOT recovered"),
    (Filter("recovered", "!=", "TRUE"), "NOT recovered"),
    (Filter("day", "=", "2026-10-25"), "day = '2026-10-25'"),
    (Filter("day", ">", date(2026, 10, 20)), "day > '2026-10-20'"),
    (
        Filter("created_at", ">=", "2026-10-25T02:30:00+02:00"),
        "created_at >= '2026-10-25 02:30+02'",
    ),
    (
        Filter("created_at", "<", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        "created_at < '2026-10-25 01:30+00'",
    ),
]


@pytest.mark.parametrize(
    ("wanted", "by_hand"), FILTERS, ids=[f"{f.column} {f.op} {f.value}" for f, _ in FILTERS]
)
def test_a_filter(carts, warehouse, wanted, by_hand):
    found = rows(carts, select=("id",), filters=(wanted,))

    assert same(found, warehouse(f"SELECT id FROM carts WHERE {by_hand}"))


def test_filters_hold_together(carts, warehouse):
    filters = (Filter("country", "=", "DE"), Filter("items", ">", 1), Filter("note", "not_null"))
    found = rows(
        carts, group_by=(Group("items"),), measures=(Measure("n", "count()"),), filters=filters
    )

    assert same(
        found,
        warehouse(
            "SELECT items, count(*) FROM carts WHERE country = 'DE' AND items > 1 AND note IS NOT NULL GROUP BY 1"  # noqa: E501
        ),
    )


@pytest.mark.parametrize(
    "wanted",
    [
        Filter("id", "=", "seven"),
        Filter("id", "=", None),
        Filter("id", "in", ["x"]),
        Filter("id", "in", 7),
        Filter("id", "like", "7"),
        Filter("id", "; DROP", 1),
        Filter("id", "", 1),
        Filter("recovered", "=", "maybe"),
        Filter("recovered", "=", 1),
        Filter("day", "=", "2026-02-30"),
        Filter("created_at", "=", "yesterday"),
        Filter("country", "=", None),
        Filter("country", "=", ["DE"]),
        Filter("country", "contains", 5),
        Filter("country", "period", ["24h", 0]),
        Filter("score", "=", "1,5"),
        Filter("created_at", "period", ["24x", 0]),
        Filter("created_at", "period", ["h", 0]),
        Filter("created_at", "period", ["0d", 0]),
        Filter("created_at", "period", "24h"),
        Filter("id", "=", 2**127),
        Filter("id", "=", str(-(2**200))),
        Filter("created_at", "=", 5),
        Filter("created_at", "period", [24, "h"]),
        Filter("id", "=", {}),
    ],
    ids=str,
)
def test_a_filter_that_makes_no_sense_is_refused(carts, wanted):
    with pytest.raises(FilterRefused):
        rows(carts, filters=(wanted,))


def test_rows_have_the_snapshots_columns_and_values(carts, warehouse):
    found = rows(carts, select=("id", "country", "created_at"), order=(Order("id"),), limit=50)

    assert found == warehouse("SELECT id, country, created_at FROM carts ORDER BY id LIMIT 50")
    assert run(Query(limit=1), carts, TEST).table.column_names == [
        "id",
        "created_at",
        "wall",
        "day",
        "country",
        "amount",
        "items",
        "score",
        "recovered",
        "note",
    ]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("limit", "offset"), [(10, 0), (10, 25), (None, 5990), (0, 0), (5, 6000)])
def test_pages_of_sorted_rows_have_nulls_last(carts, warehouse, descending, limit, offset):
    found = rows(
        carts,
        select=("id", "amount"),
        order=(Order("amount", descending), Order("id")),
        limit=limit,
        offset=offset,
    )

    word = "DESC" if descending else "ASC"
    expected = warehouse(
        f"SELECT id, amount FROM carts ORDER BY amount {word} NULLS LAST, id LIMIT %s OFFSET %s",
        limit,
        offset,
    )
    assert [tuple(row) for row in found] == expected


def test_groups_are_sorted_by_their_measure(carts, warehouse):
    found = rows(
        carts, group_by=(Group("country"),), measures=(Measure("money", "sum(amount)"),),
        order=(Order("money", descending=True),), limit=2,
    )  # fmt: skip

    expected = warehouse(
        "SELECT country, sum(amount) FROM carts GROUP BY 1 ORDER BY 2 DESC LIMIT 2"
    )
    assert [row[0] for row in found] == [row[0] for row in expected]


def test_sorting_by_a_column_that_is_not_selected(carts, warehouse):
    found = rows(carts, select=("country",), order=(Order("id", descending=True),), limit=3)

    assert found == warehouse("SELECT country FROM carts ORDER BY id DESC LIMIT 3")


NAMES = [
    "select",
    'a "quoted" name',
    "größe €",
    "it's",
    "100 %",
    "a;b",
    "$snapshot",
    "?",
    "x\ny",
    "GROUP",
    "e\\n",
    ":p",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_columns_name_is_only_a_name(db, name):
    dataset = DatasetFactory()
    publish(dataset, pa.table({name: [1, 2, None], "b": ["x", "x", "y"]}))

    assert rows(dataset, select=(name,), filters=(Filter(name, ">", 1),), order=(Order(name),)) == [
        (2,)
    ]
    found = rows(
        dataset,
        group_by=(Group(name, name="g"),),
        measures=(Measure('n"', "count()"),),
        order=(Order("g"),),
    )
    assert found == [(1, 1), (2, 1), (None, 1)]


@pytest.mark.parametrize(
    "asked",
    [
        {"select": ("amuont",)},
        {"group_by": (Group("amuont"),)},
        {"filters": (Filter("amuont", "=", 1),)},
        {"order": (Order("amuont"),)},
        {"select": ('id" FROM x --',)},
        {"filters": (Filter("id OR 1=1", "=", 1),)},
        {"group_by": (Group("country"),), "order": (Order("id"),)},
        {"select": ("(SELECT 1)",)},
        {"order": (Order("id; DROP TABLE x"),)},
    ],
    ids=str,
)
def test_an_unknown_name_is_refused_and_never_sent(carts, asked):
    with pytest.raises(ColumnMissing):
        rows(carts, **asked)


def test_a_near_name_is_offered(carts):
    with pytest.raises(ColumnMissing, match="Did you mean 'amount'?"):
        rows(carts, select=("amuont",))


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "1; DROP"},
        {"offset": "x"},
        {"time_zone": "Mars/Olympus", "group_by": (Group("created_at", "day"),)},
        {"time_zone": "UTC'; --", "group_by": (Group("created_at", "day"),)},
        {"time_zone": "../../etc/passwd", "group_by": (Group("created_at", "day"),)},
        {"group_by": (Group("created_at", "day'); --"),)},
        {"group_by": (Group("country", "day"),)},
    ],
    ids=str,
)
def test_no_text_comes_into_the_statement_by_another_way(carts, asked):
    with pytest.raises((DatasetError, ValueError, KeyError)):
        rows(carts, **asked)


def test_without_a_snapshot_the_reason_is_told(db):
    with pytest.raises(NoSnapshot, match="has no data yet"):
        rows(DatasetFactory())


def test_a_query_without_a_viewer_is_a_mistake(carts):
    with pytest.raises(TypeError, match="needs a viewer"):
        run(Query(), carts, None)


def test_groups_are_counted_with_those_of_no_value(carts, warehouse):
    (found,) = rows(carts, group_by=(Group("note"), Group("items")), count=True)

    by_hand = "SELECT count(*) FROM (SELECT note, items FROM carts GROUP BY 1, 2) AS g"
    assert [found] == warehouse(by_hand)
    assert rows(carts, group_by=(Group("note"), Group("items")), count=True, limit=2) == [(2,)]

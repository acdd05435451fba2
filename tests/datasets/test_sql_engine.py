"""The text that is sent means what its author wrote: a real PostgreSQL is asked in both."""

from pathlib import Path

import pytest

from datasets import preview, sql
from datasets.connectors.registry import Limits, Progress
from datasets.errors import DatasetError, SqlRefused
from datasets.models import Dataset

LEGITIMATE = (Path(__file__).parent / "legitimate" / "postgresql.sql").read_text().splitlines()
LIMITS = Limits(rows=100_000, seconds=30)


@pytest.mark.parametrize("statement", LEGITIMATE)
def test_a_legitimate_statement_gives_the_rows_of_its_original_text(warehouse, source, statement):
    sent = sql.canonical(statement, source.connector.dialect)

    assert warehouse(sql.for_psycopg2(sent) % {}) == warehouse(statement)
    source.connector.check_sql(source, sent, {})
    with source.connector.stream(source, sent, {}, LIMITS, Progress()) as reader:
        assert reader.read_all().num_rows == len(warehouse(statement))


@pytest.mark.parametrize(
    "literal",
    [
        "1 day 02:30",
        "30 days ago",
        "-1 days +2 hours",
        "1 year 2 months",
        "1-2",
        "P1DT2H",
        "02:30",
        "1 day -02:00",
        "1d",
        "1.5 days",
        "@ 1 minute ago",
        "3 days 4",
        "2 hrs",
        "-30 days",
        "  5   minutes ",
        "1d2h",
    ],
)
def test_an_interval_is_sent_as_it_was_meant(warehouse, literal):
    statement = (
        f"SELECT interval '{literal}' AS a, timestamp '2026-01-31' + interval '{literal}' AS b"
    )

    assert warehouse(sql.canonical(statement, "postgres")) == warehouse(statement)


def test_an_interval_with_its_unit_behind_it_is_sent_as_it_was_meant(warehouse):
    statement = "SELECT interval '90' minute AS a, interval '1-2' year to month AS b, interval '2 3' day to hour"  # noqa: E501

    assert warehouse(sql.canonical(statement, "postgres")) == warehouse(statement)


@pytest.mark.parametrize("number", ["1_000", "items * 1_000", "10_000.5", "0x1F", "0b11", "0o17"])
def test_a_number_is_refused_or_sent_as_it_was_meant(warehouse, number):
    statement = f"SELECT {number} AS a FROM carts WHERE id = 1"
    try:
        sent = sql.canonical(statement, "postgres")
    except SqlRefused:
        return  # the author reads why, and writes it in another way
    assert warehouse(sent) == warehouse(statement)


@pytest.mark.parametrize(
    "value",
    [
        "it's",
        "100 %",
        "%s",
        "%(x)s",
        "\\",
        "a\\'b",
        "'; DROP TABLE carts; --",
        "$1 :x",
        "ä€😀",
        '"',
        "",
        "/* x */",
    ],
)
def test_a_parameter_is_a_value_and_nothing_else(source, value):
    text = sql.canonical("SELECT :x AS x, :x = :y AS same, '%s 5 % :x' AS t", "postgres")

    with source.connector.stream(
        source, text, {"x": value, "y": value}, LIMITS, Progress()
    ) as reader:
        (row,) = reader.read_all().to_pylist()

    assert row == {"x": value, "same": True, "t": "%s 5 % :x"}


@pytest.mark.parametrize(
    ("kind", "text", "engine_says"),
    [
        ("integer", "42", "integer"),
        ("number", "1.5", "numeric"),
        ("boolean", "true", "boolean"),
        ("date", "2026-10-25", "date"),
        ("datetime", "2026-10-25T02:30:00+02:00", "timestamp with time zone"),
        ("text", "42", "unknown"),
    ],
)
def test_a_parameter_arrives_as_its_type(source, kind, text, engine_says):
    sent = sql.canonical("SELECT pg_typeof(:x)::text AS kind", "postgres")

    with source.connector.stream(
        source, sent, {"x": sql.typed(text, kind)}, LIMITS, Progress()
    ) as reader:
        assert reader.read_all().to_pylist() == [{"kind": engine_says}]


def test_a_cast_is_not_taken_for_a_parameter(source):
    text = sql.canonical("SELECT '1'::int AS a, (ARRAY[1, 2, 3])[1:2] AS b", "postgres")

    assert sql.parameters(text, "postgres") == []
    source.connector.check_sql(source, text, {})


@pytest.mark.parametrize(
    ("statement", "line", "column", "says"),
    [
        ("SELECT id,\n       amuont\nFROM carts", 2, 8, "amuont"),
        ("select id -- amuont\n, amuont from carts", 2, 3, "amuont"),
        ("SELECT amount, 'amuont' AS t,\n\tamuont FROM carts", 2, 2, "amuont"),
        ("SELECT *\nFROM carts c\nJOIN custmers k ON k.id = c.id", 3, 6, "custmers"),
        ("SELECT id FROM carts\nWHERE nonsense(id) > 1", 2, 7, "nonsense"),
        ("SELECT 1 AS a,\n  'x'::intt AS b", 2, 8, "intt"),
        ("SELECT country\n  , sum(note)\nFROM carts GROUP BY 1", 2, 5, "sum"),
    ],
)
def test_the_engines_error_is_found_in_the_authors_text(source, statement, line, column, says):
    with pytest.raises(SqlRefused) as caught:
        preview.check(Dataset(source=source, sql=statement), {})

    assert (caught.value.line, caught.value.column) == (line, column)
    assert says in str(caught.value)


def test_a_table_that_was_not_granted_is_refused_in_plain_words(source):
    with pytest.raises(DatasetError, match="permission denied for schema secret_plans"):
        preview.check(Dataset(source=source, sql="SELECT * FROM secret_plans.salaries"), {})

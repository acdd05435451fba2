"""SQLite and DuckDB files: where they may lie, and what SQLite's values become."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from datasets.connectors.registry import Limits, Progress
from datasets.errors import LimitExceeded, QueryFailed, SourceUnavailable
from datasets.jailed import Refused, affinity
from tests.datasets import statements
from tests.factories.datasets import SourceFactory

ALL_ROWS = Limits(rows=10_000, seconds=20)
KINDS = {
    ("INTEGER", (1, None)): ("int64", [1, None]),
    ("BIGINT", (2**62,)): ("int64", [2**62]),
    ("BOOLEAN", (0, 1, None)): ("bool", [False, True, None]),
    ("BOOLEAN", (2,)): ("int64", [2]),
    ("DATE", ("2026-02-28",)): ("date32[day]", [date(2026, 2, 28)]),
    ("DATE", ("28.02.2026",)): ("string", ["28.02.2026"]),
    ("DATE", (20_000,)): ("int64", [20_000]),
    ("DATETIME", ("2026-02-28 10:00:00",)): ("timestamp[us]", [datetime(2026, 2, 28, 10)]),  # noqa: DTZ001
    ("TIMESTAMP", ("2026-02-28T10:00:00+02:00", None)):
        ("timestamp[us, tz=UTC]", [datetime(2026, 2, 28, 8, tzinfo=UTC), None]),
    ("TIMESTAMP", ("2026-02-28 10:00", "2026-02-28T10:00:00Z")):
        ("string", ["2026-02-28 10:00", "2026-02-28T10:00:00Z"]),
    ("DECIMAL(10, 2)", (12.5, 3)): ("decimal128(10, 2)", [Decimal("12.50"), Decimal("3.00")]),
    ("DECIMAL(10, 2)", (0.125,)): ("double", [0.125]),
    ("DECIMAL(50, 2)", (1.5,)): ("double", [1.5]),
    ("REAL", (1, 2.5)): ("double", [1.0, 2.5]),
    ("VARCHAR(9)", ("a", 1)): ("string", ["a", "1"]),
    ("BLOB", (b"\x00\xff",)): ("string", ["\\x00ff"]),
    ("", (1, None)): ("int64", [1, None]),
    ("", (1, 2.5)): ("double", [1.0, 2.5]),
    ("", (1, "a")): ("string", ["1", "a"]),
    ("", ()): ("string", []),
    ("DATE", ()): ("date32[day]", []),
    ("DECIMAL(5, 2)", ()): ("decimal128(5, 2)", []),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, settings):
    settings.FILES_FOLDER = tmp_path / "files"
    (tmp_path / "files" / "shop").mkdir(parents=True)
    made = tmp_path / "files" / "shop" / "orders.db"
    with closing(sqlite3.connect(made)) as connection, connection:
        connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"n{n}") for n in range(3000)])
    return made.parent


def source_of(database="shop/orders.db", kind="sqlite"):
    return SourceFactory.build(kind=kind, host="", username="", password="", database=database)


@pytest.mark.parametrize(("declared", "values"), KINDS)
def test_a_column_is_as_declared_where_its_values_agree(declared, values):
    kind, expected = KINDS[declared, values]
    found = affinity.kind_of(declared, values)

    assert str(found) == kind
    assert affinity.array(values, found, "a").to_pylist() == expected


def test_a_later_value_of_another_type_is_told_with_its_column():
    with pytest.raises(Refused, match="The column 'a' holds 'x', which is no int64. Cast"):
        affinity.array([1, "x"], pa.int64(), "a")


def test_it_is_told_through_the_jail_too(folder):
    with closing(sqlite3.connect(folder / "orders.db")) as connection, connection:
        connection.executemany("INSERT INTO t VALUES (?, 'x')", [(1,)] * 20_000 + [("odd",)])
    source = source_of()
    with pytest.raises(QueryFailed, match="The column 'a' holds 'odd'"):
        statements.run(source, "SELECT a FROM t", Limits(rows=50_000, seconds=20))
    with pytest.raises(LimitExceeded, match="more than 100 rows"):
        statements.run(source, "SELECT a FROM t", Limits(rows=100, seconds=20))


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_file_that_is_being_written_is_refused_with_what_to_do(folder, ending):
    (folder / f"orders.db{ending}").write_bytes(b"x")
    source = source_of()
    for ask in (source.connector.check, source.connector.test):
        with pytest.raises(SourceUnavailable, match=rf"changes lie in orders.db{ending}. Put a"):
            ask(source)


def test_rows_of_a_file_that_changed_meanwhile_are_dropped(folder):
    source = source_of()

    def read():
        with source.connector.stream(source, "SELECT a FROM t", {}, ALL_ROWS, Progress()) as reader:
            (folder / "orders.db").touch()
            return reader.read_all()

    with pytest.raises(SourceUnavailable, match="was changed while it was read"):
        read()


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
@pytest.mark.parametrize(
    "database",
    ["", "shop", "no.db", "../secret.db", "/etc/passwd", "shop/../../secret.db", "shop/link.db",
     "x" * 300, "shop/orders.db?mode=rw", "file:shop/orders.db", ":memory:"],
)  # fmt: skip
def test_a_file_outside_of_the_folder_is_no_file(folder, kind, database):
    secret = folder.parent.parent / "secret.db"
    secret.write_bytes((folder / "orders.db").read_bytes())
    (folder / "link.db").symlink_to(secret)
    source = source_of(database, kind)
    with pytest.raises(SourceUnavailable, match="There is no file"):
        source.connector.check(source)


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_of_another_kind_is_told(folder, kind):
    (folder / "odd.db").write_text("id,name\n1,a\n" * 100)
    source = source_of("shop/odd.db", kind)
    with pytest.raises(SourceUnavailable, match="The file is no (SQLite|DuckDB) database"):
        source.connector.test(source)


def test_the_order_and_the_parameters_of_a_statement_are_kept(folder):
    source = source_of()
    text = "SELECT a, b FROM t WHERE b <> :x ORDER BY a DESC"
    with source.connector.stream(source, text, {"x": "n2999"}, ALL_ROWS, Progress()) as reader:
        found = reader.read_all().column("a").to_pylist()

    assert found == list(range(2998, -1, -1))
    assert [t.name for t in source.connector.tables(source)] == ["t"]
    assert source.connector.check_sql(source, text, {"x": "a"}) == ["a", "b"]

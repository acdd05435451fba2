"""MySQL and MariaDB as a source: types, limits, cancelling, and what is told."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from datasets import preview, store
from datasets.connectors.registry import Limits, Progress
from datasets.errors import LimitExceeded, QueryFailed, SourceUnavailable
from datasets.models import Dataset
from tests.datasets import statements
from tests.datasets.workers import eventually
from tests.factories.datasets import SourceFactory

ALL_ROWS = Limits(rows=10_000, seconds=20)
HEAVY = "SELECT SUM(SQRT(a.id + b.id + c.id)) AS heavy FROM carts a, carts b, carts c"
VALUES = {
    "CAST(NULL AS CHAR)": None,
    "''": "",
    "'NULL'": "NULL",
    "'äöü €😀 漢字'": "äöü €😀 漢字",
    "'a\\nb'": "a\nb",
    "9223372036854775807": 2**63 - 1,
    "CAST(18446744073709551615 AS UNSIGNED)": 2**64 - 1,
    "CAST(-0.25 AS DECIMAL(38, 2))": Decimal("-0.25"),
    "CAST(12345.678 AS DECIMAL(10, 3))": Decimal("12345.678"),
    "CAST(1.5 AS DECIMAL(50, 2))": 1.5,
    "1.5e0": 1.5,
    "DATE '2026-02-28'": date(2026, 2, 28),
    "TIMESTAMP '2026-10-25 02:30:00.123456'": datetime(2026, 10, 25, 2, 30, 0, 123456),  # noqa: DTZ001
    "TIME '12:30:00'": "12:30:00",
    "UNHEX('00ff')": "\\x00ff",
    "JSON_OBJECT('a', 1)": '{"a": 1}',
    "1 > 0": 1,
}
COLUMNS = {
    "b BOOLEAN": ("true", True),
    "b TINYINT": ("-5", -5),
    "b BIT(1)": ("b'1'", True),
    "b BIT(9)": ("b'100000001'", 257),
    "b SMALLINT UNSIGNED": ("65535", 65535),
    "b INT UNSIGNED": ("4294967295", 2**32 - 1),
    "b FLOAT": ("1.1", 1.1),
    "b YEAR": ("2026", 2026),
    "b ENUM('x', 'y')": ("'y'", "y"),
    "b SET('x', 'y')": ("'x,y'", "x,y"),
    "b VARBINARY(9)": ("'a'", "\\x61"),
    "b DATE": ("'0000-00-00'", None),
    "b DATETIME": ("'0000-00-00'", None),
    "b TIMESTAMP NULL": ("'0000-00-00'", None),
    "b TIMESTAMP(3) NULL": ("'2026-07-01 10:00:00.250'",
                            datetime(2026, 7, 1, 8, 0, 0, 250_000, tzinfo=UTC)),
}  # fmt: skip


@pytest.fixture
def source(maria):
    return SourceFactory.build(**maria.source_of())


@pytest.fixture
def tables(maria):
    """A function that makes the table t of the owner's, which is gone afterwards."""

    def make(columns, *values):
        rows = ", ".join(f"({value})" for value in values)
        mode = "SET sql_mode = '', time_zone = 'Europe/Berlin'; USE shop; "
        maria.run(f"{mode} CREATE TABLE t ({columns}); INSERT INTO t VALUES {rows}")

    yield make
    maria.run("DROP TABLE IF EXISTS shop.t")


def test_a_value_arrives_and_stays_as_it_is(source):
    text = ", ".join(f"{value} AS c{n}" for n, value in enumerate(VALUES))
    table = statements.run(source, f"SELECT {text}", ALL_ROWS)
    kept = store.execute(store.write(table.to_reader()).file, "SELECT * FROM snapshot", [])

    for found in (table, kept):
        assert list(found.to_pylist()[0].values()) == list(VALUES.values())


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_has_the_type_that_it_means(source, tables, column):
    value, expected = COLUMNS[column]
    tables(column, value, "NULL")
    found = statements.run(source, "SELECT b FROM t ORDER BY b IS NULL", ALL_ROWS)

    assert found.column("b").to_pylist() == [expected, None]
    assert statements.run(source, "SELECT b FROM t WHERE 1 = 0", ALL_ROWS).schema == found.schema


def test_the_hour_that_comes_twice_is_two_hours(maria, source, tables):
    maria.run("SET time_zone = '+00:00'; CREATE TABLE shop.t (a TIMESTAMP NULL); INSERT INTO "
              "shop.t VALUES ('2026-10-25 00:30:00'), ('2026-10-25 01:30:00')")  # fmt: skip
    found = statements.run(source, "SELECT a, DATE(a) AS d, HOUR(a) AS h FROM t", ALL_ROWS)

    assert [row["a"].hour for row in found.to_pylist()] == [0, 1]
    assert {(row["d"], row["h"]) for row in found.to_pylist()} == {(date(2026, 10, 25), 2)}


def test_a_number_that_is_neither_yes_nor_no_is_told_with_its_column(source, tables):
    tables("stars TINYINT(1)", "5")
    with pytest.raises(QueryFailed, match="The column 'stars' holds .* neither 0 nor 1"):
        statements.run(source, "SELECT stars FROM t", ALL_ROWS)
    found = statements.run(source, "SELECT stars + 0 AS stars FROM t", ALL_ROWS)
    assert found.to_pylist() == [{"stars": 5}]


def test_where_the_server_knows_no_zones_days_begin_at_midnight_utc_and_that_is_told(
    source, settings
):
    settings.TIME_ZONE = "America/New_York"  # its tables hold Berlin's alone
    lines = source.connector.test(source)

    assert "Warning: the server does not know the time zone America/New_York" in lines[-1]
    found = statements.run(source, "SELECT created_at, DATE(created_at) AS d, HOUR(created_at) AS h"
                           " FROM carts WHERE id = 0", ALL_ROWS)  # fmt: skip
    instant = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)
    assert found.to_pylist() == [{"created_at": instant, "d": date(2026, 10, 26), "h": 9}]


def test_what_was_found_is_told_in_plain_sentences(source):
    version, role = source.connector.test(source)

    assert version.startswith("Connected to 1")
    assert version.endswith("MariaDB.") or "-MariaDB" in version
    assert role == "The role tests_reader may only read."
    assert {t.name for t in source.connector.tables(source)} >= {"carts", "customers"}


@pytest.mark.parametrize(
    ("limits", "says"),
    [(Limits(rows=1999, seconds=20), "more than 1,999 rows"),
     (Limits(rows=9999, seconds=20, bytes=1000), "more than 1,000 bytes"),
     (Limits(rows=9999, seconds=0.4), "told to stop after 0.4 s")],
)  # fmt: skip
def test_more_than_the_limit_is_an_error_in_words(source, limits, says):
    with pytest.raises(LimitExceeded, match=says):
        statements.run(source, HEAVY if limits.seconds < 1 else "SELECT * FROM carts", limits)


def test_a_cancelled_query_stops_working_at_the_source(maria, source):
    progress, caught = Progress(), []
    asked = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%heavy FROM%'"
    asked += " AND info NOT LIKE '%processlist%'"

    def ask():
        with (
            pytest.raises(LimitExceeded) as error,
            source.connector.stream(source, HEAVY, {}, Limits(9, 120), progress) as reader,
        ):
            reader.read_all()
        caught.append(error.value)

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: maria.run(asked) == [(1,)], "The source was not asked.")
    progress.cancel.set()
    asking.join(30)

    assert caught
    eventually(lambda: maria.run(asked) == [(0,)], "The source works on.")


@pytest.mark.parametrize("value", ["it's", "100 %", "%s", "\\", "a\\'b", '"', "`", "😀", "/* x */"])
def test_a_parameter_is_a_value_and_nothing_else(source, value):
    found = preview.preview(
        Dataset(source=source, sql="SELECT :x AS x, :x = :y AS same, '5 % :x' AS t"),
        {"x": value, "y": value},
    )
    assert found.rows == [(value, 1, "5 % :x")]


def test_a_preview_keeps_the_order_and_says_that_there_are_more(source):
    text = "SELECT id FROM carts ORDER BY id DESC"
    found = preview.preview(Dataset(source=source, sql=text), {})

    assert [row[0] for row in found.rows] == list(range(1999, 1949, -1))
    assert found.more


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"password": "wrong"}, "Access denied for user"), ({"port": 1}, "does not answer at port 1"),
     ({"database": "no_such"}, "Access denied|Unknown database"),
     ({"options": {"sslmode": "require"}}, "SSL"),
     ({"options": {"sslmode": "verify-full"}}, "SSL")],
)  # fmt: skip
def test_a_source_that_does_not_answer_is_told_without_its_password(maria, changes, says):
    away = SourceFactory.build(**maria.source_of(**changes))
    for ask in (away.connector.test, away.connector.tables):
        with pytest.raises(SourceUnavailable, match=says) as caught:
            ask(away)
        assert away.password not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [{"host": ""}, {"host": "/run/mysqld.sock"}, {"host": "a,b"}, {"database": ""},
     {"database": "mysql"}, {"database": "Information_Schema"}, {"username": ""},
     {"options": {"init_command": "x"}}, {"options": {"local_infile": "1"}},
     {"options": {"unix_socket": "/x"}}, {"options": {"read_default_file": "/etc/my.cnf"}},
     {"options": {"sslmode": "x"}}],
    ids=str,
)  # fmt: skip
def test_a_place_that_is_not_allowed_is_refused_before_it_is_asked(changes):
    source = SourceFactory.build(**{"kind": "mysql"} | changes)
    with pytest.raises(SourceUnavailable):
        source.connector.check(source)

"""PostgreSQL as a source: types, limits, and what a role that may write cannot do by us."""

import math
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from datasets import preview, sql, store
from datasets.connectors.registry import Limits, Progress
from datasets.errors import DatasetError, LimitExceeded, QueryFailed, SourceUnavailable
from datasets.models import Dataset
from tests.datasets.conftest import PASSWORD, WRITER, source_of
from tests.datasets.workers import eventually
from tests.factories.datasets import SourceFactory

LIMITS = Limits(rows=100_000, seconds=30)
HEAVY = "SELECT count(*) FROM generate_series(1, 400000) AS a, generate_series(1, 400000) AS b"


def fetch(source, text, limits=LIMITS, progress=None):
    canonical = sql.canonical(text, "postgres")
    with source.connector.stream(source, canonical, {}, limits, progress or Progress()) as reader:
        return reader.read_all()


VALUES = {
    "NULL::text": None,
    "''": "",
    "'NULL'": "NULL",
    "'a \"b\" c, d'": 'a "b" c, d',
    "E'line 1\\nline 2\\r\\nline 3'": "line 1\nline 2\r\nline 3",
    "E'\\n'": "\n",
    "'  '": "  ",
    "'äöü €😀 漢字'": "äöü €😀 漢字",
    "'\\.'": "\\.",
    "true": True,
    "NULL::bool": None,
    "1::smallint": 1,
    "9223372036854775807": 2**63 - 1,
    "NULL::int": None,
    "1.5::real": 1.5,
    "0.1::float8": 0.1,
    "'NaN'::float8": math.nan,
    "'-Infinity'::float8": -math.inf,
    "1.50::numeric(5, 2)": Decimal("1.50"),
    "-0.25::numeric(38, 2)": Decimal("-0.25"),
    "12345.678": 12345.678,  # without precision: a float
    "'NaN'::numeric": math.nan,
    "1.5::numeric(50, 2)": 1.5,
    "0.001::numeric(3, 5)": 0.001,
    "date '2026-02-28'": date(2026, 2, 28),
    "timestamp '2026-10-25 02:30:00.123456'": datetime(2026, 10, 25, 2, 30, 0, 123456),  # noqa: DTZ001
    "timestamptz '2026-10-25 02:30+02'": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    "time '12:30'": "12:30:00",
    "interval '1 year 2 days 03:04:05'": "1 year 2 days 03:04:05",
    "'6a4b2c0e-0000-4000-8000-000000000001'::uuid": "6a4b2c0e-0000-4000-8000-000000000001",
    '\'{"a": [1, "x\\n"]}\'::json': '{"a": [1, "x\\n"]}',
    "'{\"a\":1}'::jsonb": '{"a": 1}',
    "ARRAY[1, NULL, 3]": "{1,NULL,3}",
    "ARRAY['a,b', 'c\"d']": '{"a,b","c\\"d"}',
    "'\\x00ff'::bytea": "\\x00ff",
    "'192.168.0.1'::inet": "192.168.0.1",
    "ROW(1, 'a')": "(1,a)",
}


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_arrives_and_stays_as_it_is(source, expression):
    """Alone in its row, and in a column with others; from the source, and from the snapshot."""
    expected = VALUES[expression]
    table = fetch(source, f"SELECT {expression} AS a UNION ALL SELECT NULL")
    kept = store.execute(store.write(table.to_reader()).file, "SELECT a FROM snapshot", [])

    for found in (table.column("a").to_pylist(), kept.column("a").to_pylist()):
        assert len(found) == 2
        assert None in found
        value = found[0] if found[1] is None else found[1]
        if isinstance(expected, float) and math.isnan(expected):
            assert math.isnan(value)
        else:
            assert value == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/New_York"])
def test_days_in_sql_begin_as_on_the_pages(source, settings, zone):
    settings.TIME_ZONE = zone
    instant = datetime(2026, 7, 13, 23, 30, tzinfo=UTC)
    text = """SELECT at, date_trunc('day', at) AS "the ""first"" one", at::date AS date
              FROM (SELECT timestamptz '2026-07-13 23:30+00' AS at) q"""

    (row,) = zip(*(column.to_pylist() for column in fetch(source, text).columns), strict=True)

    local = instant.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0)
    assert row == (instant, midnight, local.date())


def test_an_instant_long_ago_arrives_as_it_is(source):
    """Time zones had odd seconds then, which a text in local time would show."""
    found = fetch(source, "SELECT timestamptz '0001-01-01 00:00+00' AS at")

    assert found.column("at").to_pylist() == [datetime(1, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    "value",
    [
        "'NaN'::numeric(5, 2)",
        "'infinity'::timestamptz",
        "'-infinity'::timestamp",
        "'infinity'::date",
        "date '0044-03-15 BC'",
        "date '10000-01-01'",
    ],
)
def test_a_value_that_cannot_be_kept_is_told_with_its_column(source, value):
    with pytest.raises(
        QueryFailed, match="The column 'odd' holds '.*', which a snapshot cannot keep"
    ):
        fetch(source, f"SELECT 1 AS fine, {value} AS odd")


def test_no_rows_have_columns_all_the_same(source):
    assert fetch(source, "SELECT id, country FROM carts WHERE false").schema.names == [
        "id",
        "country",
    ]


@pytest.mark.parametrize("columns", ["1 AS a, 2 AS a", '1 AS a, 2 AS "A"', "c.*, k.* "])
def test_two_columns_of_one_name_are_refused(source, columns):
    tables = "FROM customers c JOIN carts k USING (id)" if "*" in columns else ""
    with pytest.raises(QueryFailed, match="Two columns are named"):
        fetch(source, f"SELECT {columns} {tables}")


def test_no_columns_are_refused(source):
    with pytest.raises(QueryFailed, match="no columns"):
        fetch(source, "SELECT FROM carts")


@pytest.mark.parametrize("keep", [lambda reader: reader.read_all(), store.write])
@pytest.mark.parametrize(
    ("limits", "says"),
    [(Limits(rows=5999, seconds=30), "more than 5,999 rows"),
     (Limits(rows=10_000, seconds=30, bytes=1000), "more than 1,000 bytes")],
)  # fmt: skip
def test_more_than_the_limit_is_an_error_in_words(source, limits, says, keep):
    with (
        pytest.raises(LimitExceeded, match=says),
        source.connector.stream(source, "SELECT * FROM carts", {}, limits, Progress()) as reader,
    ):
        keep(reader)


def at_work(warehouse):
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%400000%' AND state = 'active'"
    )
    return warehouse(asked)[0][0]


def test_at_the_time_limit_the_source_stops_working(source, warehouse):
    with pytest.raises(LimitExceeded, match="told to stop after 0.5 s"):
        fetch(source, HEAVY, Limits(rows=10, seconds=0.5))
    eventually(lambda: at_work(warehouse) == 0, "The source works on.")


def test_a_cancelled_query_stops_working_at_the_source(source, warehouse):
    progress, caught = Progress(), []

    def ask():
        with pytest.raises(LimitExceeded) as error:
            fetch(source, HEAVY, Limits(rows=10, seconds=120), progress)
        caught.append(error.value)

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: at_work(warehouse) == 1, "The source was not asked.")
    progress.cancel.set()
    asking.join(60)

    assert caught
    eventually(lambda: at_work(warehouse) == 0, "The source works on.")


WRITES = [
    "DELETE FROM carts",
    "INSERT INTO customers VALUES (99)",
    "CREATE TABLE stolen (a int)",
    "DROP TABLE carts",
    "WITH x AS (DELETE FROM carts RETURNING *) SELECT * FROM x",
    "SELECT * INTO stolen FROM carts",
    "SELECT 1; DELETE FROM carts",
    "SELECT * FROM carts FOR UPDATE",
    "EXPLAIN ANALYZE CREATE TABLE stolen AS SELECT 1",
    "SELECT 1) TO '/tmp/h4/stolen' --",
    "SELECT 1) TO PROGRAM 'touch /tmp/h4/stolen' --",
    "SELECT 1) q) TO PROGRAM 'id' --",
    "COMMIT; DELETE FROM carts",
    "SET default_transaction_read_only = off",
    "SELECT lo_create(4711)",
    "SELECT nextval('carts_seq')",
    "DO $$ BEGIN DELETE FROM carts; END $$",
]


@pytest.mark.parametrize("statement", WRITES)
def test_a_role_that_could_write_cannot_through_us(warehouse, statement, settings):
    settings.SOURCES_MAY_WRITE = True
    writer = SourceFactory.build(**source_of(WRITER))
    for gate in (sql.canonical, lambda text, dialect: text):  # the engine's own walls alone, too
        with pytest.raises(DatasetError):  # noqa: PT012
            text = gate(statement, "postgres")
            writer.connector.check_sql(writer, text, {})
            with writer.connector.stream(writer, text, {}, LIMITS, Progress()) as reader:
                reader.read_all()

    state = "SELECT (SELECT count(*) FROM carts), to_regclass('stolen'), (SELECT count(*) FROM pg_largeobject_metadata)"  # noqa: E501
    assert warehouse(state) == [(6000, None, 0)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"password": "wrong hörse"}, "password authentication failed"),
        ({"username": "nobody"}, "password authentication failed"),
        ({"port": 1}, "Connection refused"),
        ({"database": "no_such"}, 'database "no_such" does not exist'),
        (
            {"host": "no-such-host.invalid"},
            "The name of the host 'no-such-host.invalid' is not known",
        ),
        ({"options": {"sslmode": "require"}}, "SSL"),
    ],
)
def test_a_source_that_does_not_answer_is_told_without_its_password(warehouse, changes, says):
    away = SourceFactory.build(**source_of(**changes))
    for ask in (away.connector.test, away.connector.tables, lambda s: fetch(s, "SELECT 1 AS a")):
        with pytest.raises(SourceUnavailable, match=says) as caught:
            ask(away)
        assert away.password not in str(caught.value)
        assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "/tmp"},
        {"host": ""},
        {"host": "a,b"},
        {"database": ""},
        {"username": ""},
        {"options": {"options": "-c statement_timeout=0"}},
        {"options": {"service": "x"}},
        {"options": {"sslmode": "x"}},
        {"options": {"host": "x"}},
        {"options": {"passfile": "/etc/passwd"}},
    ],
    ids=str,
)
def test_a_place_that_is_not_allowed_is_refused_before_it_is_asked(changes):
    with pytest.raises(SourceUnavailable):
        SourceFactory.build(**{"kind": "postgresql"} | changes).connector.check(
            SourceFactory.build(**{"kind": "postgresql"} | changes)
        )


@pytest.mark.parametrize(
    "name",
    ["shop options='-c statement_timeout=0'", "postgresql://evil/db", "dbname=postgres host=/tmp"],
)
def test_a_databases_name_is_no_connection_string(warehouse, name):
    made = SourceFactory.build(**source_of(database=name))
    with pytest.raises(SourceUnavailable):  # noqa: PT012
        made.connector.check(made)
        made.connector.test(made)


def test_the_rights_of_the_role_are_told(warehouse, source, settings):
    settings.SOURCES_MAY_WRITE = True
    writer = SourceFactory.build(**source_of(WRITER))

    assert "The role tests_reader may only read." in source.connector.test(source)
    assert any(
        line == "Warning: the role tests_writer may do more than read: may make tables (CREATE on "
        "the schema public); may write public.carts, public.customers."
        for line in writer.connector.test(writer)
    )


def test_only_granted_tables_are_shown(source):
    tables = {table.name: dict(table.columns) for table in source.connector.tables(source)}

    assert set(tables) == {"carts", "customers"}
    assert tables["carts"]["amount"] == "numeric(10,2)"


def test_a_preview_has_fifty_rows_and_says_that_there_are_more(source):
    found = preview.preview(Dataset(source=source, sql="SELECT id FROM carts ORDER BY id"), {})
    few = preview.preview(Dataset(source=source, sql="SELECT id FROM carts WHERE id < 50"), {})

    assert (len(found.rows), found.more, found.columns) == (
        50,
        True,
        [{"name": "id", "type": "integer"}],
    )
    assert (len(few.rows), few.more) == (50, False)

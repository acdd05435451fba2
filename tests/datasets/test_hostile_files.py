"""Hostile and legitimate statements on a real SQLite and a real DuckDB, both in the jail."""

import io
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets import denied, jail, sql
from datasets.connectors.registry import Limits
from datasets.errors import DatasetError
from datasets.jailed import Refused, database, duck
from datasets.jailed import sqlite as child
from tests.datasets import statements
from tests.factories.datasets import SourceFactory

ALL_ROWS = Limits(rows=10_000, seconds=20)
ENGINES = ("sqlite", "duckdb")
LISTED = {engine: statements.hostile(engine) for engine in ENGINES}
#: Of SQLite, by its own list: no effect, nothing of the machine.
SQLITE_FUNCTIONS = """
-> ->> abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce
concat concat_ws cos cosh count cume_dist current_date current_time current_timestamp date
datetime degrees dense_rank exp first_value floor format glob group_concat hex highlight ifnull if
iif instr julianday lag last_insert_rowid last_value lead length like likelihood likely ln log
log10 log2 lower ltrim match matchinfo max median min mod nth_value ntile nullif octet_length
offsets percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians
random rank replace round row_number rtreedepth rtreenode rtrim sign sin sinh snippet soundex sqrt
strftime string_agg substr substring subtype sum tan tanh time timediff total total_changes trim
trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper geopoly_area
"""
DUCKDB_VOLATILE = {
    "gen_random_uuid", "random", "setseed", "uuid", "uuidv4", "uuidv7", "vector_type",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory, carts_table, warehouse):
    """The portal's files folder, with the carts in both kinds of databases."""
    made = tmp_path_factory.mktemp("files")
    parquet = made.parent / f"{made.name}.parquet"
    pq.write_table(carts_table, parquet)
    script = f"""
        import duckdb
        c = duckdb.connect({str(made / "shop.duckdb")!r})
        c.execute("SET TimeZone = 'Europe/Berlin'")
        c.execute("CREATE TABLE carts AS SELECT *, "
                  "json_object('k', id % 3, 'list', [id, id + 1]) AS doc FROM {parquet}")
        c.execute("CREATE TABLE customers AS SELECT range AS id, "
                  "['DE', 'AT', 'FR'][range % 3 + 1] AS country FROM range(1, 10)")
        c.execute("CREATE SEQUENCE numbers")
        c.execute("CREATE VIEW reaches_out AS SELECT * FROM read_text('/etc/passwd')")
        c.execute("CREATE MACRO macro_reads() AS TABLE SELECT * FROM read_text('/etc/passwd')")
    """
    script = script.replace(f"FROM {parquet}", f"FROM '{parquet}'")
    # In a process of its own: this one has a DuckDB with other settings.
    lines = "\n".join(line.strip() for line in script.splitlines())
    subprocess.run([sys.executable, "-c", lines], check=True)
    with sqlite3.connect(made / "shop.db") as connection:
        connection.execute(
            "CREATE TABLE carts (id INTEGER PRIMARY KEY, created_at TIMESTAMP, wall DATETIME,"
            " day DATE, country VARCHAR(9), amount DECIMAL(10, 2), items INT, score REAL,"
            " recovered BOOLEAN, note TEXT, doc JSON)"
        )
        for n, row in enumerate(zip(*(c.to_pylist() for c in carts_table.columns), strict=True)):
            at, wall, day, country, amount, *rest = row[1:]
            values = [row[0], at.isoformat(), wall.isoformat(" "), day.isoformat(), country,
                      None if amount is None else float(amount), *rest,
                      f'{{"k": {n % 3}, "list": [{n}, {n + 1}]}}']  # fmt: skip
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO carts VALUES ({marks})", values)
        connection.executescript(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, country TEXT);"
            "INSERT INTO customers SELECT id, country FROM carts WHERE id BETWEEN 1 AND 9;"
            "CREATE VIRTUAL TABLE notes USING fts5(title);"
            "INSERT INTO notes VALUES ('a cart'), ('no cat')"
        )
    connection.close()
    return made


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def source(folder, engine, settings):
    settings.FILES_FOLDER = folder
    name = {"sqlite": "shop.db", "duckdb": "shop.duckdb"}[engine]
    return SourceFactory.build(kind=engine, host="", username="", password="", database=name)


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory, engine):
    folder = tmp_path_factory.mktemp("canaries")
    other = folder / "other"
    with (sqlite3 if engine == "sqlite" else duckdb).connect(str(other)) as connection:
        connection.execute("CREATE TABLE secrets (a text)")
        connection.execute(f"INSERT INTO secrets VALUES ('{statements.SECRET}')")
    connection.close()
    with statements.canaries(folder / "open", other) as made:
        yield made


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", sorted(set(LISTED["sqlite"]) | set(LISTED["duckdb"])))
def test_hostile_statements_are_refused_or_harmless(source, folder, engine, laid_out, kind):
    before = state(folder)
    statements.check(source, kind, LISTED[engine].get(kind, []), laid_out)

    assert state(folder) == before


def test_the_engines_walls_alone_hold_without_our_parser(folder, engine, laid_out):
    """Each statement that is no bomb, sent to the engine as the child would."""
    before = state(folder)
    for kind, listed in LISTED[engine].items():
        for statement in (s for s in listed if kind not in ("bombs", "waiting")):
            try:
                found = in_process(engine, folder, laid_out.fill(statement))
            except (Refused, sqlite3.Error, ValueError):
                continue
            assert statements.SECRET not in str(found), statement
            assert "root:" not in str(found), statement

    assert state(folder) == before
    laid_out.check()


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM read_text('{secret}')", "COPY carts TO '{folder}/stolen.csv'",
     "SELECT * FROM 'http://127.0.0.1:{port}/x.csv'", "ATTACH '{other}' AS other",
     "VACUUM INTO '{folder}/stolen.db'"],
)  # fmt: skip
def test_the_whole_child_holds_without_our_parser(source, folder, laid_out, statement):
    text = laid_out.fill(statement)
    request = {**source.connector.request(source), "sql": text, "shape": text, "limit": 99}
    with pytest.raises(DatasetError), jail.run(request, 5) as reader:
        reader.read_all()

    laid_out.check()


def in_process(engine, folder, text, rows=10_000) -> list[tuple]:
    """As the child does, without its limits of the operating system."""
    request = {"sql": text, "shape": text, "limit": rows, "seconds": 20}
    out = io.BytesIO()
    if engine == "sqlite":
        connection = child.connect(str(folder / "shop.db"))
        try:
            child.query(connection, request, out)
        finally:
            connection.close()
    else:
        with database.connect(str(folder / "shop.duckdb")) as connection:
            duck.lock(connection, "Europe/Berlin")
            duck.answer(connection, request, out)
    return statements.rows_of(pa.ipc.open_stream(out.getvalue()).read_all())


@pytest.mark.parametrize(
    ("engine", "statement"),
    [(engine, text) for engine in ENGINES for text in statements.legitimate(engine)],
    indirect=["engine"],
)
def test_legitimate_statements_give_the_rows_of_their_original_text(folder, engine, statement):
    sent = sql.keep_order(sql.canonical(statement, engine), engine, 10_000)
    found = in_process(engine, folder, sent)
    expected = statements.plain(original(engine, folder, statement))

    if "ORDER BY" not in statement:
        expected, found = sorted(expected, key=repr), sorted(found, key=repr)
    assert found == expected


def test_the_connector_gives_typed_rows(source):
    columns = "id, created_at, wall, day, country, amount, items, score, recovered, note"
    text = f"SELECT {columns} FROM carts WHERE id IN (1, 7) ORDER BY id"
    found = statements.run(source, text, ALL_ROWS)

    assert [str(kind) for kind in found.schema.types][:6] == [
        "int64" if source.kind == "sqlite" else "int32", "timestamp[us, tz=UTC]", "timestamp[us]",
        "date32[day]", "string", "decimal128(10, 2)",
    ]  # fmt: skip
    first, second = found.to_pylist()
    assert first["created_at"] == datetime(2026, 10, 26, 8, 53, tzinfo=UTC)
    assert first["amount"] == Decimal("5.29")
    assert (first["recovered"], second["amount"]) == (False, None)
    empty = statements.run(source, f"SELECT {columns} FROM carts WHERE id < 0", ALL_ROWS)
    assert empty.num_rows == 0
    # Whether SQLite's times have a zone, only their texts tell.
    kinds = zip(empty.schema, found.schema, strict=True)
    assert [a.name for a, b in kinds if a.type != b.type] in ([], ["created_at"])


def original(engine, folder, statement):
    if engine == "sqlite":
        connection = sqlite3.connect(folder / "shop.db")
        rows = connection.execute(statement).fetchall()
        connection.close()
        return rows
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'shop.duckdb'}' AS shop (READ_ONLY)")
        connection.execute("USE shop; SET TimeZone = 'Europe/Berlin'")
        table = connection.sql(statement).to_arrow_table()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_every_function_of_sqlite_is_known_as_harmless_or_refused():
    connection = sqlite3.connect(":memory:")
    found = {name for (name,) in connection.execute("SELECT name FROM pragma_function_list")}
    connection.close()

    assert len(found) > 100
    allowed = {name for name in found if not denied.SQLITE.refuse_function(name)}
    assert {
        name for name in allowed - set(SQLITE_FUNCTIONS.split()) if not name.startswith("json")
    } == set()


def test_sqlite_may_do_nothing_but_read():
    """Of all that an authorizer can be asked, by the numbers in sqlite3's own module."""
    asked = {
        name: value for name, value in vars(sqlite3).items()
        if name.startswith(("SQLITE_CREATE", "SQLITE_DROP", "SQLITE_ALTER", "SQLITE_DELETE",
                            "SQLITE_INSERT", "SQLITE_UPDATE", "SQLITE_PRAGMA", "SQLITE_ATTACH",
                            "SQLITE_DETACH", "SQLITE_ANALYZE", "SQLITE_REINDEX",
                            "SQLITE_TRANSACTION", "SQLITE_SAVEPOINT"))
    }  # fmt: skip
    assert len(asked) > 20
    for name, value in asked.items():
        assert child._reading(value, "carts", "id", "main", None) == sqlite3.SQLITE_DENY, name


def test_every_function_of_duckdb_with_an_effect_or_for_a_table_is_refused():
    with duckdb.connect() as connection:
        volatile = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE'"
            " AND function_type IN ('scalar', 'macro', 'aggregate')"
        ).fetchall()
        for_tables = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN"
            " ('table', 'table_macro', 'pragma')"
        ).fetchall()

    assert len(volatile) > 10
    assert len(for_tables) > 100
    allowed = {name for (name,) in volatile if not denied.DUCKDB.refuse_function(name)}
    assert allowed == DUCKDB_VOLATILE
    stand_in = {name for (name,) in for_tables} & denied.DUCKDB.in_from
    assert stand_in == {"range", "generate_series", "unnest", "json_each", "json_tree", "repeat",
                        "repeat_row"}  # fmt: skip

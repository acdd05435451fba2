"""Hostile statements on a real PostgreSQL: nothing moves, nothing leaks, nothing runs on."""

import psycopg2
import pytest

from datasets import denied, sql
from datasets.connectors import postgresql
from datasets.errors import DatasetError, SourceRefused
from tests.datasets import statements
from tests.datasets.conftest import WAREHOUSE, WRITER, as_owner, source_of
from tests.datasets.workers import eventually
from tests.factories.datasets import SourceFactory

LISTED = statements.hostile("postgresql")
WRITING = ("ddl", "dml", "into", "copy", "code", "session", "statements", "sequences")
STATE = """SELECT (SELECT count(*) FROM carts), (SELECT sum(amount) FROM carts),
    (SELECT count(*) FROM pg_class WHERE relname = 'stolen'), (SELECT count(*) FROM pg_roles),
    (SELECT count(*) FROM pg_extension), (SELECT count(*) FROM pg_largeobject_metadata),
    (SELECT last_value FROM numbers), (SELECT count(*) FROM pg_replication_slots),
    (SELECT setting FROM pg_settings WHERE name = 'log_statement'),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
    (SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%DECLARE gate%'
        AND usename LIKE 'tests%')"""
#: Volatile, and without an effect that outlives the statement.
HARMLESS = {
    "array_sample", "array_shuffle", "clock_timestamp", "gen_random_uuid", "random",
    "random_normal", "setseed", "timeofday", "uuidv4", "uuidv7", "amvalidate",
    "pg_database_size", "pg_indexes_size", "pg_relation_size", "pg_table_size",
    "pg_total_relation_size", "pg_partition_ancestors", "pg_partition_tree", "pg_is_in_recovery",
}  # fmt: skip


@pytest.fixture(scope="module")
def laid_out(warehouse, tmp_path_factory):
    warehouse("CREATE SEQUENCE IF NOT EXISTS numbers")
    warehouse("GRANT SELECT, USAGE ON numbers TO tests_reader, tests_writer")
    warehouse("DELETE FROM secret_plans.salaries")
    warehouse("INSERT INTO secret_plans.salaries VALUES (%s, 1)", statements.SECRET)
    folder = tmp_path_factory.mktemp("canaries")
    folder.parent.parent.chmod(0o755)
    with statements.canaries(folder / "open", folder / "none") as made:
        yield made


@pytest.mark.parametrize("kind", LISTED)
def test_hostile_statements_are_refused_or_harmless(warehouse, source, laid_out, kind):
    before = warehouse(STATE)
    statements.check(source, kind, LISTED[kind], laid_out)

    # The server may need a moment to end what was cancelled.
    eventually(lambda: warehouse(STATE) == before, "Something is left of it.")


@pytest.mark.parametrize("kind", WRITING)
def test_the_grammar_alone_stops_a_role_that_may_write(warehouse, laid_out, settings, kind):
    """Without our parser: the server takes a query for its cursor, and nothing else."""
    settings.SOURCES_MAY_WRITE = True
    before, writer = warehouse(STATE), SourceFactory.build(**source_of(WRITER))
    for statement in LISTED[kind]:
        text = laid_out.fill(statement)
        if ";" in text.partition("'")[0]:
            continue  # a cursor ends at a semicolon: what comes behind is the parser's to see
        with writer.connector._session(writer, 2) as session, session.cursor() as cursor:
            try:
                postgresql._declare(cursor, text)
            except (psycopg2.Error, ValueError, DatasetError):
                continue

    assert warehouse(STATE) == before
    laid_out.check()


@pytest.mark.parametrize("kind", [*WRITING, "files", "sql in text", "system tables"])
def test_the_role_and_its_read_only_session_alone_hold(warehouse, source, laid_out, kind):
    before = warehouse(STATE)
    with source.connector._session(source, 2) as session:
        session.rollback()
        session.autocommit = True
        for statement in (s for s in LISTED[kind] if "sleep" not in s):
            with session.cursor() as cursor:
                try:
                    cursor.execute(laid_out.fill(statement))
                    rows = cursor.fetchall() if cursor.description else []
                except (psycopg2.Error, ValueError):
                    continue
                assert statements.SECRET not in str(rows), statement

    after = warehouse(STATE)
    # The granted sequence is the one thing a role moves that an operator let count.
    assert after[0][:6] == before[0][:6]
    laid_out.check()


def test_functions_of_the_catalogue_with_effects_are_refused(warehouse):
    """What the server itself calls volatile, and may be called from SQL, is refused by name or
    listed as harmless."""
    found = warehouse(
        "SELECT DISTINCT proname FROM pg_proc p JOIN pg_type t ON t.oid = prorettype"
        " WHERE provolatile = 'v' AND prokind = 'f' AND pronamespace = 'pg_catalog'::regnamespace"
        " AND typname NOT IN ('trigger', 'internal', 'language_handler', 'table_am_handler',"
        " 'index_am_handler', 'tsm_handler', 'event_trigger')"
        " AND NOT 2281 = ANY (proargtypes::oid[])"  # internal
    )
    names = {name.lower() for (name,) in found}
    assert len(names) > 150
    allowed = {name for name in names if not denied.POSTGRES.refuse_function(name)}
    assert allowed - HARMLESS == set()


@pytest.mark.parametrize(
    "like", ["pg_read%", "pg_ls%", "lo\\_%", "%to_xml%", "pg_stat_get%", "%advisory%", "pg_show%"]
)
def test_functions_of_the_dangerous_classes_are_refused_whatever_they_call_themselves(
    warehouse, like
):
    found = warehouse("SELECT DISTINCT proname FROM pg_proc WHERE proname LIKE %s", like)

    assert found
    assert [name for (name,) in found if not denied.POSTGRES.refuse_function(name)] == []


def test_system_tables_are_refused_unless_they_only_describe(warehouse):
    found = warehouse(
        "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace"
        " AND relkind IN ('r', 'v') AND NOT relname ~ '^pg_(class|namespace|attr|type|index|am$|"
        "constraint|enum|description|range|tables|views|matviews|inherits|partitioned|collation|"
        "timezone)'"
    )
    assert len(found) > 90
    for (name,) in found:
        assert denied.POSTGRES.refuse_table("", name), name
        assert denied.POSTGRES.refuse_table("pg_catalog", name), name


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        ("ALTER ROLE tests_extra SUPERUSER", "is a superuser"),
        ("ALTER ROLE tests_extra BYPASSRLS", r"passes by row security \(BYPASSRLS\)"),
        ("ALTER ROLE tests_extra CREATEROLE", "may make roles"),
        ("GRANT pg_write_all_data TO tests_extra", "is a member of pg_write_all_data"),
        ("GRANT pg_execute_server_program TO tests_extra", "pg_execute_server_program"),
        ("GRANT portal TO tests_extra", "is a member of portal"),
        ("GRANT CREATE ON SCHEMA public TO tests_extra", r"may make tables \(CREATE on .* public"),
        ("GRANT CREATE ON DATABASE tests_warehouse TO tests_extra", "may make schemas"),
        ("GRANT DELETE ON carts TO tests_extra", "may write public.carts"),
        ("GRANT UPDATE (note) ON carts TO tests_extra", "may write public.carts"),
        ("GRANT TRIGGER ON carts TO tests_extra", "may write public.carts"),
    ],
)
def test_a_role_that_may_do_more_than_read_is_refused(warehouse, grant, says):
    warehouse("CREATE ROLE tests_extra LOGIN PASSWORD 'x'")
    try:
        warehouse("GRANT SELECT ON carts TO tests_extra")
        reads = SourceFactory.build(**source_of("tests_extra", password="x"))
        assert "The role tests_extra may only read." in reads.connector.test(reads)
        warehouse(grant)
        for ask in (reads.connector.test, lambda s: statements.run(s, "SELECT 1 AS a")):
            with pytest.raises(SourceRefused, match=says):
                ask(reads)
    finally:
        warehouse("DROP OWNED BY tests_extra; DROP ROLE tests_extra")


def test_the_portals_own_database_is_never_a_source(warehouse, settings):
    settings.SOURCES_MAY_WRITE = True
    as_owner("postgres", "DROP ROLE IF EXISTS tests_own")
    as_owner("postgres", "CREATE ROLE tests_own LOGIN PASSWORD 'x'")
    own = settings.DATABASES["default"]["NAME"]
    try:
        as_owner("postgres", f'GRANT CONNECT ON DATABASE "{own}" TO tests_own')
        source = SourceFactory.build(**source_of("tests_own", password="x", database=own))
        for ask in (source.connector.test, lambda s: statements.run(s, "SELECT 1 AS a")):
            with pytest.raises(SourceRefused, match="the portal's own database"):
                ask(source)
        source.database = WAREHOUSE
        assert statements.run(source, "SELECT 1 AS a").num_rows == 1
    finally:
        as_owner("postgres", f'REVOKE ALL ON DATABASE "{own}" FROM tests_own')
        as_owner("postgres", "DROP ROLE tests_own")


def test_the_fields_of_the_portals_own_database_are_refused_before_they_are_used(
    settings, monkeypatch
):
    own = settings.DATABASES["default"]
    monkeypatch.setitem(own, "HOST", "db.example.org")
    monkeypatch.setitem(own, "PORT", 5433)
    names = {"host": "DB.example.org", "port": 5433, "database": own["NAME"]}
    source = SourceFactory.build(**source_of(**names))

    with pytest.raises(SourceRefused, match="own database"):
        source.connector.check(source)
    source.database = "shop"
    source.connector.check(source)
    assert sql.canonical("SELECT 1", "postgres") == "SELECT 1"

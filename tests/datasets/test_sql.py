"""What is refused before any engine sees it, and where the author is told to look."""

import pytest

from datasets import sql
from datasets.errors import SqlRefused

REFUSED = {
    "two statements": ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", ";;", "SELECT 1;;SELECT 2"],
    "no query": [
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "TRUNCATE t",
        "VACUUM",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
        "DROP TABLE t",
        "GRANT SELECT ON t TO x",
        "CREATE TABLE x AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "ALTER TABLE t ADD a int",
        "CALL p()",
        "REFRESH MATERIALIZED VIEW v",
        "LOCK TABLE t",
        "LISTEN x",
        "NOTIFY x",
        "VALUES (1)",
        "",
        "-- nothing",
        "no SQL at all",
    ],
    "session": [
        "SET statement_timeout = 0",
        "RESET ALL",
        "SHOW ALL",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "DISCARD ALL",
        "SET ROLE x",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DECLARE c CURSOR FOR SELECT 1",
        "FETCH c",
        "DEALLOCATE p",
    ],
    "writing in a CTE": [
        "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x",
        "WITH x AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM x",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "SELECT * FROM (WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x) q",
    ],
    "select into": [
        "SELECT * INTO copy FROM t",
        "SELECT 1 INTO TEMP x",
        "WITH a AS (SELECT 1) SELECT * INTO x FROM a",
    ],
    "locks": [
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t FOR NO KEY UPDATE",
        "SELECT * FROM t FOR SHARE",
        "SELECT * FROM t FOR KEY SHARE SKIP LOCKED",
        "SELECT * FROM (SELECT * FROM t FOR UPDATE) q",
    ],
    "files and programs": [
        "COPY t TO '/tmp/x'",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "COPY t FROM '/etc/passwd'",
    ],
    "code": [
        "DO $$ BEGIN END $$",
        "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1",
        "EXPLAIN SELECT 1",
    ],
    "out of the brackets of COPY": ["select 1) to '/file' --", "select 1) to program 'id' --"],
    "unicode escapes in names": [
        "SELECT U&\"pg_\\0072ead_file\"('x')",
        'SELECT u&"\\0070g_sleep"(1)',
        "SELECT U&'\\0041'",
    ],
}
DENIED = [
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_dir",
    "pg_ls_logdir",
    "pg_stat_file",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_notify",
    "pg_advisory_lock",
    "pg_advisory_xact_lock",
    "pg_try_advisory_lock",
    "pg_logical_emit_message",
    "pg_switch_wal",
    "pg_promote",
    "pg_create_physical_replication_slot",
    "pg_drop_replication_slot",
    "pg_export_snapshot",
    "pg_stat_reset",
    "pg_backup_start",
    "pg_clear_relation_stats",
    "pg_restore_relation_stats",
    "pg_current_xact_id",
    "txid_current",
    "lo_import",
    "lo_export",
    "lo_create",
    "lo_from_bytea",
    "lo_put",
    "lo_unlink",
    "loread",
    "lowrite",
    "dblink",
    "dblink_exec",
    "query_to_xml",
    "table_to_xml",
    "schema_to_xml",
    "database_to_xml",
    "cursor_to_xml",
    "query_to_xmlschema",
    "schema_to_xml_and_xmlschema",
    "ts_stat",
    "ts_rewrite",
    "set_config",
    "current_setting",
    "nextval",
    "setval",
    "currval",
    "lastval",
    "brin_summarize_new_values",
    "gin_clean_pending_list",
    "has_table_privilege",
]
SPELLINGS = [
    "SELECT {0}('x')",
    "SELECT {0} ('x')",
    "SELECT {0}/**/('x')",
    "SELECT \"{0}\"('x')",
    "SELECT {1}('x')",
    "SELECT pg_catalog.{0}('x')",
    'SELECT "pg_catalog"."{0}"(\'x\')',
    "SELECT PG_CATALOG . {1}('x')",
    "SELECT db.pg_catalog.{0}('x')",
    "SELECT * FROM {0}('x')",
    "SELECT * FROM {0}('x') AS f",
    "SELECT * FROM ROWS FROM ({0}('x'))",
    "SELECT * FROM t, LATERAL {0}('x')",
    "SELECT (SELECT {0}('x'))",
    "SELECT 1 WHERE EXISTS (SELECT {0}('x'))",
    "SELECT a FROM t ORDER BY {0}('x')",
    "SELECT 1 LIMIT {0}('x')",
    "SELECT sum(a) FILTER (WHERE {0}('x') IS NULL) FROM t",
    "SELECT CASE WHEN a THEN {0}('x') END FROM t",
    "SELECT a FROM t GROUP BY a HAVING {0}('x') IS NULL",
    "SELECT rank() OVER (ORDER BY {0}('x'))",
    "SELECT 1 FROM a JOIN b ON {0}('x')",
    "SELECT upper({0}('x')::text)",
    "SELECT 1 UNION SELECT {0}('x')",
    "WITH a AS (SELECT {0}('x')) SELECT * FROM a",
    "SELECT {0}(VARIADIC ARRAY['x'])",
]


@pytest.mark.parametrize(
    "statement",
    [pytest.param(text, id=f"{kind}: {text[:40]}") for kind in REFUSED for text in REFUSED[kind]],
)
def test_what_is_no_plain_query_is_refused(statement):
    with pytest.raises(SqlRefused):
        sql.canonical(statement, "postgres")


@pytest.mark.parametrize("function", DENIED)
def test_functions_with_effects_are_refused(function):
    with pytest.raises(SqlRefused, match=rf"The function {function}\(\) is not allowed"):
        sql.canonical(f"SELECT {function}('x')", "postgres")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("function", ["pg_read_file", "lo_import", "set_config"])
def test_a_denied_function_is_found_wherever_and_however_it_is_written(spelling, function):
    with pytest.raises(SqlRefused, match=rf"{function}\(\) is not allowed"):
        sql.canonical(spelling.format(function, function.title()), "postgres")


@pytest.mark.parametrize(
    "function", ["read_csv", "read_text", "glob", "getenv", "duckdb_settings", "query"]
)
def test_functions_of_duckdb_that_leave_the_folder_are_refused(function):
    with pytest.raises(SqlRefused):
        sql.canonical(f"SELECT * FROM {function}('x')", "duckdb")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT pg_read_file FROM t",
        "SELECT 'pg_sleep(1)' AS a",
        "SELECT nextval FROM t AS lo_import",
        "SELECT pg_typeof(1)",
        'SELECT "DELETE" FROM t',
        "SELECT 'a; b' AS a",
    ],
)
def test_a_name_or_a_text_that_looks_like_a_refused_one_is_fine(text):
    assert sql.canonical(text, "postgres")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 /* secret */",
        "SELECT /*!50000 1 */ 2",
        "SELECT 1 -- secret",
        "SELECT /* a /* secret */ */ 1",
        "-- secret\nSELECT 1",
        "SELECT 1 /*+ secret */ AS a",
    ],
)
def test_no_text_of_a_comment_is_sent(text):
    sent = sql.canonical(text, "postgres")

    assert "secret" not in sent
    assert "/*" not in sent
    assert "--" not in sent


def test_a_comment_sign_within_a_text_stays():
    assert "'a -- b /* c */'" in sql.canonical("SELECT 'a -- b /* c */' AS a", "postgres")


def test_nul_is_refused():
    with pytest.raises(SqlRefused, match="NUL"):
        sql.canonical("SELECT 1\x00; DROP TABLE t", "postgres")


@pytest.mark.parametrize(("length", "fits"), [(sql.LONGEST, True), (sql.LONGEST + 1, False)])
def test_a_statement_has_a_greatest_length(length, fits):
    head = "SELECT 1 AS a, '"
    text = head + "x" * (length - len(head) - 1) + "'"
    if fits:
        assert sql.canonical(text, "postgres") == text
    else:
        with pytest.raises(SqlRefused, match="at most 200,000 characters"):
            sql.canonical(text, "postgres")


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("(SELECT ", ")"), ("abs(", ")")])
def test_brackets_have_a_greatest_depth(opening, closing):
    with pytest.raises(SqlRefused, match="nested"):
        sql.canonical(f"SELECT {opening * 5000}1{closing * 5000}", "postgres")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "ARRAY[" * 5000 + "1" + "]" * 5000,
        "SELECT " + "CASE WHEN true THEN " * 5000 + "1" + " END" * 5000,
        "SELECT " + "NOT " * 20_000 + "true",
        "SELECT " + "- " * 20_000 + "1",
        "SELECT 1" + " + 1" * 20_000,
        "SELECT 1" + " UNION SELECT 1" * 5000,
        "SELECT 1 WHERE true" + " AND true" * 10_000,
    ],
    ids=["arrays", "cases", "nots", "signs", "sum", "unions", "ands"],
)
def test_other_deep_texts_are_answered_or_refused_but_never_crash(text):
    try:
        assert sql.canonical(text, "postgres")
    except SqlRefused as refusal:
        assert str(refusal)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("SELECT 1) to '/file' --", 1, 9),
        ("SELECT\n  1 +\n  FROM t", 3, 3),
        ("SELECT a,\n  b c d\nFROM t", 2, 7),
    ],
)
def test_the_author_is_told_line_and_column(text, line, column):
    with pytest.raises(SqlRefused) as caught:
        sql.canonical(text, "postgres")

    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"Line {line}, column {column}: " in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["SELECT 1 +\nFROM t", "SELECT a,\nFROM\n  WHERE", "SELECT 'abc", 'SELECT "a', "SELECT /* a"],
)
def test_the_author_reads_words_and_not_the_parsers_classes(text):
    with pytest.raises(SqlRefused) as caught:
        sql.canonical(text, "postgres")

    assert "<" not in str(caught.value)
    assert "sqlglot" not in str(caught.value)


def test_parameters_are_found_once_each_in_their_order():
    text = "SELECT :b, :a, 'not :c', x::int FROM t WHERE d = :b -- :e"

    assert sql.parameters(text, "postgres") == ["b", "a"]


def test_a_missing_parameter_is_named():
    with pytest.raises(SqlRefused, match="Give a value to the parameter since"):
        sql.require_values("SELECT :since, :until", "postgres", {"until": 1})


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "date", "datetime"])
@pytest.mark.parametrize("text", ["", "x", "1; DROP TABLE t", "2026-13-01"])
def test_a_text_that_is_not_of_the_parameters_type_is_refused(kind, text):
    with pytest.raises(ValueError):
        sql.typed(text, kind)

"""Hostile and legitimate statements on a real MariaDB: nothing moves, and rows are right."""

import re

import pymysql
import pytest

from datasets import denied, sql
from datasets.connectors import mysql
from datasets.connectors.registry import Limits
from datasets.errors import DatasetError, SourceRefused
from datasets.rights import mysql as rights
from tests.datasets import mariadb, statements
from tests.factories.datasets import SourceFactory

LISTED = statements.hostile("mysql")
WRITING = ("ddl", "dml", "into", "version comments", "code", "session", "sequences")
ALL_ROWS = Limits(rows=10_000, seconds=20)
OF_NO_USE = {"last_insert_id", "name_const", "encrypt", "connection_id"}
STATE = """SELECT (SELECT COUNT(*) FROM shop.carts), (SELECT SUM(amount) FROM shop.carts),
    (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'),
    (SELECT COUNT(*) FROM mysql.user), (SELECT COUNT(*) FROM information_schema.routines),
    (SELECT next_not_cached_value FROM shop.numbers), @@global.general_log"""


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("canaries")
    with statements.canaries(folder / "open", folder / "none") as made:
        yield made


@pytest.fixture
def source(maria):
    return SourceFactory.build(**maria.source_of())


@pytest.mark.parametrize("kind", LISTED)
def test_hostile_statements_are_refused_or_harmless(maria, laid_out, source, kind):
    before = maria.run(STATE)
    statements.check(source, kind, LISTED[kind], laid_out)

    assert maria.run(STATE) == before


@pytest.mark.parametrize("statement", statements.legitimate("mysql"))
def test_legitimate_statements_give_the_rows_of_their_original_text(maria, source, statement):
    mode = "SET time_zone = 'Europe/Berlin', sql_mode = 'NO_ENGINE_SUBSTITUTION', "
    mode += "group_concat_max_len = 1048576; USE shop; "
    expected = statements.plain(maria.run(mode + statement))
    found = statements.rows_of(statements.run(source, statement, ALL_ROWS))

    if "ORDER BY" not in statement or "ROLLUP" in statement:
        expected, found = sorted(expected, key=repr), sorted(found, key=repr)
    assert found == expected


@pytest.mark.parametrize("kind", WRITING)
def test_the_brackets_alone_stop_one_who_may_write(maria, laid_out, settings, kind):
    """Without our parser, as a user with all rights on the database and FILE."""
    settings.SOURCES_MAY_WRITE = True
    before, writer = maria.run(STATE), SourceFactory.build(**maria.source_of(mariadb.WRITER))
    through = "UNION SELECT * INTO OUTFILE"  # brackets of its own: the parser's to see
    for statement in (s for s in LISTED[kind] if through not in s):
        with mysql._session(writer, 2) as session:
            try:
                session.columns(laid_out.fill(statement))
            except (DatasetError, pymysql.Error):
                continue

    assert maria.run(STATE) == before
    laid_out.check()


@pytest.mark.parametrize("kind", WRITING)
def test_the_role_and_its_read_only_session_alone_write_nothing(maria, laid_out, source, kind):
    before = maria.run(STATE)
    for statement in (s for s in LISTED[kind] if "SLEEP" not in s):
        with mysql._session(source, 2) as session:
            try:
                session.connection.query(laid_out.fill(statement))
            except (pymysql.Error, RuntimeError):  # of LOAD DATA LOCAL
                continue
            session.cut()

    assert maria.run(STATE) == before
    laid_out.check()


def test_a_user_who_may_write_is_refused_at_the_test_and_at_every_run(maria):
    writer = SourceFactory.build(**maria.source_of(mariadb.WRITER))
    for ask in (
        writer.connector.test,
        writer.connector.tables,
        lambda s: s.connector.check_sql(s, "SELECT 1", {}),
        lambda s: statements.run(s, "SELECT 1 AS a"),
    ):
        with pytest.raises(SourceRefused, match="FILE, PROCESS on .* ALL PRIVILEGES on `shop`"):
            ask(writer)


@pytest.mark.parametrize(
    ("lines", "found", "everywhere"),
    [
        (["GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*A'",
          "GRANT SELECT, SHOW VIEW ON `shop`.* TO `r`@`%`"], [], False),
        (["GRANT SELECT (`insert`, `delete`) ON `shop`.`t` TO `r`@`%`"], [], False),
        (["GRANT SELECT ON *.* TO `r`@`%`"], [], True),
        (["GRANT SELECT, INSERT ON `shop`.* TO `r`@`%`"], ["INSERT on `shop`.*"], False),
        (["GRANT UPDATE (`a`) ON `shop`.`t` TO `r`@`%`"], ["UPDATE on `shop`.`t`"], False),
        (["GRANT ALL PRIVILEGES ON *.* TO `r`@`%` WITH GRANT OPTION"],
         ["ALL PRIVILEGES on *.*", "may hand on its rights on *.*"], True),
        (["GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `r`@`%`"],
         ["EXECUTE on PROCEDURE `shop`.`p`"], False),
        (["GRANT BACKUP_ADMIN, FILE ON *.* TO `r`@`%`"], ["BACKUP_ADMIN, FILE on *.*"], True),
        (["GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION"],
         ["PROXY on ''@'%'", "may hand on its rights on ''@'%'"], False),
        (["GRANT `role`@`%` TO `r`@`%`", "SET DEFAULT ROLE `role` FOR `r`@`%`"], [], False),
        (["REVOKE SELECT ON `a`.* FROM `r`@`%`"], ["has a grant that is not understood"], False),
    ],
)  # fmt: skip
def test_grants_are_read_by_a_list_of_what_is_harmless(lines, found, everywhere):
    assert rights.wide(lines) == (found, everywhere)


def test_every_function_of_the_catalogue_is_known_or_refused(maria):
    """By name: what waits, locks, reads files, counts up or calls others is not among the known."""
    effects = re.compile(
        r"sleep|lock|benchmark|load|file|wait|gtid|nextval|setval|lastval|exec|spider|des_|kill"
        r"|histogram|.*_oracle$|sys_guid|password|schemas|master|concat_operator"
    )
    listed = maria.run("SELECT function FROM information_schema.sql_functions")
    names = [name.lower() for (name,) in listed]
    assert len(names) > 200
    refused = {name for name in names if denied.MYSQL.refuse_function(name)}
    assert refused == {name for name in names if effects.search(name)} | OF_NO_USE


def test_a_session_is_as_the_parser_takes_it_for_whatever_the_server_is(maria, source):
    maria.run("SET GLOBAL sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'")
    try:
        found = statements.run(source, """SELECT "a" AS x, 'it\\'s' AS y, 1 || 0 AS z""", ALL_ROWS)
    finally:
        maria.run("SET GLOBAL sql_mode = DEFAULT")

    assert found.to_pylist() == [{"x": "a", "y": "it's", "z": 1}]
    assert sql.canonical("SELECT 'it\\'s'", "mysql") == "SELECT 'it''s'"

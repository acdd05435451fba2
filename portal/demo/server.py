"""The demo's own database on the portal's server, and the role that may only read it."""

import contextlib

import psycopg2
from django.conf import settings
from django.db import connections
from psycopg2 import sql

from portal import embedded

DATABASE = "crm_workflow"
READER = "crm_reader"
VERSION = 2  # of the tables and the story: raise it when either changes
READER_KEY = "crm_reader.key"  # file with the reader's password in the data folder


class NotTheDemo(Exception):
    def __init__(self):
        super().__init__(
            f"The database '{DATABASE}' on the portal's server has tables that load_demo "
            "did not make. Rename that database or move the portal; it is left untouched."
        )


@contextlib.contextmanager
def connect(database: str | None = None):
    """Autocommit connection as the portal's own role; by default to the portal's database."""
    parameters = connections["default"].get_connection_params()
    parameters["dbname"] = database or settings_dict()["NAME"]
    with contextlib.closing(psycopg2.connect(**parameters)) as connection:
        connection.autocommit = True
        yield connection


def settings_dict() -> dict:
    return connections["default"].settings_dict


def exists() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        return cursor.fetchone() is not None


def state(cursor) -> dict | None:
    """The row of demo.state when a load of this version came to its end, otherwise None."""
    if _version(cursor) != VERSION:
        return None
    cursor.execute(
        "SELECT seed, carts, extract(epoch FROM start_at)::bigint,"
        " extract(epoch FROM end_at)::bigint, counters, extract(epoch FROM simulated_to)::bigint"
        " FROM demo.state WHERE completed_at IS NOT NULL"
    )
    row = cursor.fetchone()
    names = ("seed", "carts", "start", "end", "counters", "simulated_to")
    return dict(zip(names, row, strict=True)) if row else None


def _version(cursor) -> int | None:
    """Of the database as it was loaded, None when `load_demo` did not make it. The first ones did
    not write their version down: they are 1."""
    cursor.execute("SELECT to_regclass('demo.state') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return None
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'demo.state'::regclass"
        " AND attname = 'version' AND NOT attisdropped)"
    )
    if not cursor.fetchone()[0]:
        return 1
    cursor.execute("SELECT coalesce(max(version), %s) FROM demo.state", [VERSION])
    return cursor.fetchone()[0]


def is_loaded() -> bool:
    if not exists():
        return False
    with connect(DATABASE) as connection, connection.cursor() as cursor:
        return state(cursor) is not None


def is_of_another_version() -> bool:
    """Whether a shop is there that was loaded by another version of the portal."""
    if not exists():
        return False
    with connect(DATABASE) as connection, connection.cursor() as cursor:
        return _version(cursor) not in (None, VERSION)


def create() -> None:
    """An empty database; one that an earlier load left is dropped, a stranger's is not."""
    if exists():
        _refuse_foreign()
    with connect() as connection, connection.cursor() as cursor:
        name = sql.Identifier(DATABASE)
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        cursor.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name)
        )


def _refuse_foreign() -> None:
    with connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('demo.state') IS NULL AND EXISTS (SELECT FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')"
            " AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_')"
        )
        if cursor.fetchone()[0]:
            raise NotTheDemo


def ensure_reader() -> str:
    """Make the reading role, set its password and limits; returns the password."""
    password = embedded.secret(settings.DATA_FOLDER, READER_KEY)
    role = sql.Identifier(READER)
    with connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        cursor.execute(
            sql.SQL(
                verb
                + " ROLE {} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 20 PASSWORD %s"
            ).format(role),
            [password],
        )
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        superuser = cursor.fetchone()[0]
        limits = {
            "default_transaction_read_only": "on",
            "statement_timeout": "60s",
            "lock_timeout": "5s",
            "idle_in_transaction_session_timeout": "60s",
            **({"temp_file_limit": "1GB"} if superuser else {}),  # only a superuser may set it
        }
        for name, value in limits.items():
            cursor.execute(
                sql.SQL("ALTER ROLE {} SET {} = %s").format(role, sql.Identifier(name)), [value]
            )
        _grant(cursor, role, superuser)
    return password


def _grant(cursor, role, superuser: bool) -> None:
    statements = [
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role}",
        "REVOKE CONNECT ON DATABASE {portal} FROM PUBLIC",
    ]
    if superuser:
        # A reader may end its read-only transaction; large objects would then let it write.
        statements.append(
            "REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid),"
            " lo_from_bytea(oid, bytea) FROM PUBLIC"
        )
    if settings.EMBEDDED_DATABASE:
        # On a server of its own the portal may close the other doors too.
        statements.append("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    names = {
        "database": sql.Identifier(DATABASE),
        "portal": sql.Identifier(settings_dict()["NAME"]),
        "role": role,
    }
    for statement in statements:
        cursor.execute(sql.SQL(statement).format(**names))

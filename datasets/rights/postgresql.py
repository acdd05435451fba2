"""Rights of a role of PostgreSQL, and whether it sits in the portal's own database."""

from __future__ import annotations

import functools
from contextlib import closing

import psycopg2
from django.conf import settings
from django.db import connections

from datasets.errors import SourceRefused

POWERFUL = (
    "pg_write_all_data", "pg_write_server_files", "pg_read_server_files", "pg_maintain",
    "pg_execute_server_program", "pg_signal_backend", "pg_create_subscription", "pg_checkpoint",
)  # fmt: skip
ATTRIBUTES = ("is a superuser", "passes by row security (BYPASSRLS)", "may make roles",
              "may make databases", "may replicate")  # fmt: skip
RIGHTS = """
    SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication,
      ARRAY(SELECT m.rolname::text FROM pg_roles m WHERE m.rolname <> current_user
        AND (m.rolsuper OR m.rolname = ANY (%(powerful)s))
        AND pg_has_role(current_user, m.oid, 'MEMBER')),
      has_database_privilege(current_database(), 'CREATE'),
      ARRAY(SELECT n.nspname::text FROM pg_namespace n WHERE n.nspname !~ '^pg_(temp|toast)'
        AND has_schema_privilege(n.oid, 'CREATE') LIMIT 3),
      ARRAY(SELECT n.nspname || '.' || c.relname FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname <> 'information_schema'
          AND n.nspname !~ '^pg_' AND (
            has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES')
            OR has_any_column_privilege(c.oid, 'INSERT, UPDATE')) LIMIT 3)
    FROM pg_roles r WHERE r.rolname = current_user
"""
IDENTITY = """
    SELECT (SELECT oid FROM pg_database WHERE datname = current_database()),
      CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
        THEN (SELECT system_identifier FROM pg_control_system()) END
"""


def beyond_reading(cursor) -> list[str]:
    """The rights of the session's role besides reading, in words."""
    cursor.execute(RIGHTS, {"powerful": list(POWERFUL)})
    *attributes, member_of, may_create, schemas, tables = cursor.fetchone()
    found = [word for word, is_so in zip(ATTRIBUTES, attributes, strict=True) if is_so]
    if attributes[0]:
        return found  # it may do all the others too
    if member_of:
        found.append(f"is a member of {', '.join(member_of)}")
    if may_create:
        found.append("may make schemas (CREATE on the database)")
    if schemas:
        found.append(f"may make tables (CREATE on the schema {', '.join(schemas)})")
    if tables:
        found.append(f"may write {', '.join(tables)}")
    return found


def refuse_own_database(cursor) -> None:
    """Whatever the names of host and database are: the portal's own database is no source."""
    cursor.execute(IDENTITY)
    if cursor.fetchone() == _own(connections["default"].settings_dict["NAME"]):
        raise SourceRefused(
            "This is the portal's own database, with the passwords of all sources. It is never a "
            "source; the kind 'The portal itself' has tables of its operation."
        )


@functools.cache
def _own(name: str) -> tuple[int, int | None]:
    parameters = connections["default"].get_connection_params()
    with closing(psycopg2.connect(**parameters | {"dbname": name})) as own, own.cursor() as cursor:
        cursor.execute(IDENTITY)
        return cursor.fetchone()


def names_own_database(host: str, port: int, database: str) -> bool:
    """Whether a source's fields are those of the portal's own database, before any connection."""
    own = settings.DATABASES["default"]
    return (host.lower(), port, database) == (
        str(own["HOST"]).lower(),
        int(own["PORT"] or 5432),
        own["NAME"],
    )

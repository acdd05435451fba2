"""A database that stands for the company's own, with a role that reads and one that could write."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from datasets import cache
from portal import embedded
from tests.factories.datasets import SourceFactory

WAREHOUSE = "tests_warehouse"
READER, WRITER, PASSWORD = "tests_reader", "tests_writer", "it's a \"pass\\word"
TABLES = (Path(__file__).parent / "warehouse.sql").read_text()


def as_owner(database: str, sql: str, *values):
    """Run SQL as the owner of everything, past the portal; the rows, if it gives any."""
    socket = str(embedded.socket_folder(settings.DATA_FOLDER))
    with closing(psycopg2.connect(host=socket, user=embedded.SUPERUSER, dbname=database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else None


@pytest.fixture(scope="session")
def warehouse() -> Callable:
    """A function that runs SQL in the company's database as its owner."""
    as_owner("postgres", f"DROP DATABASE IF EXISTS {WAREHOUSE} WITH (FORCE)")
    as_owner("postgres", f"CREATE DATABASE {WAREHOUSE}")
    for role in (READER, WRITER):
        as_owner("postgres", f"DROP ROLE IF EXISTS {role}")
        as_owner("postgres", f"CREATE ROLE {role} LOGIN PASSWORD %s", PASSWORD)
    as_owner(WAREHOUSE, TABLES)
    return lambda sql, *values: as_owner(WAREHOUSE, sql, *values)


def source_of(role: str = READER, **changes):
    """Fields of a source that reads the warehouse."""
    fields = {
        "kind": "postgresql",
        "host": "127.0.0.1",
        "port": embedded.postgres_port(settings.DATA_FOLDER),
        "database": WAREHOUSE,
        "username": role,
        "password": PASSWORD,
    }
    return fields | changes


@pytest.fixture
def source(warehouse):
    """An unsaved source on the warehouse, by the role that only reads."""
    return SourceFactory.build(**source_of())


@pytest.fixture(autouse=True)
def _fresh_cache():
    """Nothing is remembered from another test: primary keys come again when a test is rolled back."""
    cache.clear_local()
    cache.ask(lambda: cache.client().flushdb())

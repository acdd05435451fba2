"""A database that stands for the company's own, with a role that reads and one that could write."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from datasets import cache, store
from datasets.connectors.registry import Limits, Progress
from portal import embedded
from tests.datasets import mariadb
from tests.factories.datasets import DatasetFactory, SourceFactory, publish

WAREHOUSE = "tests_warehouse"
AS_OF = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)  # created_at of the newest cart
READER, WRITER, PASSWORD = "tests_reader", "tests_writer", "it's a \"pass\\word"
TABLES = (Path(__file__).parent / "warehouse.sql").read_text()


def as_owner(database: str, sql: str, *values):
    """Run SQL as the owner of everything, past the portal; the rows, if it gives any."""
    socket = str(embedded.socket_folder(settings.DATA_FOLDER))
    with closing(
        psycopg2.connect(host=socket, user=embedded.SUPERUSER, dbname=database)
    ) as connection:
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


@pytest.fixture(scope="session")
def maria(tmp_path_factory):
    """A MariaDB of our own with the same tables."""
    with mariadb.server(tmp_path_factory.mktemp("maria")) as made:
        yield made


@pytest.fixture
def source(warehouse):
    """An unsaved source on the warehouse, by the role that only reads."""
    return SourceFactory.build(**source_of())


@pytest.fixture(autouse=True)
def _fresh_cache():
    """Nothing is remembered from another test: primary keys come again after a rollback."""
    cache.clear_local()
    cache.ask(lambda: cache.client().flushdb())


@pytest.fixture(scope="session")
def carts_table(warehouse):
    """The table carts, fetched as a refresh fetches it."""
    made = SourceFactory.build(**source_of())
    columns = "id, created_at, wall, day, country, amount, items, score, recovered, note"
    text = f"SELECT {columns} FROM carts"
    limits = Limits(rows=100_000, seconds=60)
    with made.connector.stream(made, text, {}, limits, Progress()) as reader:
        return reader.read_all()


@pytest.fixture(scope="session")
def carts_file(carts_table):
    return store.write(carts_table.to_reader())


@pytest.fixture
def carts(db, carts_file):
    """A dataset with the 6,000 carts as its newest version, as of the newest cart."""
    dataset = DatasetFactory(name="Carts")
    publish(dataset, carts_file, as_of=AS_OF)
    return dataset


def same(found: list[tuple], expected: list[tuple]) -> bool:
    """Equal as sets of rows; numbers may differ in their last digits."""

    def plain(row):
        return tuple(
            float(f"{float(cell):.9g}") if isinstance(cell, int | float | Decimal) else cell
            for cell in row
        )

    return sorted(map(plain, found), key=repr) == sorted(map(plain, expected), key=repr)

"""The portal itself: a few tables of its operation, never its database.

Django's ORM writes the tables that a statement names into a folder of their own, and the jailed
DuckDB reads that folder, as it does for files: a statement cannot reach what is not written."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from django.conf import settings
from sqlglot import exp

from datasets import jail, operation
from datasets.connectors.jailed import SECONDS, counted
from datasets.connectors.registry import Limits, Progress, Table, allow_options, connector
from datasets.errors import LimitExceeded, SourceUnavailable

NAMES = {
    operation.TEXT: "text", operation.COUNT: "bigint", operation.NUMBER: "double",
    operation.FLAG: "boolean", operation.INSTANT: "timestamp with time zone",
}  # fmt: skip


@connector("portal")
class Portal:
    label = "The portal itself"
    dialect = "duckdb"
    uses = ()

    def check(self, source) -> None:
        allow_options(source.options, {})
        if source.host or source.database or source.username:
            raise SourceUnavailable(
                "The portal knows its own tables: leave host, database and user empty."
            )

    def test(self, source) -> list[str]:
        tables = operation.tables()
        return [f"{len(tables)} tables: {', '.join(tables)}."]

    def tables(self, source) -> list[Table]:
        return [
            Table(
                table.name,
                [(name, NAMES[kind]) for name, kind in table.columns.items()],
                table.comment,
            )
            for table in operation.tables().values()
        ]

    def check_sql(self, source, sql: str, parameters: dict) -> list[str]:
        with _folder() as folder:
            for table in operation.tables().values():
                pq.write_table(table.schema.empty_table(), folder / f"{table.name}.parquet")
            request = _request(folder, sql=sql, parameters=parameters, describe=True)
            with jail.run(request, SECONDS) as reader:
                return reader.read_all().schema.names

    @contextmanager
    def stream(
        self, source, sql: str, parameters: dict, limits: Limits, progress: Progress
    ) -> Iterator[pa.RecordBatchReader]:
        deadline = time.monotonic() + limits.seconds
        with _folder() as folder:
            for table in _named(sql):
                _write(table, folder, deadline, limits, progress)
            left = round(max(0.1, deadline - time.monotonic()), 1)
            request = _request(folder, sql=sql, parameters=parameters, limit=limits.rows + 1)
            with jail.run(request, left, progress.cancel) as reader:
                batches = counted(reader, limits, progress)
                yield pa.RecordBatchReader.from_batches(reader.schema, batches)


def _named(sql: str) -> list[operation.Table]:
    """The registered tables that a statement names; it may name others, which do not exist."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    names = {table.name.lower() for table in tree.find_all(exp.Table)}
    return [table for name, table in operation.tables().items() if name in names]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-tables-") as folder:
        yield Path(folder).resolve()


def _write(table, folder: Path, deadline: float, limits: Limits, progress: Progress) -> None:
    with pq.ParquetWriter(folder / f"{table.name}.parquet", table.schema) as writer:
        for batch in table.batches():
            if progress.cancel.is_set():
                raise LimitExceeded("The query was cancelled.")
            if time.monotonic() > deadline:
                raise LimitExceeded(f"The query took longer than {limits.seconds:g} s.")
            writer.write_batch(batch)


def _request(folder: Path, **more) -> dict:
    return {"folder": str(folder), "time_zone": settings.TIME_ZONE, **more}

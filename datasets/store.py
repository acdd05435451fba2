"""Snapshot files: written once, read by one locked-down DuckDB per process, dropped after a grace
time.

Private to `datasets`; everybody else asks `datasets.query`."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings

from datasets.errors import LimitExceeded, QueryFailed

log = logging.getLogger(__name__)

ROW_GROUP = 100_000
BATCH = 10_000  # rows of a part of a streamed answer
STREAM_SECONDS = 900
_connection: duckdb.DuckDBPyConnection | None = None
_owner = 0  # process that opened the connection: a forked child must open its own
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Written:
    file: str
    rows: int
    bytes: int
    schema: list[dict[str, str]]


def path_of(file: str) -> Path:
    return Path(settings.SNAPSHOT_FOLDER) / file


def write(reader: pa.RecordBatchReader) -> Written:
    """Stream record batches into a new zstd Parquet file; memory does not grow with the rows."""
    folder = Path(settings.SNAPSHOT_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{uuid.uuid4().hex}.parquet"
    target = folder / file
    connection = duckdb.connect(config={"threads": 1, "memory_limit": settings.QUERY_MEMORY})
    broken: list[BaseException] = []
    batches = pa.RecordBatchReader.from_batches(reader.schema, _noting_errors(reader, broken))
    try:
        connection.register("batches", batches)
        quoted = str(target).replace("'", "''")
        written = connection.execute(
            f"COPY batches TO '{quoted}' "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        ).fetchone()
    except BaseException as error:
        target.unlink(missing_ok=True)
        if broken:  # DuckDB would tell it with a traceback, as an error of its own
            raise broken[0] from error
        raise
    finally:
        connection.close()
    with target.open("rb") as handle:
        os.fsync(handle.fileno())
    return Written(file, written[0], target.stat().st_size, schema_of(reader.schema))


def _noting_errors(reader: pa.RecordBatchReader, broken: list[BaseException]):
    try:
        yield from reader
    except BaseException as error:
        broken.append(error)
        raise


def schema_of(schema: pa.Schema) -> list[dict[str, str]]:
    return [{"name": field.name, "type": type_of(field.type)} for field in schema]


def type_of(kind: pa.DataType) -> str:
    """The `datasets.models.ColumnType` of an Arrow type."""
    types = pa.types
    if types.is_boolean(kind):
        return "boolean"
    if types.is_integer(kind):
        return "integer"
    if types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_date(kind):
        return "date"
    if types.is_timestamp(kind):
        return "datetime"
    return "text"


def execute(file: str, statement: str, values: list[Any]) -> pa.Table:
    """Run one of our own statements on a snapshot, which it names as the table ``snapshot``."""
    cursor = _open().cursor()
    timer = threading.Timer(settings.QUERY_SECONDS, cursor.interrupt)
    timer.start()
    try:
        return cursor.sql(f"{_table(file)} {statement}", params=values).to_arrow_table()
    except duckdb.InterruptException as error:
        raise LimitExceeded(
            f"The query took longer than {settings.QUERY_SECONDS} s. Choose fewer rows or groups."
        ) from error
    except duckdb.Error as error:
        raise QueryFailed(str(error)) from error
    finally:
        timer.cancel()
        cursor.close()


@contextmanager
def stream(
    file: str, statement: str, values: list[Any], stopped: Callable[[], bool]
) -> Iterator[Iterator[pa.RecordBatch]]:
    """`execute` for answers of any size: batches, while ``stopped`` is false and within
    `STREAM_SECONDS`."""
    cursor = _open().cursor()
    ended = threading.Event()
    watch = threading.Thread(target=_interrupt, args=(cursor, stopped, ended), daemon=True)
    watch.start()
    try:
        reader = cursor.sql(f"{_table(file)} {statement}", params=values).to_arrow_reader(BATCH)
        yield _batches(reader)
    except duckdb.InterruptException as error:
        raise LimitExceeded("The query was cancelled, or took too long.") from error
    except duckdb.Error as error:
        raise QueryFailed(str(error)) from error
    finally:
        ended.set()
        watch.join()
        cursor.close()


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Errors of the engine come through Arrow as errors of its own."""
    try:
        yield from reader
    except (pa.ArrowException, OSError) as error:
        kind = LimitExceeded if "Interrupt" in str(error) else QueryFailed
        raise kind(str(error)) from error


def _interrupt(cursor, stopped: Callable[[], bool], ended: threading.Event) -> None:
    deadline = time.monotonic() + STREAM_SECONDS
    while not ended.wait(0.2):
        if stopped() or time.monotonic() > deadline:
            cursor.interrupt()


def _table(file: str) -> str:
    quoted = str(path_of(file)).replace("'", "''")
    return f"WITH snapshot AS NOT MATERIALIZED (FROM read_parquet('{quoted}'))"


def drop(file: str) -> None:
    path_of(file).unlink(missing_ok=True)


def _open() -> duckdb.DuckDBPyConnection:
    """This process's connection, locked down: it can read the snapshot folder and nothing else."""
    global _connection, _owner
    with _lock:
        if _connection is None or _owner != os.getpid():
            _connection, _owner = _locked_down(), os.getpid()
        return _connection


def _locked_down() -> duckdb.DuckDBPyConnection:
    folder = Path(settings.SNAPSHOT_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "threads": settings.QUERY_THREADS,
            "memory_limit": settings.QUERY_MEMORY,
            "max_temp_directory_size": "2GB",
            "temp_directory": str(folder / "tmp"),
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        }
    )
    quoted = str(folder).replace("'", "''")
    connection.execute(f"SET allowed_directories = ['{quoted}/']")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # also for its cursors
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection

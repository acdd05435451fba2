"""Runs a person's SQL on an in-process engine in a child process that can be limited and killed.

The parent calls `run`; the child is this module as a program. Neither DuckDB's interrupt nor
SQLite's progress handler stops one huge expression, a dead process does."""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from datasets.errors import LimitExceeded, QueryFailed

MEMORY = 512  # MiB that the engine may use
ADDRESS_SPACE = 4 * 2**30  # bytes; the engine reserves far more than it uses
READERS = {".csv": "read_csv", ".parquet": "read_parquet"}
TABLES = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    ORDER BY 1, ordinal_position
"""
REFUSED = 3  # exit code of a child that says why on its error output


@contextmanager
def run(
    request: dict[str, Any], seconds: float, cancel: threading.Event | None = None
) -> Iterator[Any]:
    """The child's Arrow stream as a `pyarrow.RecordBatchReader`; the child is dead afterwards.

    ``request``: folder, time_zone, sql, parameters, limit (rows), describe (only names and
    types)."""
    import pyarrow as pa

    child = subprocess.Popen(
        [sys.executable, "-m", "datasets.jail"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).resolve().parent.parent,
        env={"PATH": "", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"},
    )
    watch = _Watch(child, seconds, cancel)
    try:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(json.dumps(request, default=str).encode())
            child.stdin.close()
        try:
            reader = pa.ipc.open_stream(child.stdout)
        except pa.ArrowInvalid as error:
            raise watch.reason() from error
        yield pa.RecordBatchReader.from_batches(reader.schema, _batches(reader, watch))
    finally:
        watch.end()


def _batches(reader, watch) -> Iterator[Any]:
    import pyarrow as pa

    try:
        yield from reader
    except (pa.ArrowInvalid, OSError) as error:
        raise watch.reason() from error
    if watch.child.wait() != 0:
        raise watch.reason()


class _Watch:
    """Kills the child at the time limit or when asked, and knows why it ended."""

    def __init__(self, child: subprocess.Popen, seconds: float, cancel: threading.Event | None):
        self.child, self.seconds, self.cancel = child, seconds, cancel
        self.killed = ""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="jail-watchdog", daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        waited = 0.0
        while not self.ended.wait(0.1) and self.child.poll() is None:
            waited += 0.1
            if waited > self.seconds:
                self.killed = f"The query took longer than {self.seconds:g} s."
            elif self.cancel is not None and self.cancel.is_set():
                self.killed = "The query was cancelled."
            if self.killed:
                self.child.kill()

    def reason(self) -> Exception:
        self.child.wait()
        if self.killed:
            return LimitExceeded(self.killed)
        said = self.child.stderr.read().decode(errors="replace")
        if self.child.returncode == REFUSED:
            return QueryFailed(said.strip())
        if self.child.returncode < 0 or "MemoryError" in said:
            return LimitExceeded("The query used more memory than it may.")
        last = (said.strip().splitlines() or ["no word"])[-1]
        return QueryFailed(f"The engine's process ended with {last}")

    def end(self) -> None:
        self.ended.set()
        self.child.kill()
        self.child.wait()
        self.thread.join()
        for pipe in (self.child.stdout, self.child.stderr, self.child.stdin):
            pipe.close()


def main() -> None:
    import duckdb

    request = json.load(sys.stdin)
    try:
        with _connect(request["folder"], request["time_zone"]) as connection:
            if request.get("tables"):
                _send(connection.sql(TABLES))
                return
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
            statements = connection.extract_statements(request["sql"])
            if len(statements) != 1 or statements[0].type.name not in (
                "SELECT",
                "SELECT_STATEMENT",
            ):
                raise duckdb.Error("Write exactly one SELECT.")
            limit = 0 if request.get("describe") else int(request["limit"])
            wrapped = f"SELECT * FROM ({request['sql']}) q LIMIT {limit}"
            parameters = request.get("parameters") or None
            _send(connection.sql(wrapped, params=parameters))
    except (duckdb.Error, MemoryError) as error:
        sys.stderr.write(str(error) or "Out of memory.")
        sys.exit(REFUSED)


def _send(relation) -> None:
    import pyarrow as pa

    reader = relation.to_arrow_reader(50_000)
    # Instants carry the session's zone, which is only how they would be written.
    schema = pa.schema(
        field.with_type(pa.timestamp(field.type.unit, tz="UTC"))
        if pa.types.is_timestamp(field.type) and field.type.tz
        else field
        for field in reader.schema
    )
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as writer:
        for batch in reader:
            writer.write_batch(batch.cast(schema))


def _connect(folder: str, time_zone: str):
    """A DuckDB that sees the files of one folder as views, and nothing else of the machine. Days
    begin in this time zone."""
    import duckdb

    connection = duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": f"{MEMORY}MB",
            "max_temp_directory_size": "0KB",
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        }
    )
    for path in sorted(Path(folder).iterdir()):
        if (
            (reader := READERS.get(path.suffix.lower()))
            and path.is_file()
            and not path.is_symlink()
        ):
            name = path.stem.replace('"', '""')
            quoted = str(path).replace("'", "''")
            with contextlib.suppress(duckdb.Error):  # a broken file must not hide the others
                connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM {reader}('{quoted}')")
    quoted = folder.replace("'", "''")
    connection.execute(f"SET allowed_directories = ['{quoted}/']")
    connection.execute(f"SET TimeZone = '{ZoneInfo(time_zone).key}'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


if __name__ == "__main__":
    main()

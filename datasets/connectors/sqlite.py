"""A SQLite database file, read in the jail: see `datasets.jailed.sqlite` for its layers.

The file is opened as one that does not change while it is read. That it did is noticed, and a
journal beside it, which would not be read, is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from datasets import sql as sql_core
from datasets.connectors.jailed import Jailed
from datasets.connectors.registry import Limits, Progress, connector
from datasets.errors import SourceUnavailable


@connector("sqlite")
class SQLite(Jailed):
    label = "SQLite file"
    dialect = "sqlite"
    engine = "sqlite"
    what = "file"

    def place(self, source) -> Path:
        path = super().place(source)
        for ending in ("-wal", "-journal"):
            beside = path.with_name(path.name + ending)
            if beside.exists() and beside.stat().st_size:
                raise SourceUnavailable(
                    f"'{source.database}' is being written: changes lie in {beside.name}. Put a "
                    "copy there instead, made by VACUUM INTO or by sqlite3's .backup."
                )
        return path

    def request(self, source, *, sql: str = "", limit: int = 0, **more) -> dict:
        if sql:
            text = sql_core.keep_order(sql, self.dialect, limit) if limit else sql
            more |= {"sql": text, "limit": limit, "shape": sql_core.nulled(sql, self.dialect)}
        return super().request(source, **more)

    @contextmanager
    def stream(
        self, source, sql: str, parameters: dict, limits: Limits, progress: Progress
    ) -> Iterator[pa.RecordBatchReader]:
        path = self.place(source)
        before = _state(path)

        def unchanged(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
            yield from reader
            if _state(path) != before:
                raise SourceUnavailable(
                    f"'{source.database}' was changed while it was read, so its rows are dropped."
                )

        with super().stream(source, sql, parameters, limits, progress) as reader:
            yield pa.RecordBatchReader.from_batches(reader.schema, unchanged(reader))


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns

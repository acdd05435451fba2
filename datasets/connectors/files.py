"""CSV and Parquet files of one folder, each a table named like its file, read by the jailed
DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from django.conf import settings

from datasets import jail
from datasets.connectors.registry import Limits, Progress, Table, allow_options, connector
from datasets.errors import SourceUnavailable

SECONDS = 15  # for looking at a folder or planning a statement


@connector("files")
class Files:
    label = "Files (CSV, Parquet)"
    dialect = "duckdb"
    uses = ("database",)

    def check(self, source) -> None:
        allow_options(source.options, {})
        self._folder(source)

    def test(self, source) -> list[str]:
        tables = self.tables(source)
        return [
            f"{len(tables)} tables: {', '.join(table.name for table in tables[:20]) or 'none'}."
        ]

    def tables(self, source) -> list[Table]:
        with jail.run({"folder": str(self._folder(source)), "tables": True}, SECONDS) as reader:
            rows = reader.read_all().to_pylist()
        found: dict[str, Table] = {}
        for row in rows:
            table = found.setdefault(row["table_name"], Table(row["table_name"], []))
            table.columns.append((row["column_name"], row["data_type"]))
        return list(found.values())

    def check_sql(self, source, sql: str, parameters: dict) -> None:
        with jail.run(self._request(source, sql, parameters, describe=True), SECONDS) as reader:
            reader.read_all()

    @contextmanager
    def stream(
        self, source, sql: str, parameters: dict, limits: Limits, progress: Progress
    ) -> Iterator[pa.RecordBatchReader]:
        request = self._request(source, sql, parameters, limit=limits.rows + 1)
        with jail.run(request, limits.seconds, progress.cancel) as reader:
            batches = _counted(reader, limits, progress)
            yield pa.RecordBatchReader.from_batches(reader.schema, batches)

    def _request(self, source, sql: str, parameters: dict, **more) -> dict:
        folder = str(self._folder(source))
        return {"folder": folder, "sql": sql, "parameters": parameters, **more}

    def _folder(self, source) -> Path:
        """The source's folder: a real one directly or deeper below the portal's files folder."""
        root = Path(settings.FILES_FOLDER).resolve()
        root.mkdir(parents=True, exist_ok=True)
        folder = (root / source.database).resolve()
        if not folder.is_relative_to(root) or not folder.is_dir():
            raise SourceUnavailable(
                f"There is no folder '{source.database}' in the portal's files folder. "
                "Ask the operator to make it and to put the files there."
            )
        return folder


def _counted(reader: pa.RecordBatchReader, limits: Limits, progress: Progress):
    size = 0
    for batch in reader:
        progress.rows += batch.num_rows
        size += batch.nbytes
        limits.check(rows=progress.rows, bytes=size)
        yield batch

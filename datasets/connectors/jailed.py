"""Engines that run in a killable child process of ours: what their connectors have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from datasets import jail
from datasets.connectors.registry import Limits, Progress, Table, allow_options
from datasets.errors import QueryFailed, SourceUnavailable

EPOCH = date(1970, 1, 1)
FIRST_DAY, LAST_DAY = (date.min - EPOCH).days, (date.max - EPOCH).days
SECONDS_OF_A_DAY = 86_400
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
SECONDS = 15  # for looking at a folder or planning a statement


class Jailed:
    """A file or folder below the portal's files folder, named in the field ``database``."""

    dialect: str
    engine: str  # of `datasets.jailed`
    what: str  # "file" or "folder": how the child is told the place
    uses = ("database",)

    def check(self, source) -> None:
        allow_options(source.options, {})
        self.place(source)

    def place(self, source) -> Path:
        """The source's file, however many folders below; what leads out of them is no file."""
        path = below(source.database)
        if path is None or not path.is_file():
            raise SourceUnavailable(
                f"There is no file '{source.database}' in the portal's files folder. "
                "Ask the operator to put it there."
            )
        return path

    def test(self, source) -> list[str]:
        tables = self.tables(source)
        said = "1 table" if len(tables) == 1 else f"{len(tables)} tables"
        return [f"{said}: {', '.join(table.name for table in tables[:20]) or 'none'}."]

    def tables(self, source) -> list[Table]:
        with jail.run(self.request(source, tables=True), SECONDS) as reader:
            rows = reader.read_all().to_pylist()
        found: dict[str, Table] = {}
        for row in rows:
            table = found.setdefault(row["table_name"], Table(row["table_name"], []))
            table.columns.append((row["column_name"], row["data_type"]))
        return list(found.values())

    def check_sql(self, source, sql: str, parameters: dict) -> list[str]:
        request = self.request(source, sql=sql, parameters=parameters, describe=True)
        with jail.run(request, SECONDS) as reader:
            return reader.read_all().schema.names

    @contextmanager
    def stream(
        self, source, sql: str, parameters: dict, limits: Limits, progress: Progress
    ) -> Iterator[pa.RecordBatchReader]:
        request = self.request(source, sql=sql, parameters=parameters, limit=limits.rows + 1)
        with jail.run(request, limits.seconds, progress.cancel) as reader:
            batches = counted(reader, limits, progress)
            yield pa.RecordBatchReader.from_batches(reader.schema, batches)

    def request(self, source, **more) -> dict:
        return {
            "engine": self.engine,
            self.what: str(self.place(source)),
            "time_zone": settings.TIME_ZONE,
            **more,
        }


def below(name: str) -> Path | None:
    """The real path of what stands below the portal's files folder under this name."""
    root = Path(settings.FILES_FOLDER).resolve()
    root.mkdir(parents=True, exist_ok=True)
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError):  # not there, too long, or with a NUL
        return None
    return path if path.is_relative_to(root) else None


def counted(reader: pa.RecordBatchReader, limits: Limits, progress: Progress):
    size = 0
    for batch in reader:
        progress.rows += batch.num_rows
        size += batch.nbytes
        limits.check(rows=progress.rows, bytes=size)
        _refuse_beyond_calendar(batch)
        yield batch


def _refuse_beyond_calendar(batch: pa.RecordBatch) -> None:
    """Infinity and the years before 1 and after 9999 have no value in Python and in JSON."""
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_date32(field.type):
            per_day, number = 1, pa.int32()
        elif pa.types.is_timestamp(field.type):
            per_day, number = SECONDS_OF_A_DAY * PER_SECOND[field.type.unit], pa.int64()
        else:
            continue
        found = pc.min_max(column.cast(number)).as_py()
        if found["min"] is None:
            continue
        if found["min"] < FIRST_DAY * per_day or found["max"] >= (LAST_DAY + 1) * per_day:
            raise QueryFailed(
                f"The column '{field.name}' holds a time outside of the years 1 to 9999, such as "
                "infinity. Cast it to text, or make it NULL."
            )

"""Look at a dataset before it is saved: its first rows, their types, the time taken, or what is
wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice

from datasets import sql
from datasets.connectors.registry import Limits, Progress
from datasets.errors import QueryFailed, SqlRefused
from datasets.models import Dataset
from datasets.store import schema_of

ROWS = 50
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Preview:
    columns: list[dict[str, str]]  # name, type
    rows: list[tuple]
    seconds: float
    more: bool


def preview(dataset: Dataset, parameters: dict) -> Preview:
    """Run the (perhaps unsaved) dataset's SQL with all guards; `DatasetError` has line and
    column."""
    started = time.perf_counter()
    connector = dataset.source.connector
    connector.check(dataset.source)
    text, _ = check(dataset, parameters)
    limits = Limits(rows=ROWS, seconds=min(dataset.time_limit or SECONDS, SECONDS), cut=True)
    with connector.stream(dataset.source, text, parameters, limits, Progress()) as reader:
        table = reader.read_all()
    columns = schema_of(table.schema)
    rows = list(islice(zip(*(column.to_pylist() for column in table.columns), strict=True), ROWS))
    return Preview(columns, rows, time.perf_counter() - started, table.num_rows > ROWS)


def check(dataset: Dataset, parameters: dict) -> tuple[str, list[str]]:
    """The canonical SQL and its columns, after our own and the engine's look at it; nothing is
    run."""
    connector = dataset.source.connector
    text = sql.canonical(dataset.sql, connector.dialect)
    sql.require_values(text, connector.dialect, parameters)
    try:
        columns = connector.check_sql(dataset.source, text, parameters)
    except QueryFailed as error:
        place = error.position is not None and sql.locate(
            error.position, text, dataset.sql, connector.dialect
        )
        raise SqlRefused(str(error), *(place or ())) from error
    return text, columns

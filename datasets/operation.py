"""Tables of the portal's own operation, which datasets of the kind "portal" may read.

Only what is registered here exists for them: plain columns, made by the Django ORM, without
secrets, SQL texts and engines' errors. A higher app adds its own from its `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
from django.db.models import DurationField, ExpressionWrapper, F
from django.utils import timezone

from datasets.models import Dataset, RefreshRun

TEXT, COUNT, NUMBER, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()
INSTANT = pa.timestamp("us", tz="UTC")
CHUNK = 5_000  # rows that are in memory at once
RUNS_OF = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    comment: str
    columns: dict[str, pa.DataType]
    rows: Callable[[], Iterator[tuple]]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(list(self.columns.items()))

    def batches(self) -> Iterator[pa.RecordBatch]:
        kept: list[tuple] = []
        for row in self.rows():
            kept.append(row)
            if len(kept) == CHUNK:
                yield self._batch(kept)
                kept = []
        if kept:
            yield self._batch(kept)

    def _batch(self, rows: list[tuple]) -> pa.RecordBatch:
        columns = zip(*rows, strict=True)
        return pa.RecordBatch.from_arrays(
            [pa.array(c, f.type) for c, f in zip(columns, self.schema, strict=True)],
            schema=self.schema,
        )


_tables: dict[str, Table] = {}


def table(name: str, comment: str, **columns: pa.DataType):
    """Register a function that gives the rows, as tuples in the order of the columns."""

    def register(rows: Callable[[], Iterator[tuple]]) -> Callable[[], Iterator[tuple]]:
        if name in _tables:
            raise ValueError(f"Two tables of the portal are named '{name}'.")
        _tables[name] = Table(name, comment, columns, rows)
        return rows

    return register


def tables() -> dict[str, Table]:
    return dict(sorted(_tables.items()))


@table(
    "refresh_runs",
    "Runs that made, or failed to make, new versions of datasets in the last 7 days",
    run_id=COUNT, dataset=TEXT, source=TEXT, state=TEXT, trigger=TEXT, queued_at=INSTANT,
    started_at=INSTANT, finished_at=INSTANT, waited_seconds=NUMBER, seconds=NUMBER, rows=COUNT,
)  # fmt: skip
def refresh_runs() -> Iterator[tuple]:
    def between(begin: str, end: str):
        return ExpressionWrapper(F(end) - F(begin), output_field=DurationField())

    runs = RefreshRun.objects.filter(queued_at__gte=timezone.now() - RUNS_OF).order_by("pk")
    found = runs.values_list(
        "pk", "dataset__name", "dataset__source__name", "state", "trigger", "queued_at",
        "started_at", "finished_at", between("queued_at", "started_at"),
        between("started_at", "finished_at"), "rows",
    )  # fmt: skip
    for *plain, waited, took, rows in found.iterator(CHUNK):
        yield (*plain, _seconds(waited), _seconds(took), rows)


@table(
    "datasets",
    "Datasets with the state of their data",
    dataset=TEXT, slug=TEXT, source=TEXT, kind=TEXT, enabled=FLAG, rows=COUNT, bytes=COUNT,
    as_of=INSTANT, age_seconds=NUMBER, refresh_every_seconds=NUMBER, fresh_for_seconds=NUMBER,
    failures=COUNT, failing_since=INSTANT, is_stale=FLAG,
)  # fmt: skip
def datasets() -> Iterator[tuple]:
    now = timezone.now()
    for dataset in Dataset.objects.select_related("source", "current_snapshot"):
        snapshot = dataset.current_snapshot
        yield (
            dataset.name,
            dataset.slug,
            dataset.source.name,
            dataset.source.kind,
            dataset.enabled,
            snapshot and snapshot.rows,
            snapshot and snapshot.bytes,
            snapshot and snapshot.as_of,
            snapshot and _seconds(now - snapshot.as_of),
            _seconds(dataset.refresh_every),
            _seconds(dataset.fresh_for),
            dataset.failures,
            dataset.failing_since,
            dataset.is_stale(now),
        )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()

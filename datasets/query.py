"""The one door to rows: what may be asked, and `run`, which answers for a named viewer."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from datasets import cache, compile, policies, store
from datasets.conditions import Filter as Filter
from datasets.errors import NoSnapshot
from datasets.models import Dataset, Snapshot

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Group:
    """A column to group by; ``grain`` buckets a date or time in the query's time zone.

    ``bins`` parts a numeric column into about so many equal bins with round edges, laid
    over the rows that the filters leave; ``within`` lays them between two quantiles instead. The
    result is a struct of ``from`` and ``to``: a value is in [from, to), the largest in the last
    bin. Beyond ``within`` an end is null; missing and infinite values have no bin."""

    column: str
    grain: str = ""  # hour, day, week, month, quarter, year, hour_of_day, day_of_week
    name: str = ""  # of the result's column; the column's own when empty
    bins: int = 0
    within: tuple[float, float] = (0, 1)

    @property
    def output(self) -> str:
        return self.name or self.column


@dataclass(frozen=True, slots=True)
class Measure:
    name: str  # of the result's column
    formula: str  # see `datasets.measures`


@dataclass(frozen=True, slots=True)
class Order:
    name: str  # a column of the result
    descending: bool = False
    within: str = ""  # by the sum of ``name`` over all groups with the same value of this column
    values: tuple[str, ...] = ()  # these first, one after the other

    @property
    def is_plain(self) -> bool:
        return not self.within and not self.values


@dataclass(frozen=True, slots=True)
class Query:
    """Rows (``select``) or groups (``group_by`` and ``measures``), never both."""

    select: tuple[str, ...] = ()
    group_by: tuple[Group, ...] = ()
    measures: tuple[Measure, ...] = ()
    filters: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    sample: int | None = None  # of rows: at most so many from among all, the same ones every time
    time_zone: str = "UTC"
    count: bool = False  # only how many rows the answer has, as ``total``

    def key(self) -> str:
        # Not orjson: it refuses numbers of more than 64 bits, which the engine has.
        return hashlib.sha256(json.dumps(asdict(self), default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Result:
    table: pa.Table
    as_of: datetime
    snapshot_id: int
    seconds: float
    from_cache: bool
    rules: tuple[str, ...] = field(default=())  # what the policies did, in words


def run(query: Query, dataset: Dataset, viewer) -> Result:
    """The answer to ``query`` on the newest snapshot, with the viewer's row and column rules
    applied.

    ``viewer`` is a `User` or a `policies.ServiceViewer`, never None. Raises `DatasetError`."""
    return _answer(query, dataset, policies.of(dataset, viewer))


def _answer(query: Query, dataset: Dataset, policy: policies.Policy) -> Result:
    started = time.perf_counter()
    snapshot = current(dataset)
    key = f"rows:{snapshot.pk}:{policy.fingerprint}:{query.key()}"
    table = cache.get_table(key)
    from_cache = table is not None
    if table is None:
        statement, values = compile.to_duckdb(query, snapshot, policy, dataset.name)
        table = store.execute(snapshot.file, statement, values)
        cache.put_table(key, table)
    return Result(
        table, snapshot.as_of, snapshot.pk, time.perf_counter() - started, from_cache, policy.rules
    )


@contextmanager
def stream(
    query: Query, dataset: Dataset, viewer, stopped: Callable[[], bool] = lambda: False
) -> Iterator[Iterator[pa.RecordBatch]]:
    """The same answer in parts, for those that may not fit into memory; past the cache. It may take
    long, and ends when ``stopped`` says so."""
    policy = policies.of(dataset, viewer)
    snapshot = current(dataset)
    statement, values = compile.to_duckdb(query, snapshot, policy, dataset.name)
    with store.stream(snapshot.file, statement, values, stopped) as batches:
        yield batches


def count(dataset: Dataset, viewer) -> int:
    """Rows of the newest snapshot that the viewer may see."""
    return count_under(dataset, policies.of(dataset, viewer))


def count_under(dataset: Dataset, policy: policies.Policy) -> int:
    if policy.rows is None:
        return current(dataset).rows
    asked = Query(measures=(Measure("rows", "count()"),))
    return int(under(asked, dataset, policy).column("rows")[0].as_py())


def under(query: Query, dataset: Dataset, policy: policies.Policy) -> pa.Table:
    """The answer that rules would give which are tried: for `datasets` alone."""
    return _answer(query, dataset, policy).table


def current(dataset: Dataset) -> Snapshot:
    if dataset.current_snapshot is None:
        raise NoSnapshot(dataset.name)
    return dataset.current_snapshot

"""How the portal's parts are, as a table for datasets of the kind "portal"."""

import shutil
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import connection
from django.utils import timezone

from datasets import cache, operation
from datasets.models import Dataset, RefreshRun
from datasets.operation import FLAG, NUMBER, TEXT
from portal.health import LATE

GIGABYTE = 1e9
LEAST_FREE = 2.0  # GB: below, snapshots may soon find no room
MOST_WAITING = 20  # runs


@operation.table(
    "health",
    "Parts of the portal: whether they are well, and the number that says so",
    part=TEXT, is_well=FLAG, value=NUMBER, unit=TEXT, said=TEXT,
)  # fmt: skip
def health() -> Iterator[tuple]:
    database = _milliseconds(_ask_database)
    yield "Database", database is not None, database, "ms", "Answers a question"
    redis = _milliseconds(lambda: cache.ask(lambda: cache.client().ping()))
    yield "Redis", redis is not None, redis, "ms", "Answers a question; without it pages are slower"
    late = Dataset.objects.due(timezone.now() - LATE).filter(enabled=True).count()
    yield "Worker", not late, late, "datasets", "Datasets that should have been refreshed by now"
    waiting = RefreshRun.objects.filter(state=RefreshRun.State.QUEUED).count()
    yield "Queue", waiting <= MOST_WAITING, waiting, "runs", "Refresh runs that wait for a worker"
    free = shutil.disk_usage(settings.DATA_FOLDER).free / GIGABYTE
    yield "Disk", free >= LEAST_FREE, free, "GB", "Free where the portal keeps its data"


def _ask_database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _milliseconds(ask: Callable) -> float | None:
    """How long an answer took; None when there was none."""
    start = time.perf_counter()
    return (time.perf_counter() - start) * 1000 if ask() else None

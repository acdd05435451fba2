"""Refresh a dataset: claim what is due, run it under a lease, store a new version, publish it.

The row of a `RefreshRun` is the lease. It is moved on only by guarded updates, so of two that try,
one wins; a run that was given up for lost cannot publish any more (fencing). Redis only carries the
message that a run waits; when it is lost, the run's lease ends and the next tick queues another.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from accounts.audit import Action
from datasets import schedule, sql, store
from datasets.connectors.registry import Limits, Progress
from datasets.errors import DatasetError, LeaseLost, QueryFailed, SchemaChanged, SqlChanged
from datasets.models import Column, Dataset, RefreshRun, Snapshot
from datasets.signals import snapshot_ready

log = logging.getLogger(__name__)

QUEUE_LEASE = timedelta(seconds=30)  # a message not taken up in this time was lost
CLAIM_AT_ONCE = 50
KEEP_RUNS = timedelta(days=14)
LONGEST_NAME = Column._meta.get_field("name").max_length
State = RefreshRun.State


def claim_due() -> list[RefreshRun]:
    """Queue a run for every due dataset; two ticks at once never queue the same one twice."""
    now = timezone.now()
    with transaction.atomic():
        # no_key: a full lock would wait for, and be waited for by, a person who queues a run.
        due = Dataset.objects.due(now).order_by("next_run_at")
        datasets = list(
            due.select_for_update(skip_locked=True, of=["self"], no_key=True)[:CLAIM_AT_ONCE]
        )
        return [run for dataset in datasets if (run := queue(dataset))]


def queue(dataset: Dataset, *, person=None) -> RefreshRun | None:
    """A new queued run, or None when one is under way already."""
    trigger = RefreshRun.Trigger.PERSON if person else RefreshRun.Trigger.SCHEDULE
    try:
        with transaction.atomic():
            run = RefreshRun.objects.create(
                dataset=dataset,
                trigger=trigger,
                requested_by=person,
                lease_until=Now() + QUEUE_LEASE,
            )
            if person:
                audit.record(Action.REFRESHED, dataset, person=person, details={"run": run.pk})
            return run
    except IntegrityError:  # the constraint "one active run per dataset"
        return None


def give_up_lost() -> int:
    """Mark runs whose worker shows no sign of life, and plan their next try."""
    lost = 0
    for run in RefreshRun.objects.expired().select_related("dataset"):
        waited = "was not taken up by a worker" if run.state == State.QUEUED else "lost its worker"
        error = f"The run {waited}; it is tried again."
        lost += _finish(run, State.LOST, error=error, because="the refresh was interrupted")
    return lost


def cancel(run: RefreshRun) -> bool:
    """Stop a run; its worker notices at its next heartbeat and tells the source to stop."""
    return _finish(run, State.CANCELLED, error="Cancelled by a person.")


def refresh(run_id: int) -> None:
    """Do a queued run. A second call for the same run does nothing."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    taken = RefreshRun.objects.filter(pk=run_id, state=State.QUEUED).update(
        state=State.RUNNING, worker=worker, started_at=Now(), lease_until=Now() + settings.LEASE
    )
    if not taken:
        return
    run = RefreshRun.objects.select_related("dataset__source").get(pk=run_id)
    progress = Progress()
    with _Heartbeat(run, progress):
        try:
            written, as_of = _fetch(run, progress)
        except LeaseLost:
            raise
        except DatasetError as error:
            _finish(run, State.FAILED, error=str(error), rows=progress.rows, because=error.because)
            return
        except BaseException as error:
            _finish(run, State.FAILED, error=f"{type(error).__name__}: {error}", rows=progress.rows)
            raise
    close_old_connections()  # the fetch was long; the database may have started again
    try:
        publish(run, written, as_of)
    except SqlChanged as changed:
        _finish(run, State.CANCELLED, error=str(changed))
        Dataset.objects.filter(pk=run.dataset_id).update(next_run_at=Now())
    except LeaseLost:
        raise
    except BaseException as error:
        _finish(run, State.FAILED, error=f"{type(error).__name__}: {error}", rows=written.rows)
        raise


def _question(dataset: Dataset) -> tuple:
    """What a run asks; its answer is of no use any more when this is another one."""
    return dataset.sql, dataset.source_id, dataset.parameter_values()


def _fetch(run: RefreshRun, progress: Progress) -> tuple[store.Written, datetime]:
    dataset = run.dataset
    limits = Limits(rows=dataset.row_limit, seconds=dataset.time_limit)
    as_of = timezone.now()
    connector = dataset.source.connector
    connector.check(dataset.source)
    # By the rules of today, not of the day on which the dataset was saved.
    text = sql.canonical(dataset.sql, connector.dialect)
    values = dataset.parameter_values()
    run.asked = _question(dataset)
    sql.require_values(text, connector.dialect, values)
    with connector.stream(dataset.source, text, values, limits, progress) as reader:
        check_schema(dataset, store.schema_of(reader.schema))
        return store.write(reader), as_of


def check_schema(dataset: Dataset, found: list[dict[str, str]]) -> None:
    """Raise `SchemaChanged` when a described column is gone or has another type; new ones are
    kept."""
    if too_long := [c["name"] for c in found if len(c["name"]) > LONGEST_NAME]:
        raise QueryFailed(
            f"The name of the column '{too_long[0][:20]}...' is longer than {LONGEST_NAME} "
            "characters. Rename it with AS."
        )
    if dataset.accepts_new_columns:
        return
    types = {column["name"]: column["type"] for column in found}
    changes = []
    for column in dataset.columns.all():
        if column.name not in types:
            changes.append(f"{column.name} is gone")
        elif types[column.name] != column.type:
            changes.append(f"{column.name} was {column.type} and is now {types[column.name]}")
    if changes:
        raise SchemaChanged(changes)


def publish(run: RefreshRun, written: store.Written, as_of: datetime) -> Snapshot:
    """Switch the dataset to the new version in one transaction, unless this run lost its lease."""
    try:
        with transaction.atomic():
            if not RefreshRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
                state=State.SUCCEEDED, finished_at=Now(), rows=written.rows, error=""
            ):
                raise LeaseLost(
                    f"Run {run.pk} of {run.dataset} was given up; its rows are dropped."
                )
            dataset = Dataset.objects.select_for_update(of=["self"]).get(pk=run.dataset_id)
            if run.asked is not None and run.asked != _question(dataset):
                raise SqlChanged(dataset.name)
            describe_columns(dataset, written.schema)
            snapshot = Snapshot.objects.create(
                dataset=dataset,
                run=run,
                file=written.file,
                rows=written.rows,
                bytes=written.bytes,
                schema=written.schema,
                as_of=as_of,
            )
            dataset.snapshots.filter(superseded_at=None).exclude(pk=snapshot.pk).update(
                superseded_at=Now()
            )
            Dataset.objects.filter(pk=dataset.pk).update(
                current_snapshot=snapshot,
                accepts_new_columns=False,
                failures=0,
                failing_since=None,
                last_error="",
                next_run_at=_next(dataset),
            )
            transaction.on_commit(
                lambda: snapshot_ready.send(sender=Snapshot, snapshot=snapshot), robust=True
            )
    except BaseException:
        store.drop(written.file)
        raise
    return snapshot


def describe_columns(dataset: Dataset, schema: list[dict[str, str]]) -> None:
    """Records for all columns; what people wrote about one stays with its name. The first are no
    deed of anybody; of others the audit says which came and went."""
    known = {column.name: column for column in dataset.columns.all()}
    before, after = list(known), [found["name"] for found in schema]
    with audit.silent():
        _write_columns(dataset, schema, known)
    if before and set(before) != set(after):
        audit.record(
            Action.CHANGED, dataset, changes={"columns": [before, after]},
            note="A refresh found other columns",
        )  # fmt: skip


def _write_columns(dataset: Dataset, schema: list[dict[str, str]], known: dict) -> None:
    for position, found in enumerate(schema):
        column = known.pop(found["name"], None) or Column(dataset=dataset, name=found["name"])
        if (column.position, column.type) != (position, found["type"]):
            column.position, column.type = position, found["type"]
            column.save()
    Column.objects.filter(pk__in=[gone.pk for gone in known.values()]).delete()


def _next(dataset: Dataset):
    due = schedule.next_due(dataset, timezone.now())
    return due and schedule.jitter(due, dataset.refresh_every)


def _finish(
    run: RefreshRun,
    state: str,
    *,
    error: str,
    rows: int = 0,
    because: str = DatasetError.because,
) -> bool:
    """End an active run without a snapshot; plan the next try with back-off if the source was
    asked."""
    mine = RefreshRun.objects.filter(pk=run.pk, state__in=RefreshRun.ACTIVE)
    if state == State.LOST:  # unless it was taken up, or showed a sign of life, since we looked
        mine = mine.filter(state=run.state).expired()
    with transaction.atomic():
        ended = mine.update(state=state, finished_at=Now(), error=error, rows=rows)
        if not ended:
            return False
        dataset = Dataset.objects.select_for_update(of=["self"]).get(pk=run.dataset_id)
        now = timezone.now()
        if state == State.CANCELLED:
            _skip_to_next(dataset, now)
        elif run.state == State.QUEUED:  # never taken up, so the source is not to blame
            Dataset.objects.filter(pk=dataset.pk).update(next_run_at=now)
        else:
            dataset.failures += 1
            dataset.failing_since = dataset.failing_since or now
            dataset.last_error, dataset.failing_because = error, because
            dataset.next_run_at = schedule.retry_at(dataset.failures, now)
            dataset.save_without_historical_record(
                update_fields=[
                    "failures",
                    "failing_since",
                    "last_error",
                    "failing_because",
                    "next_run_at",
                ]  # fmt: skip
            )
    return True


def _skip_to_next(dataset: Dataset, now: datetime) -> None:
    """What a person cancelled must not be due again at the very next tick."""
    if dataset.next_run_at and dataset.next_run_at <= now:
        Dataset.objects.filter(pk=dataset.pk).update(next_run_at=_next(dataset))


class _Heartbeat:
    """Renews the lease in a thread of its own; tells the fetch to stop when the lease is gone."""

    def __init__(self, run: RefreshRun, progress: Progress):
        self.run, self.progress = run, progress
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *exception):
        self.ended.set()
        self.thread.join()

    def _beat(self) -> None:
        every = settings.LEASE.total_seconds() / 4
        try:
            while not self.ended.wait(every):
                close_old_connections()
                try:
                    renewed = RefreshRun.objects.filter(pk=self.run.pk, state=State.RUNNING).update(
                        lease_until=Now() + settings.LEASE, rows=self.progress.rows
                    )
                except DatabaseError as error:  # it may be back before the lease ends
                    log.warning("Run %s could not renew its lease: %s", self.run.pk, error)
                    continue
                if not renewed:
                    self.progress.cancel.set()
                    return
        finally:
            connection.close()


def clean_up() -> None:
    """Drop superseded versions after their grace time, files that no version owns, and old runs."""
    now = timezone.now()
    in_use = Dataset.objects.exclude(current_snapshot=None).values("current_snapshot")
    old = Snapshot.objects.filter(superseded_at__lt=now - settings.SNAPSHOT_GRACE)
    old = old.exclude(pk__in=in_use)
    for snapshot in old:
        store.drop(snapshot.file)
        snapshot.delete()
    known = set(Snapshot.objects.values_list("file", flat=True))
    for path in settings.SNAPSHOT_FOLDER.glob("*.parquet"):
        if path.name not in known and path.stat().st_mtime < time.time() - 2 * 3600:
            store.drop(path.name)
    RefreshRun.objects.filter(finished_at__lt=now - KEEP_RUNS, snapshot=None).delete()

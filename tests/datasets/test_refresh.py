"""What a refresh leaves behind: versions, failures, plans, and never two of one dataset."""

import os
import threading
import time
from datetime import timedelta

import psycopg2
import pytest
from django.conf import settings as configured
from django.db import connection, connections
from django.utils import timezone

from datasets import refresh, store
from datasets.errors import LeaseLost
from datasets.models import Dataset, RefreshRun, Snapshot
from datasets.policies import ServiceViewer
from datasets.query import Query, run
from datasets.signals import snapshot_ready
from tests.datasets.conftest import as_owner, source_of
from tests.datasets.workers import eventually
from tests.factories.datasets import DatasetFactory, RunFactory, SourceFactory

pytestmark = pytest.mark.django_db(transaction=True)
State = RefreshRun.State


@pytest.fixture
def dataset(warehouse):
    source = SourceFactory(**source_of())
    return DatasetFactory(source=source, sql="SELECT id, country FROM carts WHERE id < 100")


def refreshed(dataset, **changes):
    """The dataset, with these changes, after a run; and the run."""
    Dataset.objects.filter(pk=dataset.pk).update(**changes)
    done = refresh.queue(dataset)
    refresh.refresh(done.pk)
    done.refresh_from_db()
    dataset.refresh_from_db()
    return done


def served(dataset):
    return run(Query(), Dataset.objects.get(pk=dataset.pk), ServiceViewer("test")).table.num_rows


def at_once(*functions):
    """Call them in threads of their own at the same moment; what they gave, or the first error."""
    ready, answers = threading.Barrier(len(functions)), [None] * len(functions)

    def call(index, function):
        ready.wait()
        try:
            answers[index] = function()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_signal_comes_once_and_when_others_can_see_the_version(dataset):
    seen = []

    def look(sender, snapshot, **kwargs):
        count = at_once(lambda: Snapshot.objects.filter(pk=snapshot.pk).count())
        seen.append((snapshot.rows, count))

    snapshot_ready.connect(look)
    try:
        refreshed(dataset)
        refreshed(dataset, sql="SELECT nonsense")  # a failure sends nothing
    finally:
        snapshot_ready.disconnect(look)

    assert seen == [(100, [1])]


def test_a_version_supersedes_the_one_before_and_both_can_be_read(dataset):
    refreshed(dataset)
    first = dataset.current_snapshot
    refreshed(dataset, sql="SELECT id, country FROM carts WHERE id < 10")
    first.refresh_from_db()

    assert served(dataset) == 10
    assert first.superseded_at is not None
    assert dataset.current_snapshot.superseded_at is None
    assert store.path_of(first.file).exists()


def assert_failed(dataset, done, words, kept):
    assert done.state == State.FAILED
    assert words in done.error
    assert dataset.last_error == done.error
    assert "Traceback" not in done.error
    assert dataset.failing_since is not None
    assert dataset.current_snapshot == kept
    assert served(dataset) == 100
    assert dataset.is_stale(timezone.now())


def test_a_dead_source_fails_longer_and_longer_and_old_data_stay(dataset):
    refreshed(dataset)
    kept, source = dataset.current_snapshot, dataset.source
    alive, source.port = source.port, 1
    source.save()
    waits, since = [], set()
    for failures in range(1, 5):
        done = refreshed(dataset)
        assert_failed(dataset, done, "127.0.0.1 does not let us in", kept)
        assert dataset.failures == failures
        waits.append(dataset.next_run_at - done.finished_at)
        since.add(dataset.failing_since)

    assert len(since) == 1, "It fails since its first failure."
    for failures, wait in enumerate(waits):
        assert timedelta(seconds=4) * 2**failures < wait < timedelta(seconds=12) * 2**failures
    source.port = alive
    source.save()
    refreshed(dataset)
    assert (dataset.failures, dataset.failing_since, dataset.last_error) == (0, None, "")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT id FROM carts WHERE id < 10", "country is gone"),
        ("SELECT id::text AS id, country FROM carts", "id was integer and is now text"),
        ("SELECT id AS code, country FROM carts", "id is gone"),
    ],
)
def test_a_changed_schema_is_refused_by_the_columns_name(dataset, sql, words):
    refreshed(dataset)
    kept = dataset.current_snapshot

    assert_failed(dataset, refreshed(dataset, sql=sql), words, kept)


def test_a_new_column_is_welcome_and_words_of_people_stay(dataset):
    refreshed(dataset)
    dataset.columns.filter(name="country").update(label="Land")
    refreshed(dataset, sql="SELECT id, country, items FROM carts WHERE id < 5")

    assert dataset.current_snapshot.rows == 5
    assert [(c.name, c.label) for c in dataset.columns.all()] == [
        ("id", ""),
        ("country", "Land"),
        ("items", ""),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sql": "SELECT id, country FROM carts", "row_limit": 5999}, "more than 5,999 rows"),
        (
            {
                "sql": "SELECT a AS id, 'x'::text AS country FROM generate_series(1, 90000) a, generate_series(1, 90000)",  # noqa: E501
                "row_limit": 10**8,
                "time_limit": 1,
            },
            "told to stop after 1 s",
        ),
        ({"sql": "SELECT id / (id - 50) AS id, country FROM carts"}, "division by zero"),
        ({"sql": "SELECT id, country FROM gone"}, 'relation "gone" does not exist'),
        ({"sql": "SELECT id, country FROM carts; DROP TABLE carts"}, "exactly one query"),
        (
            {"sql": "SELECT id, country FROM carts WHERE id < :top"},
            "Give a value to the parameter top",
        ),
        ({"sql": "SELECT pg_sleep(9)"}, "pg_sleep() is not allowed"),
    ],
)
def test_a_run_that_fails_says_why_and_leaves_no_file(dataset, changes, words):
    refreshed(dataset)
    kept = dataset.current_snapshot
    before = set(configured.SNAPSHOT_FOLDER.glob("*.parquet"))

    assert_failed(dataset, refreshed(dataset, **changes), words, kept)
    assert set(configured.SNAPSHOT_FOLDER.glob("*.parquet")) == before


def test_a_limit_is_not_reached_by_as_many_rows(dataset):
    assert refreshed(dataset, row_limit=100).state == State.SUCCEEDED


def test_a_columns_name_that_is_too_long_is_told(dataset, settings, tmp_path):
    settings.FILES_FOLDER = tmp_path
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "wide.csv").write_text("x" * 64 + "\n1\n")
    files = SourceFactory(kind="files", host="", username="", password="", database="shop")

    done = refreshed(dataset, source=files, sql="SELECT * FROM wide")

    assert (done.state, dataset.failures) == (State.FAILED, 1)
    assert "longer than 63 characters" in done.error


def test_two_ticks_at_once_queue_one_run_of_each_dataset(dataset):
    now = timezone.now()
    due = [dataset, *(DatasetFactory(source=dataset.source) for _ in range(9))]
    Dataset.objects.update(next_run_at=now)

    claimed = at_once(*[refresh.claim_due] * 4)

    assert sorted(run.dataset_id for runs in claimed for run in runs) == sorted(d.pk for d in due)
    assert RefreshRun.objects.count() == len(due)
    assert refresh.claim_due() == []


def test_a_person_and_a_tick_at_once_are_one_run(dataset):
    Dataset.objects.update(next_run_at=timezone.now())

    at_once(refresh.claim_due, lambda: refresh.queue(dataset), refresh.claim_due)

    assert RefreshRun.objects.count() == 1


def test_workers_that_get_the_same_message_at_once_are_one_run(dataset):
    queued = refresh.queue(dataset)

    at_once(*[lambda: refresh.refresh(queued.pk)] * 3)

    assert dataset.snapshots.count() == 1


@pytest.mark.parametrize("changes", [{"enabled": False}, {"next_run_at": None}])
def test_what_has_no_turn_is_not_queued(dataset, changes):
    Dataset.objects.update(**({"next_run_at": timezone.now()} | changes))

    assert refresh.claim_due() == []


@pytest.mark.parametrize("state", [State.LOST, State.CANCELLED, State.FAILED, State.SUCCEEDED])
def test_a_run_that_is_over_cannot_publish(dataset, state):
    refreshed(dataset)
    kept, late = dataset.current_snapshot, RunFactory(dataset=dataset)
    RefreshRun.objects.filter(pk=late.pk).update(state=state)
    written = store.write(
        store.execute(kept.file, "SELECT * FROM snapshot LIMIT 1", []).to_reader()
    )

    with pytest.raises(LeaseLost):
        refresh.publish(late, written, timezone.now())

    dataset.refresh_from_db()
    assert dataset.current_snapshot == kept
    assert not store.path_of(written.file).exists()
    assert store.path_of(kept.file).exists()


def test_a_late_sign_of_life_saves_a_run(dataset):
    """The worker renews its lease while the sweep is between its look and its deed."""
    alive = RunFactory(dataset=dataset, lease_until=timezone.now() - timedelta(seconds=1))
    with psycopg2.connect(**connection.get_connection_params()) as other, other.cursor() as cursor:
        cursor.execute(
            "UPDATE datasets_refreshrun SET lease_until = now() + interval '1 hour' WHERE id = %s",
            [alive.pk],
        )
        sweep = threading.Thread(target=lambda: at_once(refresh.give_up_lost))
        sweep.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE%refreshrun%'"  # noqa: E501
        eventually(lambda: as_owner("postgres", waiting) == [(1,)], "The sweep did not come.")
        other.commit()
    other.close()
    sweep.join()
    alive.refresh_from_db()
    dataset.refresh_from_db()

    assert (alive.state, dataset.failures) == (State.RUNNING, 0)


def test_clean_up_keeps_what_may_still_be_read(dataset, settings):
    for _ in range(3):
        refreshed(dataset)
    newest, middle, oldest = dataset.snapshots.order_by("-pk")
    Snapshot.objects.filter(pk=oldest.pk).update(
        superseded_at=timezone.now() - settings.SNAPSHOT_GRACE - timedelta(seconds=1)
    )
    refresh.clean_up()

    assert set(dataset.snapshots.all()) == {newest, middle}
    exists = [store.path_of(one.file).exists() for one in (newest, middle, oldest)]
    assert exists == [True, True, False]
    assert served(dataset) == 100


def test_clean_up_drops_files_that_nobody_owns_when_they_are_old(dataset):
    refreshed(dataset)
    new, old = (configured.SNAPSHOT_FOLDER / f"{name}.parquet" for name in ("new", "old"))
    for path in (new, old):
        path.write_bytes(b"")
    os.utime(old, (time.time() - 3 * 3600,) * 2)
    os.utime(store.path_of(dataset.current_snapshot.file), (time.time() - 9 * 3600,) * 2)
    refresh.clean_up()

    assert (new.exists(), old.exists()) == (True, False)
    assert served(dataset) == 100
    new.unlink()


def test_clean_up_drops_old_runs_but_not_that_of_a_version(dataset):
    kept = refreshed(dataset)
    gone, recent = (RunFactory(dataset=dataset, state=State.FAILED) for _ in range(2))
    long_ago = timezone.now() - refresh.KEEP_RUNS - timedelta(days=1)
    RefreshRun.objects.filter(pk__in=[kept.pk, gone.pk]).update(finished_at=long_ago)
    RefreshRun.objects.filter(pk=recent.pk).update(finished_at=timezone.now())
    refresh.clean_up()

    assert set(RefreshRun.objects.all()) == {kept, recent}

"""Refreshes by real worker processes: killed, forgotten by Redis, asked twice, cancelled."""

from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from dashboards import live
from dashboards.models import Dashboard, Widget
from datasets import cache, refresh, store, tasks
from datasets.models import Dataset, RefreshRun
from datasets.policies import ServiceViewer
from datasets.query import Query, run
from tests.datasets.conftest import source_of
from tests.datasets.workers import LEASE_SECONDS, Worker, eventually
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db(transaction=True)
State = RefreshRun.State
SLOW = "SELECT count(*) AS n FROM generate_series(1, 300000) AS a, generate_series(1, 300000) AS b"
QUICK = "SELECT id, country FROM carts WHERE id < 100"


@pytest.fixture(scope="module")
def _workers(django_db_setup, django_db_blocker, tmp_path_factory):
    """The module's worker; it has no lasting sessions on the database when the module is over."""
    folder, started = tmp_path_factory.mktemp("workers"), []

    def start():
        with django_db_blocker.unblock():
            started.append(Worker(folder / f"worker{len(started)}.log"))
        return started[-1]

    def alive():
        running = [one for one in started if one.process.poll() is None]
        return running[0] if running else start()

    yield alive
    for one in started:
        one.stop()


@pytest.fixture
def worker(_workers, warehouse, settings):
    """A function that gives the running worker, a new one when it was killed."""
    settings.LEASE = timedelta(seconds=LEASE_SECONDS)
    yield _workers
    busy = RefreshRun.objects.filter(state=State.RUNNING)
    for left in busy:
        refresh.cancel(left)


@pytest.fixture
def dataset(worker):
    return DatasetFactory(source=SourceFactory(**source_of()), sql=QUICK, time_limit=120)


def now_due(dataset, **changes):
    """Due by its schedule, as it stands in the database."""
    changes = {"next_run_at": timezone.now(), "refresh_every": timedelta(minutes=5)} | changes
    Dataset.objects.filter(pk=dataset.pk).update(**changes)


def state_of(dataset):
    return list(dataset.runs.order_by("pk").values_list("state", flat=True))


def until(dataset, *states):
    """Wait until the newest run is in one of the states; the run."""
    return eventually(
        lambda: (
            RefreshRun.objects.filter(dataset=dataset)
            .filter(pk=dataset.runs.values("pk")[:1], state__in=states)
            .first()
        ),
        f"{states} did not come: {list(dataset.runs.values())}",
    )


def served(dataset):
    fresh = Dataset.objects.get(pk=dataset.pk)
    return run(Query(), fresh, ServiceViewer("test")).table.num_rows


def at_work(warehouse):
    """How many slow queries the source is working on."""
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%300000%' AND state = 'active'"
    )
    return warehouse(asked)[0][0]


def first_version(dataset):
    """Published by the worker; 100 rows."""
    now_due(dataset)
    tasks.tick()
    until(dataset, State.SUCCEEDED)
    return Dataset.objects.get(pk=dataset.pk).current_snapshot


def test_a_tick_queues_what_is_due_and_a_worker_publishes_it(worker, dataset):
    worker()
    snapshot = first_version(dataset)
    dataset.refresh_from_db()

    assert (snapshot.rows, snapshot.run.worker != "") == (100, True)
    assert served(dataset) == 100
    assert [(c.name, c.type) for c in dataset.columns.all()] == [
        ("id", "integer"),
        ("country", "text"),
    ]
    assert dataset.next_run_at > timezone.now() + timedelta(minutes=4)
    tasks.tick()
    assert state_of(dataset) == [State.SUCCEEDED], "It was queued again before its time."


def test_open_pages_are_told_once_of_a_new_version(worker, dataset):
    worker()
    first_version(dataset)
    viewer = PersonFactory(is_superuser=True)
    board = Dashboard.objects.create(title="Board", slug="board", owner=viewer)
    Widget.objects.create(
        dashboard=board,
        dataset=dataset,
        title="Rows",
        chart_type="table",
        options={"columns": ["id"]},
    )
    cache.client().hset(f"viewers:{board.pk}", "any", viewer.pk)
    with redis.Redis.from_url(settings.REDIS_URL).pubsub() as channel:
        channel.subscribe(live.CHANNEL)
        now_due(dataset)
        tasks.tick()
        until(dataset, State.SUCCEEDED)
        second = Dataset.objects.get(pk=dataset.pk).current_snapshot
        told = []
        eventually(lambda: _messages(channel, board, told), "No page was told.")
        now_due(dataset)
        tasks.tick()  # a third version: what comes before its message was of the second
        eventually(lambda: _messages(channel, board, told) and len(told) >= 2, "No page was told.")

    assert second.run.state == State.SUCCEEDED
    assert len(told) == 2


def _messages(channel, board, told):
    while message := channel.get_message(ignore_subscribe_messages=True):
        if message["data"].startswith(f"{board.pk} ".encode()):
            told.append(message)
    return told


def test_a_killed_worker_loses_its_run_and_nothing_else(worker, dataset, warehouse):
    first = worker()
    kept = first_version(dataset)
    now_due(dataset, sql=SLOW)
    dataset.columns.all().delete()  # as saving another SQL does
    tasks.tick()
    lost = until(dataset, State.RUNNING)
    eventually(lambda: at_work(warehouse) == 1, "The source was not asked.")
    first.kill()

    assert served(dataset) == 100
    eventually(lambda: at_work(warehouse) == 0, "The source works on for nobody.")
    eventually(lambda: tasks.tick() or state_of(dataset)[-1] == State.LOST)
    lost.refresh_from_db()
    dataset.refresh_from_db()
    assert "lost its worker" in lost.error
    assert lost.finished_at is not None
    assert (dataset.failures, dataset.current_snapshot) == (1, kept)
    assert dataset.failing_since is not None
    assert timezone.now() < dataset.next_run_at <= timezone.now() + timedelta(seconds=10)
    assert served(dataset) == 100
    tasks.tick()
    assert state_of(dataset)[-1] == State.LOST, "It was tried again without a pause."

    second = worker()
    now_due(dataset, sql="SELECT 1 AS one")  # the pause is over, and the source is quick again
    eventually(lambda: tasks.tick() or state_of(dataset)[-1] == State.SUCCEEDED, second.said())
    dataset.refresh_from_db()
    assert (dataset.failures, dataset.failing_since, dataset.last_error) == (0, None, "")
    assert state_of(dataset) == [State.SUCCEEDED, State.LOST, State.SUCCEEDED]


def test_a_message_that_redis_forgot_is_sent_again(worker, dataset):
    """Claimed, then flushed before a worker took it: the lease of the waiting run ends."""
    now_due(dataset)
    (claimed,) = refresh.claim_due()  # the message is not sent, as if it were flushed
    tasks.tick()
    assert state_of(dataset) == [State.QUEUED], "A run that waits is not queued twice."
    RefreshRun.objects.filter(pk=claimed.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )

    worker()
    tasks.tick()
    until(dataset, State.SUCCEEDED)
    claimed.refresh_from_db()
    dataset.refresh_from_db()
    assert "not taken up" in claimed.error
    assert state_of(dataset) == [State.LOST, State.SUCCEEDED]
    assert dataset.failures == 0, "The source was never asked, so it did not fail."


def test_a_flushed_redis_stops_no_worker(worker, dataset):
    worker()
    first_version(dataset)
    cache.client().flushall()
    now_due(dataset)
    eventually(
        lambda: tasks.tick() or state_of(dataset)[-2:] == [State.SUCCEEDED] * 2, worker().said()
    )


def test_a_message_that_comes_twice_is_one_run(worker, dataset):
    worker()
    queued = refresh.queue(dataset)
    for _ in range(3):
        tasks.refresh_dataset.delay(queued.pk)
    until(dataset, State.SUCCEEDED)
    after = DatasetFactory(source=dataset.source, sql="SELECT 1 AS one")
    tasks.refresh_dataset.delay(refresh.queue(after).pk)
    until(after, State.SUCCEEDED)  # one child works one message after the other: all came before

    assert state_of(dataset) == [State.SUCCEEDED]
    assert dataset.snapshots.count() == 1


def test_a_person_cancels_and_the_source_is_told_to_stop(worker, dataset, warehouse):
    worker()
    now_due(dataset, sql=SLOW)
    tasks.tick()
    running = until(dataset, State.RUNNING)
    eventually(lambda: at_work(warehouse) == 1, "The source was not asked.")

    assert refresh.cancel(running)
    eventually(lambda: at_work(warehouse) == 0, "The source still works.")
    tasks.tick()
    running.refresh_from_db()
    assert (running.state, running.error) == (State.CANCELLED, "Cancelled by a person.")
    assert state_of(dataset) == [State.CANCELLED], "The next tick began it again."
    assert not refresh.cancel(running), "It is over."


def test_a_run_that_lost_its_lease_does_not_publish(worker, dataset):
    """Given up while its worker lives on: the worker stops, and what it read is dropped."""
    worker()
    kept = first_version(dataset)
    now_due(dataset, sql=SLOW)
    dataset.columns.all().delete()
    tasks.tick()
    running = until(dataset, State.RUNNING)
    RefreshRun.objects.filter(pk=running.pk).update(state=State.LOST)
    after = DatasetFactory(source=dataset.source, sql="SELECT 1 AS one")
    tasks.refresh_dataset.delay(refresh.queue(after).pk)
    until(after, State.SUCCEEDED)  # so the child is free again

    dataset.refresh_from_db()
    assert dataset.current_snapshot == kept
    assert state_of(dataset)[-1] == State.LOST
    known = {kept.file, Dataset.objects.get(pk=after.pk).current_snapshot.file}
    written = {
        p.name
        for p in settings.SNAPSHOT_FOLDER.glob("*.parquet")
        if p.stat().st_mtime > kept.as_of.timestamp()
    }
    assert written <= known
    assert store.path_of(kept.file).exists()

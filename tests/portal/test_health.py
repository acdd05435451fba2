"""Is the portal well? The answer for load balancers and people."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from datasets import cache, operation
from tests.factories.datasets import DatasetFactory, RunFactory


@pytest.fixture(autouse=True)
def _redis_answers():
    cache._down_until = 0.0
    yield
    cache._down_until = 0.0


def asked(client):
    answer = client.get("/health/")
    return answer.status_code, answer.json()


def test_all_is_well(db, client):
    assert asked(client) == (200, {"database": "ok", "redis": "ok", "refreshes": "ok"})


def test_it_needs_no_log_in_and_tells_no_names(db, client):
    late = timezone.now() - timedelta(hours=1)
    DatasetFactory(name="Bids of Globex", next_run_at=late)

    answer = client.get("/health/")

    assert answer.status_code == 200
    assert "Globex" not in answer.content.decode()


@pytest.mark.parametrize(
    ("minutes", "enabled", "under_way", "late"),
    [
        (1, True, False, 0),
        (3, True, False, 1),
        (3, False, False, 0),
        (3, True, True, 0),
        (-5, True, False, 0),
    ],
)
def test_refreshes_are_late_when_due_work_is_not_taken_up(
    db, client, minutes, enabled, under_way, late
):
    due = timezone.now() - timedelta(minutes=minutes)
    dataset = DatasetFactory(next_run_at=due, enabled=enabled)
    if under_way:
        RunFactory(dataset=dataset)

    status, said = asked(client)

    assert status == 200
    assert said["refreshes"].startswith(f"{late} datasets are late" if late else "ok")


def test_without_redis_it_is_said_but_pages_can_be_served(db, client, settings):
    kept, settings.REDIS_URL, cache._client = cache._client, "redis://127.0.0.1:1/0", None
    try:
        status, said = asked(client)
    finally:
        cache._client = kept

    assert status == 200
    assert said["redis"].startswith("does not answer")


def test_without_the_database_it_answers_503(transactional_db, client):
    with database_closed():
        assert asked(client) == (503, {"database": "does not answer"})

    assert asked(client)[0] == 200


@contextmanager
def database_closed():
    """No server listens where this connection is made anew."""
    kept = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": 1}
    try:
        yield
    finally:
        connection.settings_dict |= {name: kept[name] for name in ("HOST", "PORT")}
        connection.close()


def test_datasets_may_ask_how_the_parts_are(db):
    DatasetFactory(next_run_at=timezone.now() - timedelta(hours=1))

    found = {row[0]: row[1:4] for row in operation.tables()["health"].rows()}

    assert list(found) == ["Database", "Redis", "Worker", "Queue", "Disk"]
    assert found["Worker"] == (False, 1, "datasets")
    assert found["Queue"] == (True, 0, "runs")
    assert found["Database"][0] is True
    assert 0 < found["Database"][1] < 1000


def test_redis_that_does_not_answer_has_no_time(db, monkeypatch):
    monkeypatch.setattr(cache, "ask", lambda question: None)

    found = {row[0]: row[1:4] for row in operation.tables()["health"].rows()}

    assert found["Redis"] == (False, None, "ms")

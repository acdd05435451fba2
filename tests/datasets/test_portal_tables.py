"""The portal as a source: a few tables of its operation, and no way to anything else of it."""

import contextlib
import threading
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from datasets import jail, operation, preview, refresh, sql
from datasets.connectors import portal
from datasets.connectors.registry import Limits, Progress
from datasets.errors import DatasetError, LimitExceeded, QueryFailed, SourceUnavailable
from datasets.models import Dataset, RefreshRun
from tests.factories.datasets import DatasetFactory, RunFactory, SourceFactory, publish

LIMITS = Limits(rows=1000, seconds=20)
SECRET = "ends in s3cr3t"  # noqa: S105


@pytest.fixture
def source(db):
    return SourceFactory(
        name="portal", kind="portal", host="", username="", password="", database=""
    )


@pytest.fixture
def shop(source):
    """A dataset with rows, another that fails, and their runs."""
    crm = SourceFactory(name="crm", password=SECRET)
    carts = DatasetFactory(name="Carts", slug="carts", source=crm, sql=f"SELECT '{SECRET}' AS x")
    publish(carts, pa.table({"x": [1, 2, 3]}), as_of=timezone.now() - timedelta(minutes=5))
    now = timezone.now()
    RunFactory(
        dataset=DatasetFactory(name="Mails", source=crm, failures=2, last_error=SECRET),
        state=RefreshRun.State.FAILED, error=f"password {SECRET}", rows=7,
        started_at=now + timedelta(seconds=2), finished_at=now + timedelta(seconds=5.5),
    )  # fmt: skip
    return carts


def fetch(source, text, limits=LIMITS, values=None, progress=None):
    canonical = sql.canonical(text, "duckdb")
    with source.connector.stream(
        source, canonical, values or {}, limits, progress or Progress()
    ) as reader:
        return reader.read_all()


def test_runs_are_told_with_their_times(source, shop):
    found = fetch(
        source,
        "SELECT dataset, source, state, trigger, rows, seconds, round(waited_seconds) AS waited"
        " FROM refresh_runs WHERE state = 'failed'",
    )

    assert found.to_pylist() == [
        {"dataset": "Mails", "source": "crm", "state": "failed", "trigger": "schedule", "rows": 7,
         "seconds": 3.5, "waited": 2}
    ]  # fmt: skip


def test_runs_older_than_a_week_are_left_out(source, shop):
    RefreshRun.objects.filter(state="failed").update(
        queued_at=timezone.now() - operation.RUNS_OF - timedelta(hours=1)
    )

    assert fetch(source, "SELECT count(*) AS n FROM refresh_runs").to_pylist() == [{"n": 1}]


def test_datasets_are_told_with_the_state_of_their_data(source, shop):
    found = fetch(source, "SELECT * FROM datasets ORDER BY dataset").to_pylist()

    assert [row["dataset"] for row in found] == ["Carts", "Mails"]
    carts, mails = found
    assert (carts["rows"], carts["kind"], carts["source"]) == (3, "postgresql", "crm")
    assert carts["age_seconds"] == pytest.approx(300, abs=20)
    assert (carts["is_stale"], carts["fresh_for_seconds"]) == (False, 900)
    assert (mails["rows"], mails["failures"], mails["as_of"]) == (None, 2, None)


def test_a_dataset_of_its_tables_refreshes_like_any_other(transactional_db):
    source = SourceFactory(kind="portal", host="", username="", password="", database="")
    dataset = DatasetFactory(
        source=source, sql="SELECT d.dataset, count(run_id) AS runs, max(d.rows) AS rows FROM"
        " datasets d LEFT JOIN refresh_runs r ON r.dataset = d.dataset GROUP BY d.dataset",
    )  # fmt: skip
    refresh.refresh(refresh.queue(dataset).pk)
    dataset.refresh_from_db()

    assert dataset.last_error == ""
    assert dataset.current_snapshot.rows == 1
    assert [c.name for c in dataset.columns.all()] == ["dataset", "runs", "rows"]


def test_no_secret_no_sql_and_no_error_text_is_in_any_table(source, shop):
    for name in operation.tables():
        assert SECRET not in str(fetch(source, f"SELECT * FROM {name}").to_pylist())


HOSTILE = {
    "people": "SELECT * FROM accounts_user",
    "sessions": "SELECT * FROM django_session",
    "sources": "SELECT * FROM datasets_source",
    "runs by their table": "SELECT * FROM datasets_refreshrun",
    "another schema": "SELECT * FROM public.accounts_user",
    "the catalogue's own": "SELECT * FROM pg_catalog.pg_authid",
    "a file": "SELECT * FROM '/etc/passwd'",
    "a file by its function": "SELECT * FROM read_text('/etc/passwd')",
    "parquet of the snapshots": "SELECT * FROM read_parquet('{data}/snapshots/*.parquet')",
    "files": "SELECT * FROM glob('{data}/*')",
    "the database": "ATTACH 'dbname=portal' AS p (TYPE postgres)",
    "the extension": "SELECT * FROM postgres_query('p', 'SELECT 1')",
    "copy": "COPY (SELECT 1) TO '{data}/stolen.csv'",
    "environment": "SELECT getenv('SECRET_KEY')",
    "settings": "SET enable_external_access = true",
    "secrets": "SELECT * FROM duckdb_secrets()",
    "out of the brackets": "SELECT 1) q; COPY datasets TO '{data}/stolen.csv' --",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_what_is_not_registered_does_not_exist(source, settings, tmp_path, attack):
    """By our check, and by the child's own walls when the check is left out: an error, or no
    row."""
    text = HOSTILE[attack].format(data=settings.DATA_FOLDER)
    with pytest.raises(DatasetError):
        fetch(source, text)
    with pytest.raises(DatasetError):
        preview.check(Dataset(source=source, sql=text), {})
    request = {"folder": str(tmp_path), "time_zone": "UTC", "sql": text, "limit": 10}
    with contextlib.suppress(DatasetError), jail.run(request, 20) as reader:
        assert reader.read_all().num_rows == 0
    assert not (Path(settings.DATA_FOLDER) / "stolen.csv").exists()


def test_only_the_tables_that_are_named_are_written(source, shop, monkeypatch):
    written = []
    monkeypatch.setattr(portal, "_write", lambda table, *rest: written.append(table.name))
    with pytest.raises(QueryFailed):
        fetch(source, "SELECT * FROM Datasets d, accounts_user")

    assert written == ["datasets"]


def test_nothing_is_left_in_the_temporary_folder(source, shop, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fetch(source, "SELECT * FROM datasets")
    with pytest.raises(QueryFailed):
        fetch(source, "SELECT nonsense FROM datasets")

    assert list(tmp_path.iterdir()) == []


def test_limits_of_rows_and_time_hold(source, shop):
    with pytest.raises(LimitExceeded, match="more than 1 rows"):
        fetch(source, "SELECT * FROM datasets", Limits(rows=1, seconds=20))
    heavy = "SELECT sum(a.range * b.range) AS s FROM range(10000000000) a, range(1000) b, datasets"
    with pytest.raises(LimitExceeded, match="took longer"):
        fetch(source, heavy, Limits(rows=1, seconds=1))


def test_the_time_for_making_the_tables_counts(source, shop):
    with pytest.raises(LimitExceeded, match="longer than 0 s"):
        fetch(source, "SELECT * FROM datasets", Limits(rows=10, seconds=0))


def test_a_cancelled_run_stops_before_it_asks(source, shop):
    progress = Progress(cancel=threading.Event())
    progress.cancel.set()
    with pytest.raises(LimitExceeded, match="cancelled"):
        fetch(source, "SELECT * FROM datasets", progress=progress)


def test_parameters_are_bound(source, shop):
    found = fetch(source, "SELECT rows FROM datasets WHERE slug = :slug", values={"slug": "carts"})

    assert found.to_pylist() == [{"rows": 3}]


@pytest.mark.parametrize("field", ["host", "database", "username"])
def test_a_source_of_this_kind_has_no_address(source, field):
    setattr(source, field, "elsewhere")
    with pytest.raises(SourceUnavailable, match="leave host, database and user empty"):
        source.connector.check(source)


def test_a_preview_and_the_columns_come_without_running_the_whole(source, shop):
    candidate = Dataset(source=source, sql="SELECT dataset, is_stale FROM datasets")

    shown = preview.preview(candidate, {})

    assert [column["name"] for column in shown.columns] == ["dataset", "is_stale"]
    assert len(shown.rows) == 2
    assert source.connector.check_sql(source, "SELECT seconds FROM refresh_runs", {}) == ["seconds"]


def test_the_admin_tests_it_and_lists_its_tables(source, client):
    client.force_login(User.objects.create_superuser("root", password="x"))
    form = {"record": source.pk, "name": "portal", "kind": "portal", "options": "{}"}

    tested = client.post(reverse("admin:datasets_source_test"), form).content.decode()
    listed = client.post(reverse("admin:datasets_source_tables"), form).content.decode()

    assert "datasets, health, page_loads, refresh_runs" in tested
    assert "refresh_runs" in listed
    assert "timestamp with time zone" in listed


def test_a_higher_app_adds_a_table(source, monkeypatch):
    monkeypatch.setattr(operation, "_tables", dict(operation._tables))

    @operation.table(
        "downloads", "Files that were fetched", path=operation.TEXT, ms=operation.COUNT
    )
    def downloads():
        yield from [("/", 12), ("/d/main/", 80)] * operation.CHUNK

    found = fetch(source, "SELECT path, sum(ms) AS ms FROM downloads GROUP BY 1 ORDER BY 1")

    assert found.to_pylist() == [{"path": "/", "ms": 60_000}, {"path": "/d/main/", "ms": 400_000}]
    with pytest.raises(ValueError, match="Two tables"):
        operation.table("downloads", "Again", path=operation.TEXT)(downloads)

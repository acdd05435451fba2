"""Exports by real worker processes: made, cancelled in the middle, and lost with their worker."""

from datetime import timedelta

import pyarrow as pa
import pytest
from django.conf import settings
from django.utils import timezone

from dashboards import export, tasks
from dashboards.models import Export
from tests.dashboards.exporting import COUNT, make_shop, table_of
from tests.datasets.workers import Worker, eventually
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
MANY = 3_000_000  # rows that take a worker longer than a test needs to interrupt it


@pytest.fixture
def worker(transactional_db, tmp_path):
    started = []

    def start():
        started.append(Worker(tmp_path / f"worker{len(started)}.log"))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def shop(transactional_db):
    return make_shop()


@pytest.fixture
def long_card(shop):
    dataset = DatasetFactory(view_roles=shop[0].view_roles.all())
    publish(dataset, pa.table({"n": pa.array(range(MANY))}))
    return WidgetFactory(
        dashboard=shop[0], dataset=dataset, chart_type="table", options={"columns": ["n"]}
    )


def ask(shop, card):
    made = export.ask(shop[2], shop[0], "csv", widget=card, query="")
    tasks.export.delay(made.pk)
    return made


def until(made, *states):
    def reached():
        made.refresh_from_db()
        return made.state in states

    eventually(reached, f"{states} did not come")


def running(made):
    """It is under way and has told how far it is."""
    eventually(lambda: Export.objects.filter(pk=made.pk, state="running", total__gt=0).exists())


def left_over():
    known = Export.objects.exclude(file="").values_list("file", flat=True)
    return [path.name for path in export.folder().glob("*") if path.name not in known]


def test_a_worker_makes_the_file_that_was_asked_for(worker, shop):
    worker()
    made = ask(shop, shop[1]["Products"])
    until(made, "done", "failed")

    assert made.error == ""
    assert len(table_of(made)) == COUNT + 1
    export.path_of(made).unlink()


def test_a_person_stops_a_long_export_and_nothing_is_left_of_it(worker, shop, long_card):
    worker()
    made = ask(shop, long_card)
    running(made)
    assert export.cancel(made)

    eventually(lambda: left_over() == [], "The worker goes on.")
    made.refresh_from_db()
    assert (made.state, made.file) == ("cancelled", "")


def test_an_export_whose_worker_is_killed_ends_as_failed_and_is_cleaned_up(
    worker, shop, long_card, monkeypatch
):
    one = worker()
    made = ask(shop, long_card)
    running(made)
    one.kill()
    monkeypatch.setattr(export, "SILENT", timedelta(seconds=2))
    eventually(lambda: export.give_up_lost() == 1)
    made.refresh_from_db()

    assert made.state == "failed"
    assert "ask for it again" in made.error
    assert left_over() != []
    monkeypatch.setattr(export, "ORPHANED", timedelta(0))
    export.clean_up()
    assert left_over() == []
    assert str(export.folder()).startswith(str(settings.DATA_FOLDER))
    assert made.finished_at <= timezone.now()

"""Exports over HTTP: who may ask, follow, cancel and download, and what the print page shows."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboards import export, tasks
from dashboards.exports import pictures
from dashboards.models import Export
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.world import CARD, CELL, TITLE, leaks

ADDRESS = "/dashboards/p-73/export/"


@pytest.fixture(autouse=True)
def sent(monkeypatch, tmp_path):
    """Ids that would have gone to a worker; files are made in a folder of the test."""
    found = []
    monkeypatch.setattr(export, "folder", lambda: tmp_path)
    monkeypatch.setattr(tasks.export, "delay", found.append)
    return found


@pytest.fixture
def viewer(world, browser):
    return browser(world.people["viewer"])


def ask(client, **values):
    return client.post(ADDRESS, {"format": "csv", "query": ""} | values)


def finished(world, content=b"a,b\r\n", **changes):
    export.folder().mkdir(exist_ok=True)
    (export.folder() / "f00.csv").write_bytes(content)
    fields = {
        "owner": world.people["viewer"], "dashboard": world.dashboard, "format": "csv",
        "state": "done", "file": "f00.csv", "name": 'Ü "x".csv', "bytes": len(content),
    }  # fmt: skip
    return Export.objects.create(**fields | changes)


def test_asking_makes_a_record_and_a_message_for_a_worker(world, viewer, sent):
    answer = ask(viewer, widget=world.widget.pk)

    made = Export.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {"id": made.pk, "state": "queued", "percent": 0}
    assert sent == [made.pk]
    assert (made.owner, made.widget, made.origin) == (
        world.people["viewer"], world.widget, "http://testserver",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "status"),
    [({"format": "exe"}, 400), ({"query": "x.1.secret=1"}, 400), ({"query": "tab=a\x00b"}, 400),
     ({"query": "utm=\x00"}, 400), ({"widget": "999999"}, 404), ({"widget": "1 OR 1"}, 404),
     ({"widget": "9" * 30}, 404), ({"widget": "9" * 5000}, 404)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(world, viewer, sent, values, status):
    answer = ask(viewer, **values)

    assert answer.status_code == status
    assert status == 404 or answer.json()["error"]
    assert sent == []


def test_a_card_of_another_dashboard_cannot_be_reached_through_ones_own(world, viewer):
    other = WidgetFactory(dashboard=DashboardFactory(), dataset=world.dataset)

    assert ask(viewer, widget=other.pk).status_code == 404


@pytest.mark.parametrize("person", ["outsider", "staff outsider", "former viewer"])
def test_who_may_not_see_the_dashboard_may_not_export_it(world, browser, sent, person):
    answer = ask(browser(world.people[person]))

    assert answer.status_code == 404
    assert leaks(answer) == []
    assert sent == []


def test_a_page_of_another_site_cannot_ask(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["viewer"])

    assert ask(client).status_code == 403


def test_the_dialog_offers_pictures_only_where_there_is_a_browser(world, viewer, monkeypatch):
    monkeypatch.setattr(pictures, "_found", lambda: "")
    page = viewer.get(ADDRESS).content.decode()

    assert "apt-get install chromium" in page
    assert page.count("disabled") == 2
    assert ask(viewer, format="png").json()["error"] == pictures.MISSING


def test_the_owner_downloads_under_a_name_that_browsers_understand(world, viewer):
    made = finished(world)
    answer = viewer.get(f"/exports/{made.pk}/file/")

    assert b"".join(answer.streaming_content) == b"a,b\r\n"
    assert "filename*=utf-8''%C3%9C%20%22x%22.csv" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("person", ["owner", "editor", "superuser", "outsider"])
@pytest.mark.parametrize("address", ["/exports/{}/", "/exports/{}/file/"])
def test_for_all_others_an_export_does_not_exist(world, browser, person, address):
    made = finished(world, state="running")
    client = browser(world.people[person])
    path = address.format(made.pk)

    assert client.get(path).status_code == client.get("/exports/999999/").status_code == 404
    assert client.post(path).status_code in (404, 405)
    made.refresh_from_db()
    assert made.state == "running"


@pytest.mark.parametrize("digits", [30, 5000])
def test_a_number_that_no_export_has_finds_none(world, viewer, digits):
    number = "9" * digits

    for address in (f"/exports/{number}/", f"/exports/{number}/file/",
                    f"/dashboards/p-73/print/{number}/"):  # fmt: skip
        assert viewer.get(address).status_code == 404


def test_who_lost_the_dashboard_downloads_nothing_any_more(world, viewer):
    made = finished(world)
    world.people["viewer"].groups.clear()

    assert viewer.get(f"/exports/{made.pk}/file/").status_code == 404


def test_an_expired_file_is_gone(world, viewer):
    made = finished(world, finished_at=timezone.now() - timedelta(days=2))
    export.clean_up()

    assert viewer.get(f"/exports/{made.pk}/file/").status_code == 404


def test_the_owner_follows_and_cancels(world, viewer):
    made = finished(
        world, state="running", file="", done=150, total=400, seen_at=timezone.now()
    )  # fmt: skip

    assert viewer.get(f"/exports/{made.pk}/").json()["percent"] == 37
    assert viewer.post(f"/exports/{made.pk}/").json()["state"] == "cancelled"
    assert viewer.post(f"/exports/{made.pk}/").json()["state"] == "cancelled"


def test_an_export_whose_worker_is_gone_is_told_as_failed(world, viewer):
    made = finished(
        world, state="running", file="", seen_at=timezone.now() - timedelta(minutes=5)
    )  # fmt: skip
    status = viewer.get(f"/exports/{made.pk}/").json()

    assert status["state"] == "failed"
    assert "interrupted" in status["note"]


# --- The page that is printed


def test_the_print_page_has_all_cards_and_no_menus(world, viewer):
    page = viewer.get("/dashboards/p-73/print/?cards=all").content.decode()

    assert TITLE in page
    assert CARD in page
    assert 'class="nav"' not in page
    assert 'data-url="/dashboards/p-73/print-data/?cards=all"' in page


def test_the_print_page_of_one_card_has_its_data(world, viewer):
    pk = world.widget.pk
    found = viewer.get(f"/dashboards/p-73/print-data/{pk}/").json()["widgets"]

    assert [widget["id"] for widget in found] == [pk]
    assert CELL in found[0]["body"]["html"]
    assert viewer.get("/dashboards/p-73/print/999999/").status_code == 404


def test_choices_that_fit_nothing_print_nothing(world, viewer):
    assert viewer.get("/dashboards/p-73/print/?x.1.secret=1").status_code == 404

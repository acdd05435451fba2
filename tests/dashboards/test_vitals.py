"""What browsers measure: what is kept of it, what is refused, and how long it stays."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboards.models import PageLoad
from dashboards.tasks import clean_up
from dashboards.views_vitals import APART
from datasets import operation

ADDRESS = "/dashboards/p-73/vitals"
LOAD = {"kind": "load", "cards": "12", "first_byte": "41", "first_paint": "180",
        "first_screen": "920", "all_cards": "1400", "phone": "0"}  # fmt: skip
ANSWER = {"kind": "filter", "cards": "12", "first_screen": "310", "phone": "1"}


@pytest.fixture
def viewer(world, browser):
    return browser(world.people["viewer"])


def columns(name):
    return list(operation.tables()[name].columns)


def rows(name):
    return list(operation.tables()[name].rows())


def test_a_page_load_is_kept_as_it_was_measured(world, viewer):
    answer = viewer.post(ADDRESS, LOAD)

    kept = PageLoad.objects.get()
    assert (answer.status_code, answer.content) == (204, b"")
    assert (kept.kind, kept.cards, kept.phone) == ("load", 12, False)
    assert (kept.first_byte, kept.first_paint) == (41, 180)
    assert (kept.first_screen, kept.all_cards) == (920, 1400)
    assert (kept.dashboard, kept.viewer) == (world.dashboard, world.people["viewer"])


def test_an_answer_to_a_choice_has_one_time(viewer):
    assert viewer.post(ADDRESS, ANSWER).status_code == 204

    kept = PageLoad.objects.get()
    assert (kept.kind, kept.first_screen, kept.phone) == ("filter", 310, True)
    assert (kept.first_byte, kept.first_paint, kept.all_cards) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "delete"), ("kind", ""), ("kind", "x" * 10_000),
        ("cards", "0"), ("cards", "501"), ("cards", "-3"), ("cards", "1.5"), ("cards", ""),
        ("first_screen", ""), ("first_screen", "-1"), ("first_screen", "600001"),
        ("first_screen", "9" * 5000), ("first_screen", "1e3"), ("first_screen", "NaN"),
        ("first_screen", "12.0"), ("first_screen", "١٢"), ("first_screen", "1_000"),
        ("first_byte", "' OR 1=1 --"), ("first_paint", "<script>"), ("all_cards", "0x10"),
        ("phone", "true"), ("phone", ""), ("phone", "2"),
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_refused_and_not_told_back(viewer, name, value):
    answer = viewer.post(ADDRESS, LOAD | {name: value})

    assert answer.status_code == 400
    assert answer.content == b"These are no measurements."
    assert not PageLoad.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/plain"),
        (b"\x00\xff\xfe", "application/octet-stream"),
        (b'{"kind": "load", "cards": 3, "first_screen": 5, "phone": 0}', "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"kind=load&" + b"&".join(b"a%d=1" % i for i in range(2000)),
         "application/x-www-form-urlencoded"),
    ],
)  # fmt: skip
def test_other_bodies_are_refused(viewer, body, content_type):
    assert viewer.post(ADDRESS, body, content_type=content_type).status_code == 400
    assert not PageLoad.objects.exists()


def test_who_it_is_and_when_is_not_for_the_browser_to_say(world, viewer):
    owner = world.people["owner"].pk

    viewer.post(ADDRESS, LOAD | {"viewer": owner, "dashboard": 999, "at": "2001-01-01", "id": 7})

    kept = PageLoad.objects.get()
    assert kept.viewer == world.people["viewer"]
    assert kept.dashboard == world.dashboard
    assert timezone.now() - kept.at < timedelta(minutes=1)


def test_of_one_person_one_is_kept_within_two_seconds(world, viewer):
    answers = [viewer.post(ADDRESS, LOAD).status_code, viewer.post(ADDRESS, ANSWER).status_code]
    assert (answers, PageLoad.objects.count()) == ([204, 204], 1)

    other = Client()
    other.force_login(world.people["owner"])
    other.post(ADDRESS, LOAD)
    assert PageLoad.objects.count() == 2

    PageLoad.objects.update(at=timezone.now() - APART)
    viewer.post(ADDRESS, ANSWER)
    assert PageLoad.objects.count() == 3


def test_without_the_pages_token_nothing_is_kept(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["viewer"])

    assert client.post(ADDRESS, LOAD).status_code == 403
    assert client.get(ADDRESS).status_code == 405
    assert not PageLoad.objects.exists()


def test_the_page_says_where_measurements_go(viewer):
    page = viewer.get("/dashboards/p-73/").content.decode()

    assert f'data-vitals="{ADDRESS}"' in page


def test_rows_older_than_a_month_are_deleted(viewer):
    for _ in range(2):
        viewer.post(ADDRESS, LOAD)
        PageLoad.objects.update(at=timezone.now() - timedelta(days=29, hours=23))
    PageLoad.objects.filter(pk=PageLoad.objects.first().pk).update(
        at=timezone.now() - timedelta(days=30, minutes=1)
    )

    clean_up()

    assert PageLoad.objects.count() == 1


def test_datasets_get_the_times_without_the_person(world, viewer):
    viewer.post(ADDRESS, LOAD)

    at, *rest = rows("page_loads")[0]

    assert "viewer" not in columns("page_loads")
    assert columns("page_loads")[:3] == ["at", "kind", "dashboard"]
    assert rest == ["load", world.dashboard.title, 12, 41, 180, 920, 1400, False]

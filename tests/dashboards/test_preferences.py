"""What a person prefers: on their own page, in all times and numbers, and for nobody else."""

import re
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import locale
from accounts.forms import LOCALES, PreferencesForm, example
from accounts.models import User
from dashboards import choices, live, render
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import publish
from tests.factories.people import PersonFactory

PAGE = "/preferences/"
EVENING = datetime(2026, 11, 26, 22, 30, tzinfo=UTC)  # the 26th in New York, the 27th in Tokyo


def prefer(person, **changes):
    User.objects.filter(pk=person.pk).update(**changes)
    return User.objects.get(pk=person.pk)


# --- The page


def test_a_person_changes_only_these_and_only_for_oneself(db, browser):
    person, other = PersonFactory(), PersonFactory()
    answer = browser(person).post(
        PAGE,
        {"theme": "dark", "locale": "de-CH", "time_zone": "America/New York", "pk": other.pk,
         "id": other.pk, "username": other.username, "is_superuser": "on", "is_staff": "on",
         "attributes": '{"country": ["DE"]}'},
        follow=True,
    )  # fmt: skip

    person.refresh_from_db()
    assert (person.theme, person.locale, person.time_zone) == ("dark", "de-CH", "America/New_York")
    assert (person.is_superuser, person.is_staff, person.attributes) == (False, False, {})
    other.refresh_from_db()
    assert (other.theme, other.locale, other.time_zone) == ("system", "", "")
    page = answer.content.decode()
    assert "Your preferences are saved." in page
    assert re.search(r"1’234’567.89 · \d", page)
    assert ", America/New York." in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"time_zone": "Mars/Olympus"}, "is no time zone; write one such as Europe/Berlin."),
        ({"time_zone": "../../etc/passwd"}, "is no time zone"),
        ({"locale": "tlh"}, "Select a valid choice."),
        ({"theme": "pink"}, "Select a valid choice."),
    ],
)
def test_what_is_none_is_refused_and_the_page_still_stands(db, browser, change, said):
    person = PersonFactory()
    given = {"theme": "light", "locale": "", "time_zone": ""} | change

    answer = browser(person).post(PAGE, given)

    assert answer.status_code == 200
    assert said in answer.content.decode()
    person.refresh_from_db()
    assert (person.theme, person.time_zone) == ("system", "")


def test_every_offered_locale_and_zone_is_a_valid_one(db):
    form = PreferencesForm(instance=PersonFactory())
    labels = dict(form.fields["locale"].choices)

    assert set(LOCALES) < set(labels)
    assert labels["de"] == "German: 1.234.567,89 · 27.11.2026 14:05"
    assert labels["en"] == "English: 1,234,567.89 · 27 Nov 2026 14:05"
    assert labels["en-US"].startswith("English (United States): 1,234,567.89 · Nov 27, 2026 2:05")
    assert {"Europe/Berlin", "Asia/Tokyo", "UTC"} <= set(form.zones)
    for zone in form.zones:
        User(username="x", password="x", time_zone=zone).clean_fields()


def test_a_locale_that_the_admin_gave_stays_in_the_form(browser, db):
    person = PersonFactory(locale="fr_LU")

    browser(person).post(PAGE, {"theme": "dark", "locale": "fr_LU", "time_zone": ""})

    person.refresh_from_db()
    assert (person.theme, person.locale) == ("dark", "fr_LU")


def test_the_menu_leads_there(browser, db):
    html = browser(PersonFactory()).get("/").content.decode()

    assert f'href="{PAGE}"' in html


def test_a_new_password_wants_the_old_one(browser, db):
    person = PersonFactory()
    person.set_password("a good password")
    person.save()
    client, new = browser(person), "another good password"
    given = {"old_password": "wrong", "new_password1": new, "new_password2": new}

    assert "entered incorrectly" in client.post(reverse("password"), given).content.decode()
    answer = client.post(reverse("password"), given | {"old_password": "a good password"})

    assert answer.headers["Location"] == reverse("security")
    person.refresh_from_db()
    assert person.check_password(new)
    assert "Your password is changed." in client.get(reverse("security")).content.decode()


# --- Times on pages


def test_times_stand_in_the_zone_and_the_words_of_who_looks(world, browser):
    rows = pa.table({"bidder_shortname": ["x"], "amount": [1]})
    publish(world.dataset, rows, EVENING)
    table = f"/dashboards/p-73/widgets/{world.widget.pk}/table"
    said = {}
    for name, zone, lang in (("viewer", "Asia/Tokyo", "de"), ("owner", "America/New_York", "en-US"),
                             ("editor", "", "")):  # fmt: skip
        client = browser(prefer(world.people[name], time_zone=zone, locale=lang))
        page = client.get("/dashboards/p-73/").content.decode()
        said[name] = [
            re.search(r"Data of ([^<]+)<", page)[1],
            re.search(r"Data of ([^<]+)<", client.get("/").content.decode())[1],
            re.search(r"data of ([^<]+)<", client.get(table).content.decode())[1],
            re.search(r'data-locale="([^"]+)"', page)[1],
            re.search(r'data-zone="([^"]+)"', page)[1],
        ]  # fmt: skip

    assert said["viewer"] == ["07:30", "27. Nov. 07:30", "27.11.2026 07:30", "de", "Asia/Tokyo"]
    assert [words.replace("\u202f", " ") for words in said["owner"]] == [
        "5:30 PM", "Nov 26 5:30 PM", "Nov 26, 2026 5:30 PM", "en-US",
        "America/New_York"]  # fmt: skip
    assert said["editor"] == ["23:30", "26 Nov 23:30", "26 Nov 2026 23:30", "en-GB",
                              "Europe/Berlin"]  # fmt: skip
    assert timezone.get_current_timezone_name() == "Europe/Berlin"  # nothing is left active
    assert locale.current() == "en"


def test_the_zone_stands_beside_the_data_time(world, browser):
    client = browser(prefer(world.people["viewer"], time_zone="America/New_York"))

    assert ">America/New York</span>" in client.get("/dashboards/p-73/").content.decode()


def test_a_page_that_is_kept_is_new_in_another_zone(world, browser):
    client = browser(world.people["viewer"])
    for path in ("/dashboards/p-73/data", "/dashboards/p-73/"):  # cards and token are there
        client.get(path)
    tag = client.get("/dashboards/p-73/").headers["ETag"]
    assert client.get("/dashboards/p-73/", headers={"If-None-Match": tag}).status_code == 304

    prefer(world.people["viewer"], time_zone="Asia/Tokyo")

    again = client.get("/dashboards/p-73/", headers={"If-None-Match": tag})
    assert again.status_code == 200


def test_what_is_stale_is_told_to_each_in_their_own_zone(world):
    type(world.dataset).objects.update(
        failures=1, failing_since=EVENING, failing_because="the source is away"
    )
    widget = type(world.widget).objects.select_related("dataset__current_snapshot").get()
    now = EVENING + timedelta(hours=1)
    said = [
        render.stale(render.card(widget, prefer(world.people["viewer"], time_zone=zone)), now)
        for zone in ("Asia/Tokyo", "America/New_York")
    ]

    assert said == ["Stale since 27 Nov 07:30 because the source is away",
                    "Stale since 26 Nov 17:30 because the source is away"]  # fmt: skip


# --- Cards


@pytest.fixture
def daily(world):
    """Two rows on one day in New York, on two days in Tokyo."""
    moments = [EVENING - timedelta(hours=9), EVENING]
    column = pa.array(moments, pa.timestamp("us", tz="UTC"))
    publish(world.dataset, pa.table({"at": column, "amount": [1234.5, 1000.0]}), EVENING)
    world.dataset.columns.update_or_create(name="at", defaults={"type": "datetime", "position": 1})
    world.dataset.columns.update_or_create(name="amount", defaults={"type": "number",
                                                                    "position": 2})  # fmt: skip
    return WidgetFactory(
        dashboard=world.dashboard, dataset=world.dataset, chart_type="line",
        options={"x": "at", "measure": "sum(amount)", "grain": "day"},
    )  # fmt: skip


def rows_of(widget, person):
    return render.table(widget, person)["rows"]


def test_days_begin_at_midnight_of_who_looks(world, daily):
    tokyo = prefer(world.people["viewer"], time_zone="Asia/Tokyo", locale="de")
    york = prefer(world.people["editor"], time_zone="America/New_York", locale="en-US")

    assert len(rows_of(daily, york)) == 1
    assert len(rows_of(daily, tokyo)) == 2
    assert "2,234" in str(rows_of(daily, york))
    assert "1.234" in str(rows_of(daily, tokyo))


@pytest.mark.parametrize("change", [{"time_zone": "Asia/Tokyo"}, {"locale": "de"}])
def test_people_of_two_zones_or_locales_share_neither_bodies_nor_sockets(world, change):
    dashboard = world.dashboard
    one = world.people["viewer"]
    views = [choices.start(dashboard, one)]
    other = prefer(one, **change)
    views.append(choices.start(dashboard, other))
    cards = [render.cards(view) for view in views]

    assert {c.body_key for c in cards[0]}.isdisjoint(c.body_key for c in cards[1])
    assert [c.drawing_key for c in cards[0]] == [c.drawing_key for c in cards[1]]
    assert live.variant(cards[0]) != live.variant(cards[1])


def test_an_example_is_that_of_its_locale():
    with timezone.override("UTC"):
        assert example("fr", EVENING).replace("\u202f", " ") == "1 234 567,89 · 26 nov. 2026 22:30"

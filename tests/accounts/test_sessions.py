"""Where people are signed in: seen by themselves, ended at once."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import devices
from accounts.models import Session
from accounts.sessions import SessionStore
from accounts.tasks import clean_up
from tests.factories.people import PersonFactory

PASSWORD = "correct horse battery"
SECURITY, HOME = reverse("security"), reverse("home")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def anna(db):
    return PersonFactory(username="anna", password=make_password(PASSWORD))


def device(user, agent=FIREFOX, address="10.0.0.1"):
    """A browser in which the person is signed in."""
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    client.post(reverse("login"), {"username": user.username, "password": PASSWORD})
    return client


def key_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def is_in(client):
    return client.get(SECURITY).status_code == 200


def reference(client):
    return Session.objects.get(pk=key_of(client)).reference


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0",
         "Edge on Linux"),
        ("", "An unknown device"),
        ("<script>alert(1)</script>", "An unknown device"),
    ],
)  # fmt: skip
def test_devices_have_the_names_that_people_know(said, name):
    assert devices.name(said) == name


def test_a_person_sees_each_device_and_which_is_this_one_but_no_key(anna):
    own, phone = device(anna), device(anna, PHONE, "10.0.0.2")
    page = own.get(SECURITY).content.decode()

    assert page.index("Firefox on Windows") < page.index("This device")
    assert page.index("This device") < page.index("Safari on iPhone")
    assert page.count("This device") == 1
    assert "10.0.0.2" in page
    assert key_of(phone) not in page
    assert key_of(own) not in page


def test_a_device_is_signed_out_from_another_one(anna):
    own, phone = device(anna), device(anna, PHONE)
    answer = own.post(reverse("end-session", args=[reference(phone)]), follow=True)

    assert "Safari on iPhone is signed out." in answer.content.decode()
    assert (is_in(own), is_in(phone)) == (True, False)


def test_all_others_are_signed_out_at_once(anna):
    own, others = device(anna), [device(anna, PHONE), device(anna)]
    own.post(reverse("end-other-sessions"))

    assert is_in(own)
    assert not any(is_in(other) for other in others)


def test_nobody_ends_or_sees_a_session_of_somebody_else(anna):
    own = device(anna, address="10.77.0.1")
    other = Client()
    other.force_login(PersonFactory())

    assert "10.77.0.1" not in other.get(SECURITY).content.decode()
    assert other.post(reverse("end-session", args=[reference(own)])).status_code == 404
    other.post(reverse("end-other-sessions"))
    assert is_in(own)


@pytest.mark.parametrize("change", ["password", "closed", "closed by a query", "deleted"])
def test_what_ends_an_account_or_its_password_ends_its_sessions(anna, change):
    own = device(anna)
    if change == "password":
        anna.set_password("another good one")
        anna.save()
    elif change == "closed":
        anna.is_active = False
        anna.save()
    elif change == "closed by a query":
        type(anna).objects.filter(pk=anna.pk).update(is_active=False)
    else:
        anna.delete()

    assert Session.objects.alive({key_of(own)}, timezone.now()) == set()
    assert not is_in(own)


def test_who_changes_the_password_stays_signed_in_here_alone(anna):
    own, phone = device(anna), device(anna, PHONE)
    before = key_of(own)
    new = {"old_password": PASSWORD, "new_password1": "another good one",
           "new_password2": "another good one"}  # fmt: skip
    own.post(reverse("password"), new)

    assert (is_in(own), is_in(phone)) == (True, False)
    assert key_of(own) != before
    assert list(Session.objects.filter(user=anna).values_list("pk", flat=True)) == [key_of(own)]


def test_a_session_ends_when_nobody_comes_back(anna):
    own = device(anna)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert not is_in(own)
    clean_up()
    assert not Session.objects.exists()


def test_coming_back_prolongs_it_and_is_noted_once_a_minute(anna, django_assert_num_queries):
    own = device(anna)
    at = timezone.now() - timedelta(minutes=2)
    Session.objects.update(seen_at=at, expire_date=timezone.now() + timedelta(minutes=5))
    first = own.get(HOME, headers={"user-agent": PHONE})
    row = Session.objects.get(pk=key_of(own))
    second = own.get(HOME)

    assert row.seen_at > at + timedelta(seconds=90)
    assert row.expire_date > timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE - 60)
    assert row.device_name == "Safari on iPhone"
    assert first.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == settings.SESSION_COOKIE_AGE
    assert settings.SESSION_COOKIE_NAME not in second.cookies


def test_an_ordinary_page_asks_for_session_and_person_and_no_more(anna, django_assert_num_queries):
    own = device(anna)
    with django_assert_num_queries(2):
        own.get(reverse("config-schema", args=["dashboard.schema.json"]))


def test_a_page_for_everybody_asks_for_no_session(db, django_assert_num_queries):
    Client().get(reverse("login"))  # reads the theme, once per process
    with django_assert_num_queries(0):
        assert Client().get(reverse("login")).status_code == 200


def test_content_written_by_one_request_is_not_undone_by_the_note_of_another(anna):
    own = device(anna)
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    session = own.session  # another request writes while the page below is made
    session["written"] = json.dumps([1])
    session.save()
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    own.get(HOME)

    assert own.session["written"] == "[1]"


def test_a_session_that_was_made_short_stays_short(anna):
    store = SessionStore()
    store[SESSION_KEY], store["_session_expiry"] = str(anna.pk), 120
    store.create()
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=2))

    again = SessionStore(store.session_key)
    again.load()

    assert again.touch()
    assert Session.objects.get().expire_date < timezone.now() + timedelta(minutes=3)

"""Signing in by password: who fails waits, and nobody learns who exists."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import lockout
from datasets import cache
from tests.factories.people import PersonFactory

PASSWORD = "correct horse battery"
LOGIN = reverse("login")


@pytest.fixture
def anna(db):
    return PersonFactory(username="anna", password=make_password(PASSWORD))


def knock(name, password, address="10.0.0.1", client=None, **more):
    """One try at the form from an address."""
    client = client or Client()
    return client.post(LOGIN, {"username": name, "password": password} | more, REMOTE_ADDR=address)


def fail(name, times, **more):
    return [knock(name, "wrong", **more) for _ in range(times)][-1]


def said(answer):
    """What a page says, without what differs each time."""
    text = re.sub(r'value="\w{64}"', "", answer.content.decode())
    return text[text.index("<h1>") : text.index("id_username")]


def test_the_right_password_signs_in_with_a_new_session_key(anna):
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key

    answer = knock("anna", PASSWORD, client=client, next="/preferences/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/preferences/")
    assert client.session.session_key != before
    cookie = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    "there",
    ["https://evil.example/", "//evil.example/", r"\\evil.example", "/\\evil.example",
     "javascript:alert(1)", "https:evil.example", "http:///evil.example", "\t//evil.example"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["form", "address"])
def test_signing_in_leads_to_no_other_site(anna, there, way):
    given = {"username": "anna", "password": PASSWORD}
    if way == "form":
        answer = Client().post(LOGIN, given | {"next": there})
    else:
        answer = Client().post(LOGIN, given, query_params={"next": there})

    assert answer.headers["Location"] == reverse("home")


def test_unknown_wrong_and_closed_accounts_are_told_the_same(anna):
    PersonFactory(username="closed", password=make_password(PASSWORD), is_active=False)
    PersonFactory(username="by sso", password=make_password(None))
    tried = [knock("anna", "wrong"), knock("nobody", "wrong"), knock("closed", PASSWORD),
             knock("by sso", "wrong")]  # fmt: skip

    assert {answer.status_code for answer in tried} == {200}
    assert {said(answer) for answer in tried} == {said(tried[0])}
    assert "do not match" in said(tried[0])


def test_a_hash_is_made_for_unknown_people_too(anna, monkeypatch):
    """It is the hash that takes the time by which one could tell."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    made = []
    honest = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *given: made.append(1) or honest(*given)
    )
    counts = []
    for name in ("anna", "nobody"):
        made.clear()
        knock(name, "wrong")
        counts.append(len(made))

    assert counts[0] == counts[1] > 0


def test_who_fails_too_often_waits_even_with_the_right_password(anna):
    last = fail("anna", settings.AXES_FAILURE_LIMIT)
    right = knock("anna", PASSWORD)

    assert (last.status_code, right.status_code) == (429, 429)
    assert "Try again in 15 minutes" in said(right)
    assert "sessionid" not in right.cookies


def test_a_person_who_does_not_exist_is_locked_out_in_the_same_words(anna):
    known = fail("anna", settings.AXES_FAILURE_LIMIT)
    unknown = fail("nobody", settings.AXES_FAILURE_LIMIT)

    assert (known.status_code, said(known)) == (unknown.status_code, said(unknown))


def test_the_lock_holds_for_this_address_and_this_person_alone(anna):
    PersonFactory(username="ben", password=make_password(PASSWORD))
    fail("anna", settings.AXES_FAILURE_LIMIT)

    assert knock("anna", PASSWORD, address="10.0.0.2").status_code == 302
    assert knock("ben", PASSWORD).status_code == 302


def test_another_browser_or_capital_letters_are_no_way_around(anna):
    for number in range(settings.AXES_FAILURE_LIMIT):
        name = "ANNA" if number % 2 else "anna"
        knock(name, "wrong", client=Client(headers={"user-agent": f"Mozilla/{number}"}))

    assert knock("anna", PASSWORD).status_code == 429


def test_an_address_that_the_client_claims_counts_for_nothing(anna):
    for number in range(settings.AXES_FAILURE_LIMIT):
        client = Client(headers={"x-forwarded-for": f"10.9.9.{number}"})
        knock("anna", "wrong", client=client)

    assert knock("anna", PASSWORD).status_code == 429


def test_the_lock_outlives_a_flush_of_redis(anna):
    fail("anna", settings.AXES_FAILURE_LIMIT)
    cache.ask(lambda: cache.client().flushall())

    assert knock("anna", PASSWORD).status_code == 429


def test_trying_on_does_not_make_the_wait_longer_and_then_it_is_over(anna):
    fail("anna", settings.AXES_FAILURE_LIMIT)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    waited = said(fail("anna", 3))
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert "Try again in a minute" in waited or "in 2 minutes" in waited
    assert knock("anna", PASSWORD).status_code == 302


def test_signing_in_forgets_the_failures_before_it(anna):
    for _ in range(3):
        fail("anna", settings.AXES_FAILURE_LIMIT - 1)
        assert knock("anna", PASSWORD).status_code == 302


def test_what_was_typed_is_not_kept(anna):
    fail("anna", 2, next="/secret-place/")

    kept = AccessAttempt.objects.get()
    assert "wrong" not in kept.post_data
    assert kept.username == "anna"


def test_locks_are_listed_by_what_they_lock(anna):
    fail("anna", settings.AXES_FAILURE_LIMIT)
    fail("ben", settings.AXES_FAILURE_LIMIT - 1)

    locked = lockout.locked(timezone.now())
    assert [(row["username"], row["ip_address"]) for row in locked] == [("anna", "10.0.0.1")]


@pytest.mark.parametrize(
    ("password", "wrong"),
    [("short1word", "at least 12"), ("password1234", "too common"), ("482910573846", "numeric"),
     ("anna-keller-2", "similar")],
)  # fmt: skip
def test_weak_passwords_are_refused_and_the_form_says_the_rules(browser, db, password, wrong):
    person = PersonFactory(username="anna-keller", password=make_password(PASSWORD))
    client = browser(person)
    page = client.get(reverse("password")).content.decode()
    given = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    answer = client.post(reverse("password"), given).content.decode()

    assert "at least 12 characters" in page
    assert wrong in answer
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_the_old_password_cannot_be_guessed_on_a_page_left_open(browser, anna):
    client = browser(anna)
    new = {"new_password1": "another good one", "new_password2": "another good one"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(reverse("password"), new | {"old_password": "wrong"})

    answer = client.post(reverse("password"), new | {"old_password": PASSWORD})
    assert "Too many attempts" in answer.content.decode()
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


def test_validators_are_those_of_the_settings():
    from django.contrib.auth.password_validation import validate_password

    with pytest.raises(ValidationError):
        validate_password("elevenchars")


def test_spaces_after_commas_mean_nothing_in_what_an_operator_writes():
    from portal.single_sign_on import _pairs

    assert _pairs({"a": "A", " b": " B"}) == {"a": "A", "b": "B"}

"""The second step: apps, recovery codes, what is asked of whom, at every door."""

import re
from datetime import timedelta

import pyotp
import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import signing_in, two_factor
from accounts.encryption import decrypted
from accounts.models import Action, ApiToken, AuditEvent, Factor, RecoveryCode, Session
from dashboards import live
from tests.factories.people import PersonFactory, RoleFactory

PASSWORD = "correct horse battery"
LOGIN, STEP, SECURITY = reverse("login"), reverse("second-step"), reverse("security")
HTML = {"accept": "text/html,*/*;q=0.8"}


def person(**more):
    return PersonFactory(username="anna", password=make_password(PASSWORD), **more)


def with_app(user):
    """The secret and the recovery codes of an app that is set up. Its first code is old by now."""
    secret, now = two_factor.new_secret(), timezone.now()
    codes = two_factor.add_app(user, secret, pyotp.TOTP(secret).at(now), now)
    Factor.objects.filter(user=user).update(counter=0)
    return secret, codes


def password(client, **more):
    return client.post(LOGIN, {"username": "anna", "password": PASSWORD} | more)


def code_of(secret, steps=0):
    return pyotp.TOTP(secret).at(timezone.now() + timedelta(seconds=30 * steps))


def is_in(client):
    return client.get(SECURITY).status_code == 200


@pytest.fixture
def anna(db):
    return person()


def test_setting_up_an_app_shows_it_and_gives_recovery_codes_once(anna):
    client = Client()
    password(client)
    page = client.get(reverse("add-app")).content.decode()
    secret = re.search(r'class="secret-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    wrong = client.post(reverse("add-app"), {"code": "000000"}).content.decode()
    shown = client.post(reverse("add-app"), {"code": code_of(secret)}, follow=True)
    codes = re.findall(r"<li>(\w{5}-\w{5})</li>", shown.content.decode())

    assert 'src="data:image/svg+xml' in page
    assert "This code is not right" in wrong
    assert len(codes) == two_factor.CODES
    assert codes[0] not in client.get(SECURITY).content.decode()
    anna.refresh_from_db()
    assert anna.two_factor_since is not None
    factor = anna.factors.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_factor")
        assert secret not in cursor.fetchone()[0]
    assert factor.secret == secret
    assert not RecoveryCode.objects.filter(digest__contains=codes[0]).exists()


def test_the_password_alone_opens_nothing_then(anna):
    secret, _ = with_app(anna)
    client = Client()
    answer = password(client, next="/preferences/")

    assert answer.headers["Location"] == STEP
    assert not is_in(client)
    assert client.get("/").status_code == 302
    assert live.session_user(client.cookies["sessionid"].value) is None
    done = client.post(STEP, {"code": f" {code_of(secret)} "})
    assert done.headers["Location"] == "/preferences/"
    assert is_in(client)


def test_the_key_of_the_session_changes_with_the_second_step(anna):
    secret, _ = with_app(anna)
    client = Client()
    password(client)
    half = client.cookies["sessionid"].value
    client.post(STEP, {"code": code_of(secret)})

    assert client.cookies["sessionid"].value != half
    assert not Session.objects.filter(pk=half).exists()


def test_a_code_counts_once_and_only_near_its_time(anna):
    secret, _ = with_app(anna)
    tried = []
    for code in (code_of(secret, -4), code_of(secret), code_of(secret), code_of(secret, 4), "",
                 "123", "٣٤٥٦٧٨", "x" * 5000):  # fmt: skip
        client = Client()
        password(client)
        client.post(STEP, {"code": code})
        tried.append(is_in(client))

    assert tried == [False, True, False, False, False, False, False, False]


def test_a_recovery_code_counts_once_however_it_is_written(anna):
    _, codes = with_app(anna)
    other = PersonFactory(username="ben", password=make_password(PASSWORD))
    _, others = with_app(other)
    tried = []
    for code in (others[0], codes[0].lower().replace("-", " "), codes[0], codes[1]):
        client = Client()
        password(client)
        client.post(STEP, {"code": code})
        tried.append(is_in(client))

    assert tried == [False, True, False, True]


def test_codes_cannot_be_guessed_from_many_addresses_and_the_right_password_helps_not(anna):
    secret, _ = with_app(anna)
    answers = []
    for number in range(settings.AXES_FAILURE_LIMIT + 1):
        client = Client(REMOTE_ADDR=f"10.0.0.{number}")
        password(client)
        answers.append(client.post(STEP, {"code": "000000"}).content.decode())
    client = Client(REMOTE_ADDR="10.0.1.1")
    password(client)
    right = client.post(STEP, {"code": code_of(secret)}).content.decode()

    assert "Too many attempts" not in answers[0]
    assert "Too many attempts. Try again in" in answers[-1]
    assert "Too many attempts" in right
    assert not is_in(client)
    assert "000000" not in "".join(AccessAttempt.objects.values_list("post_data", flat=True))


def test_what_is_half_done_ends_after_a_while_and_with_another_password(anna, monkeypatch):
    secret, _ = with_app(anna)
    slow, stale = Client(), Client()
    password(slow)
    password(stale)
    anna.set_password("another good one")
    anna.save()
    stale.post(STEP, {"code": code_of(secret)})
    assert not is_in(stale)

    monkeypatch.setattr(signing_in, "PENDING_SECONDS", -1)
    assert slow.post(STEP, {"code": code_of(secret)}).headers["Location"] == LOGIN
    assert not is_in(slow)


def test_nobody_gets_to_the_second_step_without_the_first(anna):
    with_app(anna)

    assert Client().get(STEP).headers["Location"] == LOGIN
    assert Client().post(STEP, {"code": "000000"}).headers["Location"] == LOGIN


def test_other_devices_are_signed_out_when_the_first_factor_is_set_up(anna):
    client, other = Client(), Client()
    password(client)
    password(other)
    client.get(reverse("add-app"))
    secret = decrypted(client.session["new_app_secret"])
    client.post(reverse("add-app"), {"code": code_of(secret)})

    assert (is_in(client), is_in(other)) == (True, False)


# --- Who must have it


@pytest.mark.parametrize(
    ("rule", "is_staff", "role", "asked"),
    [(["none"], True, "", False), (["staff"], True, "", True), (["staff"], False, "", False),
     (["all"], False, "", True), (["Finance"], False, "Finance", True),
     (["Finance"], True, "Sales", False), (["staff", "Finance"], False, "Finance", True)],
)  # fmt: skip
def test_who_must_have_it_is_led_to_set_it_up(db, settings, rule, is_staff, role, asked):
    settings.REQUIRE_TWO_FACTOR = rule
    user = person(is_staff=is_staff, roles=[role] if role else [])
    client = Client(headers=HTML)
    password(client)
    answers = [client.get(path) for path in ("/", "/preferences/", "/config/schema/x.json")]
    api, data = client.get("/api/v1/dashboards/"), client.post("/theme/", headers={"accept": ""})
    key = client.cookies["sessionid"].value

    led = {a.headers.get("Location") == SECURITY for a in answers}
    assert led == {asked}
    assert (api.status_code == 403) is asked
    assert (live.session_user(key) is None) is asked
    assert data.status_code < 500
    assert client.get(SECURITY).status_code == 200
    assert client.get(reverse("add-app")).status_code == 200
    if asked:
        secret = decrypted(client.session["new_app_secret"])
        client.post(reverse("add-app"), {"code": code_of(secret)})
        assert client.get("/").status_code == 200
        assert client.get("/api/v1/dashboards/").status_code == 200
        assert live.session_user(client.cookies["sessionid"].value) == user


def test_the_admin_is_closed_too_until_then(db, settings):
    settings.REQUIRE_TWO_FACTOR = ["staff"]
    client = Client(headers=HTML)
    client.force_login(person(is_staff=True, is_superuser=True))

    assert client.get("/admin/").headers["Location"] == SECURITY
    assert client.get("/admin/accounts/user/").headers["Location"] == SECURITY
    assert client.post("/admin/accounts/user/add/", {}).status_code == 403


def test_an_api_token_is_its_own_proof_and_opens_no_page(db, settings):
    settings.REQUIRE_TWO_FACTOR = ["all"]
    user = person(is_staff=True)
    token = ApiToken(user=user, name="t")
    key = token.issue_key()
    token.save()
    bearer = {"authorization": f"Bearer {key}", **HTML}
    client = Client()
    client.force_login(user)

    assert Client().get("/api/v1/dashboards/", headers=bearer).status_code == 200
    assert client.get("/", headers=bearer).headers["Location"] == SECURITY
    basic = {"authorization": "Basic eDp4"}
    assert client.get("/api/v1/dashboards/", headers=basic).status_code == 403


def test_the_last_factor_stays_where_it_is_required(anna, settings):
    with_app(anna)
    client = Client()
    client.force_login(anna)
    session = client.session
    signing_in_proof(session)
    factor = anna.factors.get()
    settings.REQUIRE_TWO_FACTOR = ["all"]
    kept = client.post(reverse("remove-factor", args=[factor.pk]), follow=True)
    assert "add another first" in kept.content.decode()
    assert anna.factors.exists()

    settings.REQUIRE_TWO_FACTOR = ["none"]
    client.post(reverse("remove-factor", args=[factor.pk]))
    anna.refresh_from_db()
    assert (anna.two_factor_since, anna.recovery_codes.count()) == (None, 0)


def signing_in_proof(session):
    import time

    session[signing_in.PROVED] = time.time()
    session.save()


# --- Proving again


@pytest.mark.parametrize("name", ["add-app", "recovery-codes", "remove-factor"])
def test_security_settings_ask_once_more_who_sits_there(anna, name):
    with_app(anna)
    client = Client()
    client.force_login(anna)  # signed in some time ago
    path = reverse(name, args=[anna.factors.get().pk] if name == "remove-factor" else [])
    asked = client.get(path) if name == "add-app" else client.post(path)

    assert asked.headers["Location"].startswith(reverse("confirm"))
    confirm = asked.headers["Location"]
    assert "not your password" in client.post(confirm, {"password": "wrong"}).content.decode()
    assert client.post(confirm, {"password": PASSWORD}).status_code == 302
    again = client.get(path) if name == "add-app" else client.post(path)
    assert not again.headers.get("Location", "").startswith(reverse("confirm"))
    evil = client.post(confirm, {"password": PASSWORD, "next": "https://evil.example/"})
    assert evil.headers["Location"] == SECURITY


def test_who_has_no_password_here_proves_it_by_a_code(db):
    user = PersonFactory(username="anna", password=make_password(None))
    secret, _ = with_app(user)
    client = Client()
    client.force_login(user)

    assert client.get(reverse("add-app")).status_code == 302
    client.post(reverse("confirm"), {"code": code_of(secret)})
    assert client.get(reverse("add-app")).status_code == 200


def test_nobody_removes_a_factor_of_somebody_else(anna):
    with_app(anna)
    other = PersonFactory()
    client = Client()
    client.force_login(other)
    signing_in_proof(client.session)

    path = reverse("remove-factor", args=[anna.factors.get().pk])
    assert client.post(path).status_code == 404
    assert anna.factors.exists()


def test_the_audit_tells_what_changed_and_who_did_it(anna):
    with_app(anna)
    two_factor.renew_codes(anna)
    two_factor.reset(anna, PersonFactory(username="root", first_name="", last_name=""))

    told = AuditEvent.objects.filter(action=Action.SECOND_FACTOR, key=anna.pk).order_by("id")
    assert [event.note for event in told] == [
        "added Authenticator app", "new recovery codes", "reset"
    ]  # fmt: skip
    assert [event.person_key == anna.pk for event in told] == [True, True, False]
    assert told.last().person == "root"


def test_roles_are_asked_of_no_database_unless_a_rule_names_one(
    anna, settings, django_assert_num_queries
):
    settings.REQUIRE_TWO_FACTOR = ["staff"]
    with django_assert_num_queries(0):
        assert not signing_in.owes_second(anna, {})
    settings.REQUIRE_TWO_FACTOR = [RoleFactory().name]
    with django_assert_num_queries(1):
        assert not signing_in.owes_second(anna, {})


def test_without_the_key_of_a_secret_nobody_gets_in_and_nothing_breaks(anna, settings):
    secret, _ = with_app(anna)
    settings.ENCRYPTION_KEYS = ["n" * 40]

    assert not two_factor.check(anna, code_of(secret, 1), timezone.now())

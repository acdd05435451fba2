"""What an administrator sees of people's accounts, and does for them."""

import time

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import two_factor
from accounts.forms_people import AttributesField, as_text, as_values
from accounts.models import Action, AuditEvent, Factor, Identity, Session, User
from tests.factories.people import PersonFactory

PASSWORD = "correct horse battery"
LIST = reverse("admin:accounts_user_changelist")


@pytest.fixture
def root(db, browser):
    return browser(PersonFactory(username="root", is_superuser=True, is_staff=True))


@pytest.fixture
def anna(db):
    return PersonFactory(username="anna", password=make_password(PASSWORD))


def change(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def task(user, name):
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


def signed_in(user, address="10.66.0.1"):
    client = Client(headers={"user-agent": "Firefox/1 Windows"}, REMOTE_ADDR=address)
    client.post(reverse("login"), {"username": user.username, "password": PASSWORD})
    return client


def with_passkey(user):
    factor = Factor(user=user, kind=Factor.Kind.PASSKEY, name="Yellow key", secret="x")
    return two_factor.add(factor, timezone.now())


def test_who_has_a_second_factor_is_seen_and_can_be_helped(root, anna):
    client = signed_in(anna)
    with_passkey(anna)
    listed = root.get(LIST, {"second": "yes"}).content.decode()
    page = root.get(change(anna)).content.decode()
    asked = root.post(task(anna, "reset_two_factor"))
    untouched = anna.factors.count()
    session = root.session
    session["proved_at"] = time.time()
    session.save()
    root.post(task(anna, "reset_two_factor"))

    assert ">anna<" in listed
    assert ">root<" not in listed
    assert "Yellow key" in page
    assert asked.headers["Location"].startswith(reverse("confirm"))
    assert untouched == 1
    told = AuditEvent.objects.filter(action=Action.SECOND_FACTOR, note="reset").get()
    assert (told.key, told.person) == (str(anna.pk), "root")
    anna.refresh_from_db()
    assert (anna.two_factor_since, anna.factors.count(), anna.recovery_codes.count()) == (
        None, 0, 0)  # fmt: skip
    assert client.get("/").status_code == 302
    assert (
        "Two-factor sign-in reset"
        in root.get(reverse("admin:accounts_user_history", args=[anna.pk])).content.decode()
    )


def test_the_list_asks_a_fixed_number_of_questions(root, anna, django_assert_max_num_queries):
    for number in range(20):
        with_passkey(PersonFactory(username=f"p{number}"))
    with django_assert_max_num_queries(12):
        root.get(LIST)


def test_devices_of_a_person_are_seen_and_signed_out_one_or_all(root, anna):
    first, second = signed_in(anna), signed_in(anna, "10.66.0.2")
    page = root.get(change(anna)).content.decode()
    key = first.cookies[settings.SESSION_COOKIE_NAME].value
    one = Session.objects.get(pk=key)
    root.post(task(anna, "sign_out"), {"session": one.reference})
    after_one = [client.get("/preferences/").status_code for client in (first, second)]
    root.post(task(anna, "sign_out"))

    assert "10.66.0.2" in page
    assert key not in page
    assert after_one == [302, 200]
    assert second.get("/preferences/").status_code == 302
    assert root.get("/preferences/").status_code == 200


def fail(times=settings.AXES_FAILURE_LIMIT, **more):
    for _ in range(times):
        Client(**more).post(reverse("login"), {"username": "anna", "password": "wrong"})


def test_a_lock_is_seen_and_lifted_at_the_person(root, anna):
    fail()
    page = root.get(change(anna)).content.decode()
    root.post(task(anna, "unlock"))

    assert "Locked after failed sign-ins" in page
    assert "127.0.0.1" in page
    assert signed_in(anna).get("/preferences/").status_code == 200
    assert "Locked after" not in root.get(change(anna)).content.decode()


def test_a_lock_is_seen_and_lifted_in_the_list_whatever_browser_it_adds_up(root, anna):
    path = reverse("admin:axes_accessattempt_changelist")
    fail(3, headers={"user-agent": "one"})
    fail(settings.AXES_FAILURE_LIMIT - 3, headers={"user-agent": "two"})
    AccessAttempt.objects.create(username="ben", ip_address="10.0.0.9", user_agent="x",
                                 failures_since_start=1)  # fmt: skip
    page = root.get(path).content.decode()
    locked = root.get(path, {"state": "locked"}).content.decode()
    row = AccessAttempt.objects.filter(username="anna").first()
    root.post(path, {"action": "lift", "_selected_action": [row.pk]})

    assert page.count("Locked until") == 2
    assert "Counted" in page
    assert "ben" not in locked.split("<tbody")[1]
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["ben"]


def test_staff_without_that_right_see_no_failed_sign_ins(anna, browser):
    fail()
    helper = PersonFactory(is_staff=True, may=["view_user", "change_user"])

    assert browser(helper).get(reverse("admin:axes_accessattempt_changelist")).status_code == 403


def test_nobody_finds_single_sign_on_accounts_to_connect_but_superusers(anna, browser, root):
    Identity.objects.create(user=anna, issuer="https://id.example", subject="s-17")
    seen = root.get(change(anna)).content.decode()
    helper = PersonFactory(is_staff=True, may=["view_user", "change_user", "add_identity"])
    answer = browser(helper).get(change(anna)).content.decode()

    assert "s-17" in seen
    assert "s-17" not in answer


# --- Attributes


def form_of(user, **attributes):
    names, values = list(attributes), list(attributes.values())
    return {
        "username": user.username, "theme": "system", "is_active": "on",
        "attributes-name": [*names, ""], "attributes-values": [*values, ""],
        "identities-TOTAL_FORMS": "0", "identities-INITIAL_FORMS": "0",
        "date_joined_0": "2026-01-01", "date_joined_1": "12:00",
    }  # fmt: skip


def test_attributes_are_rows_of_a_name_and_values(root, anna):
    User.objects.filter(pk=anna.pk).update(attributes={"country": ["DE", "AT"]})
    page = root.get(change(anna)).content.decode()
    answer = root.post(change(anna), form_of(anna, country="CH", team="Sales, Finance"))

    assert 'value="country"' in page
    assert 'value="DE, AT"' in page
    assert answer.status_code == 302
    anna.refresh_from_db()
    assert anna.attributes == {"country": "CH", "team": ["Sales", "Finance"]}


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(root, anna):
    page = root.post(change(anna), form_of(anna, **{"2 b": 'x"<b>'})).content.decode()

    assert "is no name: write letters" in page
    assert 'value="2 b"' in page
    assert "x&quot;&lt;b&gt;" in page
    anna.refresh_from_db()
    assert anna.attributes == {}


def test_those_of_single_sign_on_are_marked(root, anna):
    User.objects.filter(pk=anna.pk).update(attributes={"team": "Sales", "desk": "7"})
    Identity.objects.create(user=anna, issuer="https://i", subject="s", attributes=["team"])

    assert root.get(change(anna)).content.decode().count(">by single sign-on<") == 1


@pytest.mark.parametrize(
    ("values", "text"),
    [(["DE", "AT"], "DE, AT"), ("DE", "DE"), (["Berlin, Mitte", "x"], '"Berlin, Mitte",x')],
)
def test_values_are_written_as_they_are_read(values, text):
    assert as_text(values) == text
    assert as_values(text) == ([values] if isinstance(values, str) else values)


@pytest.mark.parametrize(
    "pairs",
    [[("a b", "x")], [("", "x")], [("a", "")], [("a", "x"), ("a", "y")], [("a", '"x')],
     [("a", "x" * 201)], [(f"n{n}", "x") for n in range(51)], [("__class__", "x")]],
)  # fmt: skip
def test_attributes_that_no_rule_could_use_are_refused(pairs):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        AttributesField(required=False).clean(pairs)


def test_rights_of_a_person_are_chosen_in_a_table_and_others_stay(root, anna):
    mine, other, kept = (
        Permission.objects.get(codename=name)
        for name in ("view_dashboard", "change_dashboard", "view_recoverycode")
    )
    anna.user_permissions.set([mine, kept])
    page = root.get(change(anna)).content.decode()
    fields = root.get(change(anna)).context["adminform"].form.initial | {
        "user_permissions": [other.pk], "groups": [], "username": "anna", "theme": "system",
        "identities-TOTAL_FORMS": 0, "identities-INITIAL_FORMS": 0,
    }  # fmt: skip
    sent = {name: value for name, value in fields.items() if value not in (None, {})}
    answer = root.post(change(anna), sent | {"date_joined_0": "", "date_joined_1": ""})

    assert f'value="{mine.pk}" aria-label="Dashboards: see"' in page
    assert f'value="{kept.pk}"' not in page
    assert answer.status_code == 302, answer.context["errors"]
    assert set(anna.user_permissions.all()) == {other, kept}

"""People come in by a link that counts once, and back in by a mail that tells nobody anything."""

import re
import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import invite
from accounts.models import User
from accounts.tasks import send_way_back
from tests.factories.people import PersonFactory, RoleFactory

NEW = {"new_password1": "a very good one 7", "new_password2": "a very good one 7"}
FORM = {"username": "nina", "first_name": "Nina", "last_name": "", "email": "nina@example.com"}


@pytest.fixture
def root(db, browser):
    return browser(PersonFactory(username="root", is_superuser=True, is_staff=True))


@pytest.fixture
def mails(settings):
    settings.MAIL = True
    mail.outbox = []
    return mail.outbox


def add(client, **more):
    """The page after a person was added."""
    return client.post(reverse("admin:accounts_user_add"), FORM | more, follow=True)


def link_of(text):
    return re.search(r"http://testserver(/\S+/)", text)[1]


def test_without_a_mail_server_the_link_is_shown_once_to_copy(root):
    role = RoleFactory(name="Finance")
    shown = add(root, groups=[role.pk]).content.decode()
    again = root.get(reverse("admin:accounts_user_change", args=[User.objects.get(
        username="nina").pk])).content.decode()  # fmt: skip
    guest = Client()
    page = guest.get(link_of(shown))
    weak = guest.post(link_of(shown), {"new_password1": "short", "new_password2": "short"})
    answer = guest.post(link_of(shown), NEW)

    nina = User.objects.get(username="nina")
    assert "/welcome/" not in again
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "private, no-store")
    assert "at least 12 characters" in weak.content.decode()
    assert answer.headers["Location"] == "/"
    assert nina.check_password(NEW["new_password1"])
    assert list(nina.groups.all()) == [role]
    assert guest.get("/").status_code == 200


def test_with_a_mail_server_the_link_goes_to_the_person_alone(root, mails):
    shown = add(root).content.decode()

    assert "on its way to nina@example.com" in shown
    assert "/welcome/" not in shown
    assert mails[0].to == ["nina@example.com"]
    assert Client().post(link_of(mails[0].body), NEW).status_code == 302


def test_a_mail_server_that_refuses_is_told_and_the_link_can_be_copied(root, settings):
    settings.MAIL, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    shown = add(root).content.decode()

    assert "The mail could not be sent: " in shown
    assert link_of(shown)


def test_a_link_works_once(root):
    link = link_of(add(root).content.decode())
    Client().post(link, NEW)

    again = Client().post(link, dict.fromkeys(NEW, "another good one 8"))
    assert again.status_code == 404
    assert "This link is over" in again.content.decode()
    assert not User.objects.get(username="nina").check_password("another good one 8")


def test_a_newer_link_ends_the_older(root):
    first = link_of(add(root).content.decode())
    nina = User.objects.get(username="nina")
    again = root.post(reverse("admin:accounts_user_invite", args=[nina.pk]), follow=True)

    assert Client().get(first).status_code == 404
    assert Client().get(link_of(again.content.decode())).status_code == 200


@pytest.mark.parametrize("change", ["time", "closed", "password", "forged"])
def test_a_link_ends_with_its_time_its_account_and_any_change(root, settings, change):
    link = link_of(add(root).content.decode())
    nina = User.objects.get(username="nina")
    if change == "time":
        settings.INVITATION_DAYS = -1
    elif change == "closed":
        User.objects.filter(pk=nina.pk).update(is_active=False)
    elif change == "password":
        nina.set_password("set by an admin 1")
        nina.save()
    else:
        link = link[:-3] + ("A" if link[-3] != "A" else "B") + link[-2:]

    assert Client().get(link).status_code == 404


def test_the_name_of_an_invited_person_is_not_taken_in_other_letters(root):
    PersonFactory(username="Nina")

    assert "exists already" in add(root).content.decode()


def test_staff_who_may_not_change_people_invite_nobody_and_superusers_are_not_theirs(db, browser):
    nina = PersonFactory(username="nina", usual=False, password=make_password(None))
    boss = PersonFactory(username="boss", is_superuser=True, is_staff=True)
    viewer = PersonFactory(is_staff=True, may=["view_user"])
    helper = PersonFactory(is_staff=True, may=["view_user", "change_user"])
    tasks = ("invite", "reset_two_factor", "sign_out", "unlock")
    codes = {
        (person, target.username): {
            browser(who).post(reverse(f"admin:accounts_user_{task}", args=[target.pk])).status_code
            for task in tasks
        }
        for person, who in (("viewer", viewer), ("helper", helper))
        for target in (nina, boss)
    }
    change = reverse("admin:accounts_user_change", args=[nina.pk])
    browser(helper).post(change, {"username": "nina", "is_superuser": "on", "is_active": "on",
                                  "theme": "system", "user_permissions": ["1"]})  # fmt: skip
    own_boss = browser(helper).post(
        reverse("admin:auth_user_password_change", args=[boss.pk]), {"password1": "x"}
    )

    assert codes == {("viewer", "nina"): {403}, ("viewer", "boss"): {403},
                     ("helper", "nina"): {302}, ("helper", "boss"): {403}}  # fmt: skip
    nina.refresh_from_db()
    assert (nina.is_superuser, nina.user_permissions.count()) == (False, 0)
    assert own_boss.status_code == 403


# --- The way back


@pytest.fixture
def anna(db):
    return PersonFactory(
        username="anna", email="anna@example.com", password=make_password("the old one 12")
    )


def ask(address, django_capture=None):
    return Client().post(reverse("forgot"), {"email": address})


@pytest.fixture
def at_once(settings):
    from portal.celery import app

    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def test_a_forgotten_password_is_chosen_anew_by_a_mail(anna, mails, at_once):
    known, unknown = ask("Anna@example.com"), ask("nobody@example.com")
    link = link_of(mails[0].body)
    guest = Client()
    form = guest.get(link)
    done = guest.post(form.headers["Location"], NEW)

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert [one.to for one in mails] == [["anna@example.com"]]
    assert "set-password" in form.headers["Location"]
    assert done.headers["Location"] == reverse("login")
    anna.refresh_from_db()
    assert anna.check_password(NEW["new_password1"])
    assert "This link is over" in Client().get(link).content.decode()


@pytest.mark.parametrize("who", ["by single sign-on", "closed", "asked just now"])
def test_no_mail_goes_to(anna, mails, who):
    if who == "by single sign-on":
        User.objects.update(password=make_password(None))
    elif who == "closed":
        User.objects.update(is_active=False)
    else:
        User.objects.update(mailed_at=timezone.now() - timedelta(seconds=60))
    send_way_back("anna@example.com", "http://testserver")

    assert mails == []


def test_an_address_that_only_looks_the_same_gets_nothing(anna, mails):
    send_way_back("ann\u0430@example.com", "http://testserver")
    send_way_back("anna@ex\u0430mple.com", "http://testserver")

    assert mails == []


@pytest.mark.parametrize("change", [{"MAIL": False}, {"SSO_ONLY": True, "MAIL": True}])
def test_without_mail_and_under_single_sign_on_there_is_no_such_page(anna, settings, change):
    for name, value in change.items():
        setattr(settings, name, value)

    assert ask("anna@example.com").status_code == 404
    assert "Forgot" not in Client().get(reverse("login")).content.decode()


def test_a_real_mail_server_gets_a_readable_mail(anna, settings):
    got = []

    class Keep:
        async def handle_DATA(self, server, session, envelope):
            got.append((envelope.rcpt_tos, envelope.content.decode()))
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings.MAIL, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        nina = PersonFactory(
            username="nina", email="nina@example.com", first_name="Nina\r\nBcc: x@evil.example"
        )
        done = invite.invite(nina, anna, timezone.now(), "https://bi.example.org")
    finally:
        controller.stop()

    assert done.mailed
    assert got[0][0] == ["nina@example.com"]
    assert "Subject: Your account at Cart Insight" in got[0][1]
    assert not re.search(r"^Bcc:", got[0][1].split("\r\n\r\n")[0], re.MULTILINE)

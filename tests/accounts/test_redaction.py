"""Secrets in the log, in tracebacks and in error mails: canaries are sent in, none comes out."""

import io
import logging
import sys
from datetime import timedelta

import pytest
from celery.signals import setup_logging
from django.conf import settings as stored
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.views.debug import get_exception_reporter_class

from accounts.models import ApiToken
from dashboards import choices, sharing
from portal import celery, children, redaction  # noqa: F401
from portal.redaction import redacted
from tests.factories.people import PersonFactory

CANARY = "canary-Xy7"
KEY = "A" * 20 + "b_-" + "C" * 20  # as our own keys are


@pytest.fixture
def log():
    """What the portal's own handler writes; without it, this is no test."""
    handlers = [handler for handler in logging.getLogger().handlers
                if isinstance(handler.formatter, redaction.Formatter)]  # fmt: skip
    assert len(handlers) == 1
    written = io.StringIO()
    before = handlers[0].setStream(written)
    yield written.getvalue
    handlers[0].setStream(before)


@pytest.mark.parametrize("line", [
    f"Not Found: /shared/{KEY}/", f"Not Found: /shared/{KEY}", f"GET /embed/x/?token={CANARY}&a=1",
    f"Authorization: Bearer {CANARY}{KEY}", f"{{'HTTP_AUTHORIZATION': 'Token {CANARY}{KEY}'}}",
    f"Basic {'Q' * 20}{CANARY}", f"postgresql://reader:{CANARY}@db.example.org:5432/shop",
    f"redis://:{CANARY}@localhost/0", f"host=db user=reader password={CANARY} sslmode=require",
    f"{{'password': '{CANARY} with spaces', 'host': 'db'}}", f'{{"client_secret": "{CANARY}"}}',
    f"Cookie: sessionid={CANARY}; csrftoken={CANARY}", f"X-Page-Pass: {CANARY}:{CANARY}",
    f"sslpassword={CANARY}", f"https://h/?a=1&api_key={CANARY}",
    f"jwt eyJhbGciOiJIUzI1NiJ9.{CANARY}.{KEY}",
])  # fmt: skip
def test_what_looks_like_a_secret_is_hidden(line):
    assert CANARY not in redacted(line)
    assert KEY not in redacted(line)
    assert redaction.GONE in redacted(line)


@pytest.mark.parametrize("line", [
    "Dataset 7 'Carts' was refused by the engine: column \"key\" does not exist",
    "Export 4 cannot say it lives: connection to server at db.example.org, port 5432 failed",
    "Not Found: /dashboards/main-analytics/", "https://h.example/x?tab=two&country=DE",
    "key 0123456789abcdef is revoked.",
])  # fmt: skip
def test_what_helps_to_find_an_error_stays(line):
    assert redacted(line) == line


def test_the_portals_own_keys_are_hidden_wherever_they_stand(settings):
    settings.DATABASES["default"]["PASSWORD"], before = CANARY, settings.DATABASES["default"].get(
        "PASSWORD", "")  # fmt: skip
    try:
        said = redacted(f"x{stored.SECRET_KEY}y {stored.ENCRYPTION_KEYS[0]} ({CANARY})")
    finally:
        settings.DATABASES["default"]["PASSWORD"] = before

    assert stored.SECRET_KEY not in said
    assert stored.ENCRYPTION_KEYS[0] not in said
    assert CANARY not in said


@pytest.fixture
def link(world):
    editor = world.people["editor"]
    view = choices.start(world.dashboard, editor)
    _, token = sharing.issue(
        view, editor, name="Agency", expires_at=timezone.now() + timedelta(days=1)
    )
    return token


def test_the_address_of_a_link_is_in_no_line(world, link, log):
    world.people["editor"].groups.clear()  # it may open again one day
    client = Client(raise_request_exception=False)
    assert client.get(reverse("shared", args=[link])).status_code == 404
    assert client.get(reverse("shared-data", args=[link])).status_code == 404

    assert "Not Found: /shared/[hidden]" in log()
    assert link not in log()


def test_a_traceback_holds_no_secret(world, link, log, monkeypatch, rf, settings):
    settings.ADMINS = [("Ops", "ops@example.org")]
    errors = []

    def broken(link, now):
        password = CANARY  # noqa: F841  (as a driver holds one)
        try:
            raise RuntimeError(f"postgresql://reader:{CANARY}@db failed for /shared/{KEY}/")
        finally:
            errors.append(sys.exc_info())

    monkeypatch.setattr(sharing, "view_of", broken)
    client = Client(raise_request_exception=False)
    head = {"Authorization": f"Bearer {CANARY}{KEY}", "Cookie": f"shared={CANARY}"}
    address = reverse("shared", args=[link])
    answer = client.post(address, {"password": CANARY}, headers=head)
    reporter = get_exception_reporter_class(None)(rf.post(address, headers=head), *errors[0])

    assert answer.status_code == 500
    assert "RuntimeError" in log()
    assert mail.outbox == []
    for text in (log(), reporter.get_traceback_text(), reporter.get_traceback_html()):
        assert "RuntimeError" in text
        for secret in (f"{CANARY}@", f"{CANARY}{KEY}", f"shared={CANARY}", KEY, link):
            assert secret not in text


def test_a_token_that_meets_an_error_is_in_no_line(world, log, monkeypatch):
    token = ApiToken(user=PersonFactory(), name="Notebook")
    key = token.issue_key()
    token.save()

    def broken(self, *args, **kwargs):
        raise RuntimeError(f"no use of {key}")

    monkeypatch.setattr("feeds.rest.views.DatasetViewSet.list", broken)
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/datasets/", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 500
    assert "RuntimeError: no use of [hidden]" in log()
    assert key not in log()


def test_servers_and_workers_have_no_log_of_their_own(monkeypatch):
    """Uvicorn and Celery set up loggers with handlers of their own, unless they are told not to."""
    given = {}
    monkeypatch.setattr(children.uvicorn, "run", lambda app, **options: given.update(options))
    children.web(0)

    assert given["log_config"] is None
    assert given["access_log"] is False
    assert setup_logging.receivers

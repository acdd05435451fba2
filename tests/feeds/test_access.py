"""The API by session and by token, its limits of rate, its description."""

import re

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ApiToken

LIST = "/api/v1/datasets/"


@pytest.fixture
def strict(world):
    """A client that minds CSRF as browsers do, logged in as the viewer."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["viewer"])
    return client


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", [LIST, "/api/v1/dashboards/p-73/", "/api/v1/datasets/d-41/rows/"])
def test_a_session_writes_nothing_and_not_without_the_csrf_token(strict, method, path):
    without = getattr(strict, method)(path)
    strict.get("/")  # any page with a form sets the cookie
    token = strict.cookies["csrftoken"].value
    with_token = getattr(strict, method)(path, headers={"X-CSRFToken": token})

    assert without.status_code == 403
    assert "CSRF" in without.json()["detail"]
    assert with_token.status_code == 405


def test_a_token_needs_no_csrf_but_still_writes_nothing(world, client):
    token = ApiToken(user=world.people["superuser"], name="x")
    key = token.issue_key()
    token.save()

    answer = Client(enforce_csrf_checks=True).post(LIST, headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 405


def test_a_bad_token_is_not_saved_by_a_good_session(strict):
    assert strict.get(LIST, headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.fixture
def rates(monkeypatch):
    """The rates are read once at the start, into this dictionary."""
    rates = SimpleRateThrottle.THROTTLE_RATES
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates | {"user": "3/min"})


def test_who_asks_too_often_is_told_to_wait(world, browser, rates):
    client = browser(world.people["viewer"])

    answers = [client.get(LIST) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert browser(world.people["owner"]).get(LIST).status_code == 200  # counted for each person


def test_the_pages_of_the_portal_are_not_counted(world, browser, rates):
    client = browser(world.people["viewer"])

    assert {client.get("/dashboards/p-73/data").status_code for _ in range(6)} == {200}


def test_the_description_of_the_api_is_valid(tmp_path, db):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "api.yml"))

    written = (tmp_path / "api.yml").read_text()
    assert "/api/v1/datasets/{slug}/rows/" in written
    assert "scheme: bearer" in written


def test_the_page_of_the_api_loads_only_what_the_portal_serves(world, browser):
    client = browser(world.people["viewer"])
    page = client.get("/api/v1/docs/")
    html = page.content.decode()

    loaded = re.findall(r'<(?:script|link|img)[^>]*?(?:src|href)="([^"]*)"', html)
    assert len(loaded) >= 4
    assert [address for address in loaded if not re.match(r"/(?!/)", address)] == []
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html) == []  # the policy forbids inline ones
    assert "'unsafe-inline'" not in directive(page, "script-src")
    script = next(address for address in loaded if "script" in address and "docs" in address)
    assert client.get(script.replace("&amp;", "&")).status_code == 200


def directive(response, name):
    policy = response.headers["Content-Security-Policy"]
    return next(part for part in policy.split(";") if part.strip().startswith(name))

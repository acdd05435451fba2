"""The API by session and by token, its limits of rate, its description."""

import re

import pytest
from django.core.cache import cache as throttles
from django.core.management import call_command
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ApiToken
from datasets import cache

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


def token_of(person):
    token = ApiToken(user=person, name="x")
    key = token.issue_key()
    token.save()
    return {"Authorization": f"Bearer {key}"}


def test_a_limit_is_one_for_all_processes_and_their_memories(world, browser, rates):
    client = browser(world.people["viewer"])
    for _ in range(3):
        throttles.clear()  # as a second process, which remembers nothing of the first
        assert client.get(LIST).status_code == 200

    assert client.get(LIST).status_code == 429


def test_while_redis_is_away_the_process_counts_alone(world, browser, rates, monkeypatch):
    monkeypatch.setattr(cache, "ask", lambda call: None)
    client = browser(world.people["viewer"])

    assert [client.get(LIST).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_token_that_runs_wild_leaves_room_for_others_of_its_person(world, client, monkeypatch):
    wild, calm = token_of(world.people["viewer"]), token_of(world.people["viewer"])
    rates = SimpleRateThrottle.THROTTLE_RATES | {"token": "2/min", "user": "4/min"}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)

    asked = [client.get(LIST, headers=wild).status_code for _ in range(3)]
    assert asked == [200, 200, 429]
    assert client.get(LIST, headers=calm).status_code == 200
    assert client.get(LIST, headers=calm).status_code == 429  # the fifth of this person


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_who_tries_tokens_is_told_to_wait_and_who_has_one_is_not(world, client, settings, headers):
    settings.API_RATE_ANONYMOUS = "3/min"

    spoofed = ({"X-Forwarded-For": f"203.0.113.{n}"} for n in range(4))
    answers = [client.get(LIST, headers=headers | more) for more in spoofed]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert client.get(LIST, headers=token_of(world.people["viewer"])).status_code == 200
    assert client.get(LIST, headers=headers, REMOTE_ADDR="203.0.113.9").status_code == 401


@pytest.mark.parametrize("door", ["/shared/{}/", "/shared/{}/data", "/embed/p-73/?token={}"])
def test_who_tries_links_is_told_to_wait(world, client, settings, door):
    settings.API_RATE_ANONYMOUS = "3/min"
    ask = [door.format(f"{n}" * 43) for n in range(5)]

    same_net = [f"2001:db8::{n}" for n in range(5)]  # all of one machine
    answers = [client.get(a, REMOTE_ADDR=b).status_code for a, b in zip(ask, same_net, strict=True)]

    assert answers[3:] == [429, 429]
    assert client.get(ask[0], REMOTE_ADDR="2001:db8:1::1").status_code in (403, 404)


def test_pages_for_strangers_have_a_limit_of_their_own(world, client, settings):
    settings.PUBLIC_RATE = "2/min"

    answers = [client.get(f"/shared/{'A' * 43}/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert "Retry-After" in answers[-1].headers


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

"""Links with a password: what opens them, for how long, and how often one may try."""

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from dashboards import sharing
from dashboards.models import ShareLink
from datasets import cache
from tests.dashboards.sharing.conftest import only_link, total

pytestmark = pytest.mark.django_db
RIGHT = "correct horse"


def give(client, address, password, **more):
    return client.post(address, {"password": password}, **more)


def test_without_the_password_nothing_is_told(issue, stranger, shop):
    address = issue(password=RIGHT)
    page = stranger.get(address)

    assert page.status_code == 200
    assert 'type="password"' in page.content.decode()
    for answer in (
        page, stranger.get(f"{address}data"),
        stranger.get(f"{address}cards/{shop.total.pk}/table"), give(stranger, address, "wrong one"),
    ):  # fmt: skip
        assert "Six" not in answer.content.decode()
        assert "210" not in answer.content.decode()
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert only_link().opened == 0


def test_the_password_opens_the_link_for_eight_hours(issue, stranger, monkeypatch):
    address = issue(password=RIGHT)
    answer = give(stranger, address, RIGHT)
    cookie = answer.cookies["shared"]

    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert (cookie["max-age"], cookie["path"], cookie["httponly"]) == (8 * 3600, address, True)
    assert "210" in total(stranger.get(f"{address}data"))
    real = signing.time.time
    monkeypatch.setattr(signing.time, "time", lambda: real() + 8 * 3600 + 5)
    assert stranger.get(f"{address}data").status_code == 403


def test_the_pass_of_one_link_opens_no_other(issue, stranger):
    one, other = issue(password=RIGHT), issue(password=RIGHT)
    held = give(stranger, one, RIGHT).cookies["shared"].value

    thief = Client()
    thief.cookies["shared"] = held
    assert thief.get(f"{one}data").status_code == 200
    assert thief.get(f"{other}data").status_code == 403


def test_another_password_ends_what_the_first_opened(issue, stranger):
    address = issue(password=RIGHT)
    give(stranger, address, RIGHT)
    ShareLink.objects.update(password="argon2$other")

    assert stranger.get(f"{address}data").status_code == 403


@pytest.mark.parametrize("password", ["", "wrong", RIGHT.upper(), RIGHT + " ", "x" * 10_000])
def test_another_text_is_not_the_password(issue, stranger, password):
    answer = give(stranger, issue(password=RIGHT), password)

    assert answer.status_code == 403
    assert answer.cookies == {}


def test_none_takes_as_long_as_a_wrong_one(issue, stranger, monkeypatch):
    address, looked = issue(password=RIGHT), []
    real = sharing.check_password
    monkeypatch.setattr(sharing, "check_password", lambda *a: looked.append(a) or real(*a))

    stranger.post(address)
    give(stranger, address, "wrong")

    assert len(looked) == 2


@pytest.mark.parametrize("redis", ["there", "away"])
def test_after_five_wrong_ones_nobody_looks_at_more(issue, stranger, monkeypatch, redis):
    if redis == "away":
        monkeypatch.setattr(cache, "ask", lambda call: None)
    address, other = issue(password=RIGHT), issue(password=RIGHT)
    answers = [give(stranger, address, f"wrong {n}").status_code for n in range(6)]

    assert answers == [403] * 5 + [429]
    blocked = give(stranger, address, RIGHT)
    assert (blocked.status_code, blocked.headers["Retry-After"]) == (429, "60")
    assert give(Client(), address, RIGHT, REMOTE_ADDR="198.51.100.7").status_code == 302
    assert give(stranger, other, RIGHT).status_code == 302


@pytest.mark.parametrize("redis", ["there", "away"])
def test_many_addresses_together_try_no_more_than_a_hundred_an_hour(issue, monkeypatch, redis):
    if redis == "away":
        monkeypatch.setattr(cache, "ask", lambda call: None)
    address, other = issue(password=RIGHT), issue(password=RIGHT)
    # Their right ones do not count, nor do those that one address tries beyond its own limit.
    seen = [give(Client(), address, RIGHT).status_code for _ in range(2)]
    seen += [give(Client(), address, "wrong", REMOTE_ADDR="198.51.100.1").status_code
             for _ in range(15)]  # fmt: skip
    assert seen == [302] * 2 + [403] * 5 + [429] * 10
    for n in range(95):
        tried = give(Client(), address, "wrong", REMOTE_ADDR=f"203.0.113.{n}")
        assert tried.status_code == 403

    refused = give(Client(), address, RIGHT, REMOTE_ADDR="192.0.2.1")

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert "for this link. Try again in an hour." in refused.content.decode()
    assert give(Client(), other, RIGHT, REMOTE_ADDR="192.0.2.1").status_code == 302


def test_a_header_of_ones_own_is_no_other_address(issue, stranger):
    address = issue(password=RIGHT)
    for n in range(5):
        give(stranger, address, "wrong", headers={"X-Forwarded-For": f"198.51.100.{n}"})

    answer = give(stranger, address, RIGHT, headers={"X-Forwarded-For": "198.51.100.9"})

    assert answer.status_code == 429


def test_right_ones_do_not_count(issue):
    address = issue(password=RIGHT)

    assert {give(Client(), address, RIGHT).status_code for _ in range(8)} == {302}


def test_the_right_password_does_not_open_a_closed_link(issue, stranger):
    address = issue(password=RIGHT)
    ShareLink.objects.update(revoked_at=timezone.now())

    assert give(stranger, address, RIGHT).status_code == 410


def test_a_link_without_a_password_asks_for_none(issue, stranger):
    address = issue()

    assert give(stranger, address, "any").status_code == 200
    assert "Six" in stranger.get(address).content.decode()

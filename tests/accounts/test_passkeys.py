"""Passkeys that are right open the account of their person; all others open nothing."""

import time

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from accounts.models import Factor
from tests.accounts.authenticator import PRESENT, Authenticator
from tests.factories.people import PersonFactory

PASSWORD = "correct horse battery"
ADD, ADD_OPTIONS = reverse("add-passkey"), reverse("passkey-options")
SIGN_IN, OPTIONS = reverse("passkey-sign-in"), reverse("proof-options")
SECURITY = reverse("security")
AT = {"headers": {"host": "localhost"}}


def post(client, path, content=None):
    return client.post(path, content or {}, content_type="application/json")


def visitor():
    return Client(**AT)


def signed_in(user):
    client = visitor()
    client.force_login(user)
    session = client.session
    session["proved_at"] = time.time()
    session.save()
    return client


def add(user, key=None, name="Laptop"):
    key, client = key or Authenticator(), signed_in(user)
    made = key.create(post(client, ADD_OPTIONS).json())
    return post(client, ADD, made | {"name": name}), key


@pytest.fixture
def anna(db):
    return PersonFactory(username="anna", password=make_password(PASSWORD))


def knock(key, *, change=None, step="", client=None):
    """Sign in with a passkey: whether one is in, and what the portal says."""
    client = client or visitor()
    answer = key.get(post(client, OPTIONS + step).json())
    if change:
        change(answer)
    said = post(client, SIGN_IN + step, answer)
    return client.get(SECURITY).status_code == 200, said.json()


def password(client):
    client.post(reverse("login"), {"username": "anna", "password": PASSWORD})
    return client


def test_a_passkey_signs_in_its_person_without_the_password(anna):
    added, key = add(anna)
    key.counter = 2
    client = visitor()
    is_in, said = knock(key, client=client)

    assert added.status_code == 200
    assert (is_in, said) == (True, {"next": "/"})
    assert client.get(SECURITY).context["user"] == anna
    factor = Factor.objects.get()
    assert (factor.name, factor.counter) == ("Laptop", 2)
    assert factor.last_used_at is not None


def test_a_passkey_is_the_second_step_of_its_person_alone(anna):
    _, key = add(anna)
    _, foreign = add(PersonFactory(username="ben"))
    key.counter = foreign.counter = 2
    tried = [knock(one, step="?step=second", client=password(visitor()))[0]
             for one in (foreign, key)]  # fmt: skip

    assert tried == [False, True]


def test_without_a_check_of_who_holds_it_a_key_is_a_second_step_and_no_sign_in(anna):
    _, key = add(anna, Authenticator(flags=PRESENT))
    key.counter = 2
    alone = knock(key)[0]
    after_password = knock(key, step="?step=second", client=password(visitor()))[0]

    assert (alone, after_password) == (False, True)


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://evil.example"}, {"origin": "http://localhost.evil.example"},
     {"origin": "https://localhost"}, {"host": "evil.example"}, {"flags": 0}, {"counter": 1},
     {"counter": 0}, {"handle": "AAAA"}],
    ids=str,
)  # fmt: skip
def test_an_answer_made_for_elsewhere_or_by_a_copy_opens_nothing(anna, wrong):
    _, key = add(anna)
    key.counter = 2
    vars(key).update(wrong)

    assert knock(key)[0] is False


@pytest.mark.parametrize("part", ["signature", "authenticatorData", "clientDataJSON"])
def test_an_answer_that_was_changed_opens_nothing(anna, part):
    _, key = add(anna)
    key.counter = 2

    def change(answer):
        said = answer["response"][part]
        answer["response"][part] = said[:-6] + ("AAAAAA" if said[-6:] != "AAAAAA" else "BBBBBB")

    assert knock(key, change=change)[0] is False


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(anna):
    _, key = add(anna)
    key.counter = 2
    client, other = visitor(), visitor()
    answer = key.get(post(client, OPTIONS).json())
    post(other, OPTIONS)
    elsewhere = post(other, SIGN_IN, answer).status_code
    first = post(client, SIGN_IN, answer).status_code
    client.post(reverse("logout"))
    again = post(client, SIGN_IN, answer).status_code

    assert (elsewhere, first, again) == (403, 200, 403)


@pytest.mark.parametrize(
    "sent",
    [{}, {"id": 7}, {"id": "x" * 400, "response": []}, {"id": None, "response": {}}, [], "x", 3,
     {"response": {"clientDataJSON": "!"}}, "[" * 9000],
    ids=lambda sent: str(sent)[:20],
)  # fmt: skip
def test_nonsense_is_refused_in_words(anna, sent):
    _, key = add(anna)
    client = visitor()
    post(client, OPTIONS)
    if isinstance(sent, dict) and "response" in sent and "id" not in sent:
        sent = {**sent, "id": key.get(post(client, OPTIONS).json())["id"]}
    answer = post(client, SIGN_IN, sent)

    assert answer.status_code == 403
    assert "not accepted" in answer.json()["error"] or "too long" in answer.json()["error"]


def test_too_much_is_not_even_read(anna):
    assert post(visitor(), SIGN_IN, {"id": "x" * 30_000}).status_code == 400


def test_a_closed_account_stays_closed(anna):
    _, key = add(anna)
    key.counter = 2
    type(anna).objects.update(is_active=False)

    assert knock(key)[0] is False


def test_single_sign_on_as_the_only_way_holds_for_passkeys_too(anna, settings):
    _, key = add(anna)
    key.counter = 2
    settings.SSO_ONLY = True

    assert knock(key) == (False, {"error": "Sign in through single sign-on."})


def test_adding_one_asks_first_who_sits_there_and_none_is_added_twice(anna):
    client = visitor()
    client.force_login(anna)
    asked = [post(client, path) for path in (ADD_OPTIONS, ADD)]
    _, key = add(anna)
    twice, _ = add(PersonFactory(username="ben"), key)

    assert [answer.json() for answer in asked] == [{"confirm": True}] * 2
    assert twice.json() == {"error": "This passkey is known already."}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_where_browsers_keep_none_none_is_offered(anna, host):
    page = Client(headers={"host": host}).get(reverse("login")).content.decode()

    assert "passkey</button>" not in page
    assert "Sign in with a passkey" in visitor().get(reverse("login")).content.decode()

"""API tokens: kept as digests, refused when they should be, made only for oneself."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import serializers
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from tests.factories.people import PersonFactory
from tests.factories.world import leaks

LIST = "/api/v1/datasets/"
ADD = {"expires_at_0": "2099-01-31", "expires_at_1": "12:00:00", "name": "Notebook"}


def token_of(person, **changes) -> tuple[str, ApiToken]:
    token = ApiToken(user=person, name="Notebook", **changes)
    key = token.issue_key()
    token.save()
    return key, token


def ask(client, key, scheme="Bearer", path=LIST):
    return client.get(path, headers={"Authorization": f"{scheme} {key}"})


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
def test_a_token_shows_what_its_person_may_see(world, client, scheme):
    key, _ = token_of(world.people["viewer"])
    foreign, _ = token_of(world.people["outsider"])

    assert leaks(ask(client, key, scheme)) != []
    assert ask(client, foreign, scheme).json() == []


def test_only_the_digest_is_kept(db):
    key, token = token_of(PersonFactory())

    stored = serializers.serialize("json", ApiToken.objects.all())

    assert key not in stored
    assert token.digest == hashlib.sha256(key.encode()).hexdigest()
    assert len(token.prefix) == 8
    assert key.startswith(token.prefix)
    assert len(key) >= 43  # 256 bits in base64


def test_two_tokens_differ(db):
    person = PersonFactory()

    assert token_of(person)[0] != token_of(person)[0]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key, token: "",
        lambda key, token: key[:-1],
        lambda key, token: key + "x",
        lambda key, token: token.digest,
        lambda key, token: token.prefix,
        lambda key, token: "\xe9\xff",
        lambda key, token: "x" * 8000,
    ],
)
def test_a_wrong_key_is_refused(world, client, spoil):
    key, token = token_of(world.people["viewer"])

    answer = ask(client, spoil(key, token))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert leaks(answer) == []


@pytest.mark.parametrize("change", ["expired", "revoked", "inactive", "deleted"])
def test_a_token_that_counts_no_more_is_refused(world, client, change):
    person = world.people["viewer"]
    key, token = token_of(person)
    assert ask(client, key).status_code == 200

    now = timezone.now()
    if change == "expired":
        ApiToken.objects.update(expires_at=now)
    elif change == "revoked":
        ApiToken.objects.update(revoked_at=now)
    elif change == "inactive":
        type(person).objects.filter(pk=person.pk).update(is_active=False)
    else:
        token.delete()

    assert ask(client, key).status_code == 401


def test_a_token_in_the_address_is_not_taken(world, client):
    key, _ = token_of(world.people["viewer"])

    assert client.get(LIST, {"token": key, "access_token": key}).status_code == 401


def test_a_token_opens_the_api_and_nothing_else(world, client):
    key, _ = token_of(world.people["superuser"])

    assert ask(client, key, path="/").status_code == 302
    assert ask(client, key, path=reverse("admin:index")).status_code == 302


def test_the_last_use_is_kept_to_the_minute(world, client):
    key, token = token_of(world.people["viewer"])

    ask(client, key)
    token.refresh_from_db()
    first = token.last_used_at
    ask(client, key)
    token.refresh_from_db()
    assert first is not None
    assert token.last_used_at == first

    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    ask(client, key)
    token.refresh_from_db()
    assert token.last_used_at >= first


def test_a_refused_token_counts_as_unused(world, client):
    key, token = token_of(world.people["viewer"], revoked_at=timezone.now())

    ask(client, key)

    token.refresh_from_db()
    assert token.last_used_at is None


def test_the_key_is_shown_once_and_is_nowhere_in_the_database(world, browser):
    client = browser(world.people["superuser"])
    person = world.people["viewer"]

    page = client.post(
        reverse("admin:accounts_apitoken_add"), ADD | {"user": person.pk}, follow=True
    ).content.decode()
    key = re.search(r"not shown again: ([\w-]{43})", page)[1]

    assert leaks(ask(client, key)) != []
    assert key not in serializers.serialize("json", ApiToken.objects.all())
    assert all(key not in str(session.get_decoded()) for session in Session.objects.all())
    listed = client.get(reverse("admin:accounts_apitoken_changelist")).content.decode()
    token = ApiToken.objects.get()
    form = client.get(reverse("admin:accounts_apitoken_change", args=[token.pk])).content.decode()
    assert token.prefix in listed
    assert key not in listed + form
    assert token.digest not in listed + form


def test_saving_a_token_again_keeps_its_key_person_and_end(world, browser):
    key, token = token_of(world.people["viewer"])
    change = reverse("admin:accounts_apitoken_change", args=[token.pk])
    spoilt = {"name": "Renamed", "user": world.people["outsider"].pk} | ADD | {"name": "Renamed"}

    browser(world.people["superuser"]).post(change, spoilt)

    after = ApiToken.objects.get()
    assert (after.name, after.user, after.digest) == ("Renamed", token.user, token.digest)
    assert after.expires_at == token.expires_at


@pytest.fixture
def keeper(world):
    """Staff who may make tokens, but is no superuser."""
    rights = [f"{verb}_apitoken" for verb in ("view", "add", "change", "delete")]
    return PersonFactory(username="keeper", is_staff=True, may=[*rights, "view_user"])


def test_staff_make_no_token_in_the_name_of_somebody_else(world, browser, keeper):
    root = world.people["superuser"]

    browser(keeper).post(reverse("admin:accounts_apitoken_add"), ADD | {"user": root.pk})

    assert not ApiToken.objects.exclude(user=keeper).exists()


def test_staff_make_a_token_for_themselves(world, browser, keeper):
    browser(keeper).post(reverse("admin:accounts_apitoken_add"), ADD | {"user": keeper.pk})

    assert ApiToken.objects.get().user == keeper


def test_staff_see_and_revoke_only_their_own_tokens(world, browser, keeper):
    _, foreign = token_of(world.people["viewer"])
    _, own = token_of(keeper)
    client = browser(keeper)
    chosen = {"action": "revoke", "_selected_action": [foreign.pk, own.pk]}

    listed = client.get(reverse("admin:accounts_apitoken_changelist")).content.decode()
    client.post(reverse("admin:accounts_apitoken_changelist"), chosen)

    assert own.prefix in listed
    assert foreign.prefix not in listed
    assert list(ApiToken.objects.exclude(revoked_at=None)) == [own]


def test_revoking_again_keeps_the_first_instant(world, browser):
    _, token = token_of(world.people["viewer"], revoked_at=timezone.now() - timedelta(days=1))
    chosen = {"action": "revoke", "_selected_action": [token.pk]}

    browser(world.people["superuser"]).post(reverse("admin:accounts_apitoken_changelist"), chosen)

    assert ApiToken.objects.get().revoked_at == token.revoked_at

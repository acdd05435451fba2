"""Single sign-on by OpenID Connect, with a provider that really signs."""

import time

import pytest
from django.contrib.auth.hashers import make_password
from django.core import checks
from django.test import Client
from django.urls import reverse

from accounts.models import Identity, User
from tests.factories.people import PersonFactory, RoleFactory

pytest.importorskip("authlib", reason="requirements-sso.txt is not installed")

from tests.accounts.openid_provider import (  # noqa: E402  (needs the optional parts)
    CLIENT,
    FOREIGN_KEY,
    SECRET,
    provider,
)

LEAVE, BACK, LOGIN = reverse("single-sign-on"), reverse("single-sign-on-back"), reverse("login")
ANNA = {
    "sub": "0f3a", "preferred_username": "anna", "given_name": "Anna", "family_name": "Keller",
    "email": "anna@example.com", "email_verified": True, "groups": ["bi-analysts", "others"],
    "department": "Sales", "address": {"country": ["DE", "AT"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    with provider() as found:
        yield found


@pytest.fixture
def idp(served, db, settings):
    served.wrong, served.key, served.algorithm = {}, served.key, "RS256"
    from tests.accounts.openid_provider import KEY

    served.key = KEY
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = served.issuer, CLIENT
    settings.OIDC_CLIENT_SECRET, settings.OIDC_NAME = SECRET, "Example ID"
    settings.SSO_ROLES = {"bi-analysts": "Analyst", "bi-marketing": "Marketing"}
    settings.SSO_ATTRIBUTES = {"team": "department", "country": "address.country"}
    for name in ("Analyst", "Marketing", "Finance"):
        RoleFactory(name=name)
    return served


def go(idp, client=None, *, change=None, ask=None, **claims):
    """Leave for the provider, sign in there, and come back."""
    client = client or Client()
    left = client.get(LEAVE, ask or {})
    back = idp.sign_in(left.headers["Location"], **(ANNA | claims))
    return client.get(BACK, back | (change or {})), client


def names(user):
    return sorted(user.groups.values_list("name", flat=True))


def test_a_new_person_comes_in_with_the_roles_and_attributes_that_are_mapped(idp):
    answer, client = go(idp, ask={"next": "/preferences/"})

    assert answer.headers["Location"] == "/preferences/"
    anna = User.objects.get(username="anna")
    assert client.get("/preferences/").context["user"] == anna
    assert (anna.get_full_name(), anna.email) == ("Anna Keller", "anna@example.com")
    assert names(anna) == ["Analyst"]
    assert anna.attributes == {"team": "Sales", "country": ["DE", "AT"]}
    assert not anna.has_usable_password()
    assert (anna.is_staff, anna.is_superuser) == (False, False)


def test_the_page_says_how_it_is_called_and_leads_back_to_no_other_site(idp):
    assert "Sign in with Example ID" in Client().get(LOGIN).content.decode()
    answer, _ = go(idp, ask={"next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_each_question_has_its_own_state_nonce_and_proof(idp):
    go(idp)
    go(idp)
    first, second = idp.asked[-2:]

    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) >= 20
    assert first["redirect_uri"] == f"http://testserver{BACK}"


def in_seconds(count: int) -> int:
    return int(time.time()) + count


@pytest.mark.parametrize(
    "wrong",
    [{"iss": "https://evil.example"}, {"aud": "another portal"}, {"aud": None},
     {"aud": ["another portal"], "azp": CLIENT}, {"exp": in_seconds(-300)}, {"exp": None},
     {"nonce": "of another question"}, {"nonce": None}, {"sub": None}, {"iss": None},
     {"iat": in_seconds(900)}],
    ids=lambda wrong: "-".join(wrong),
)  # fmt: skip
def test_a_token_that_is_wrong_opens_nothing(idp, wrong):
    idp.wrong = wrong
    answer, client = go(idp)

    assert answer.status_code == 403
    assert client.get("/").status_code == 302
    assert not User.objects.filter(username="anna").exists()


@pytest.mark.parametrize("how", ["foreign key", "no signature", "shared secret"])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(idp, how):
    if how == "foreign key":
        idp.key = FOREIGN_KEY
    elif how == "no signature":
        idp.algorithm = "none"
    else:
        idp.key, idp.algorithm = SECRET * 4, "HS256"
    answer, _ = go(idp)

    assert answer.status_code == 403
    assert not User.objects.filter(username="anna").exists()


@pytest.mark.parametrize(
    "change", [{"state": "guessed"}, {"state": ""}, {"code": "guessed"}, {"error": "access_denied"}]
)
def test_an_answer_that_nobody_asked_for_opens_nothing(idp, change):
    answer, client = go(idp, change=change)

    assert answer.status_code == 403
    assert client.get("/").status_code == 302


def test_the_answer_of_another_browser_opens_nothing_and_none_counts_twice(idp):
    """Otherwise a link could sign somebody in as somebody else."""
    other, client = Client(), Client()
    back = idp.sign_in(client.get(LEAVE).headers["Location"], **ANNA)

    assert other.get(BACK, back).status_code == 403
    assert client.get(BACK, back).status_code == 302
    assert client.get(BACK, back).status_code == 403


def test_the_same_subject_is_the_same_person_whatever_the_name_is_now(idp):
    go(idp)
    go(idp, preferred_username="anna.brandt", family_name="Brandt", email="brandt@example.com")

    anna = User.objects.get(identities__subject="0f3a")
    assert (anna.username, anna.last_name) == ("anna", "Brandt")
    assert User.objects.count() == 1


@pytest.mark.parametrize("claim", ["preferred_username", "email"])
def test_no_account_is_taken_over_by_its_name_or_address(idp, claim):
    own = PersonFactory(username="boss", email="boss@example.com", is_superuser=True)
    answer, client = go(idp, **{claim: "BOSS" if claim != "email" else "boss@example.com"})

    assert (
        client.get("/preferences/").context is None
        or client.get("/preferences/").context["user"] != own
    )
    assert not own.identities.exists()
    if claim == "preferred_username":
        assert "exists here already" in answer.content.decode()


def test_an_address_that_is_not_verified_is_not_taken(idp):
    go(idp, email_verified=False)
    assert User.objects.get(username="anna").email == ""


def test_an_administrator_connects_an_account(idp):
    own = PersonFactory(username="anna")
    Identity.objects.create(user=own, issuer=idp.issuer, subject="0f3a")
    answer, _ = go(idp)

    assert answer.status_code == 302
    assert names(own) == ["Analyst"]


def test_roles_follow_the_provider_and_those_by_hand_stay(idp):
    go(idp)
    anna = User.objects.get(username="anna")
    anna.groups.add(*RoleFactory._meta.model.objects.filter(name__in=["Finance", "Marketing"]))
    go(idp, groups=["bi-marketing"])
    both = names(anna)
    go(idp, groups=[])

    assert both == ["Finance", "Marketing"]
    assert names(anna) == ["Finance", "Marketing"]


def test_attributes_follow_the_provider_and_those_by_hand_stay(idp):
    go(idp)
    User.objects.filter(username="anna").update(
        attributes={"team": "Sales", "country": ["DE", "AT"], "desk": "7"}
    )
    go(idp, department="Finance", address=None)

    assert User.objects.get(username="anna").attributes == {"team": "Finance", "desk": "7"}


@pytest.mark.parametrize("groups", [None, "bi-analysts", ["Analyst"], {"a": 1}, [None, 3], ["x"]])
def test_what_the_claims_do_not_name_gives_no_role(idp, groups):
    go(idp, groups=groups)

    expected = ["Analyst"] if groups == "bi-analysts" else []
    assert names(User.objects.get(username="anna")) == expected


def test_a_superuser_is_made_by_one_named_group_alone_and_unmade(idp, settings):
    told = {"groups": ["admins"], "is_superuser": True, "is_staff": True}
    go(idp, **told)
    before = User.objects.get(username="anna")
    settings.SSO_SUPERUSER_GROUP, settings.SSO_STAFF_GROUPS = "admins", ["bi-analysts"]
    go(idp, **told)
    made = User.objects.get(username="anna")
    go(idp)
    after = User.objects.get(username="anna")

    assert (before.is_superuser, before.is_staff) == (False, False)
    assert (made.is_superuser, made.is_staff) == (True, True)
    assert (after.is_superuser, after.is_staff) == (False, True)


def test_a_superuser_by_hand_is_not_unmade(idp, settings):
    settings.SSO_SUPERUSER_GROUP = "admins"
    own = PersonFactory(username="anna", is_superuser=True, is_staff=True)
    Identity.objects.create(user=own, issuer=idp.issuer, subject="0f3a")
    go(idp)

    own.refresh_from_db()
    assert (own.is_superuser, own.is_staff) == (True, True)


def test_a_closed_account_and_unknown_people_where_none_are_made_stay_out(idp, settings):
    settings.SSO_CREATES_PEOPLE = False
    unknown, _ = go(idp)
    own = PersonFactory(username="anna", is_active=False)
    Identity.objects.create(user=own, issuer=idp.issuer, subject="0f3a")
    closed, client = go(idp)

    assert (unknown.status_code, closed.status_code) == (403, 403)
    assert client.get("/").status_code == 302


def test_it_asks_again_before_security_settings_and_takes_nobody_else_for_it(idp):
    _, client = go(idp)
    session = client.session
    session["proved_at"] = 0
    session.save()
    asked = client.get(reverse("add-app"), follow=True).content.decode()
    as_other, _ = go(idp, client, ask={"again": "1", "next": reverse("add-app")}, sub="other",
                     preferred_username="ben")  # fmt: skip
    still = client.get(reverse("add-app")).status_code
    as_self, _ = go(idp, client, ask={"again": "1", "next": reverse("add-app")})

    assert "Sign in again with Example ID" in asked
    assert (idp.asked[-1]["prompt"], idp.asked[-1]["max_age"]) == ("login", "0")
    assert (as_other.status_code, still) == (403, 302)
    assert client.get(as_self.headers["Location"]).status_code == 200


def test_the_second_factor_is_the_provider_s_matter(idp, settings):
    settings.REQUIRE_TWO_FACTOR = ["all"]
    _, client = go(idp)

    assert client.get("/", headers={"accept": "text/html"}).status_code == 200
    User.objects.update(password=make_password("a good password"))
    _, client = go(idp)
    client.post(LOGIN, {"username": "anna", "password": "a good password"})
    assert client.get("/", headers={"accept": "text/html"}).status_code == 302


def test_where_it_is_the_only_way_passwords_open_the_named_account_alone(idp, settings):
    settings.SSO_ONLY, settings.SSO_ONLY_EXCEPT = True, ["break-glass"]
    codes = {}
    for name in ("break-glass", "ben"):
        PersonFactory(username=name, password=make_password("a good password"))
        given = {"username": name, "password": "a good password"}
        codes[name] = Client().post(LOGIN, given).status_code
    page = Client().get(LOGIN).content.decode()

    assert codes == {"break-glass": 302, "ben": 200}
    assert page.index("Sign in with Example ID") < page.index("Emergency account")
    assert go(idp)[0].status_code == 302


def test_a_provider_that_is_away_or_another_one_is_told(idp, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    away = Client().get(LEAVE)
    settings.OIDC_ISSUER = idp.issuer + "/"
    other = Client().get(LEAVE)

    assert (away.status_code, other.status_code) == (403, 403)
    assert "does not answer" in away.content.decode()
    assert "OIDC_ISSUER" in other.content.decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [({"OIDC_ISSUER": "http://id.example"}, "sso.E2"), ({"OIDC_CLIENT_ID": ""}, "sso.E3"),
     ({"LDAP_URL": "ldaps://x"}, "sso.E5"), ({"SSO_ONLY": True, "OIDC_ISSUER": ""}, "sso.E6")],
)  # fmt: skip
def test_settings_that_cannot_work_are_named_at_the_start(idp, settings, change, code):
    for name, value in change.items():
        setattr(settings, name, value)

    assert code in [error.id for error in checks.run_checks()]

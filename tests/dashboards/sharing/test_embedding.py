"""Embedded pages: what a signature opens, what it does not, and what lives on after it."""

import base64
import json
import time

import jwt
import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django.utils import timezone

from accounts.models import User
from dashboards import embedding
from dashboards.models import EmbedKey, Filter, Page
from datasets.models import RowPolicy
from datasets.policies import Policy
from datasets.query import Filter as Condition
from tests.dashboards.sharing.conftest import ORIGIN, signed, total
from tests.factories.dashboards import DashboardFactory

pytestmark = pytest.mark.django_db
PAGE, DATA = "/embed/six/", "/embed/six/data"
DE = {"country": ["DE"]}


def open_page(client, token, page=PAGE):
    return client.get(page, {"token": token})


def pass_in(page) -> str:
    return page.content.decode().split('data-pass="')[1].split('"')[0]


def ask(client, held, place=DATA):
    return client.get(place, headers={"X-Page-Pass": held})


def test_a_signature_opens_the_page_with_its_choices(stranger, key):
    page = open_page(stranger, signed(key, filters=DE, theme="dark"))
    html = page.content.decode()

    assert page.status_code == 200
    assert 'data-theme="dark"' in html
    assert "Country: <b>DE</b>" in html
    assert "60" in total(ask(stranger, pass_in(page)))
    assert page.cookies == {}
    for absent in ("ada@example.org", "/admin/", "/login/", "data-filter", "shared by", "explain"):
        assert absent not in html, absent


def test_exactly_the_origins_of_the_key_may_frame_it(stranger, key):
    EmbedKey.objects.update(origins=[ORIGIN, "http://localhost:9000", "x; script-src *", "*"])

    page = open_page(stranger, signed(key))

    policy = dict(part.strip().split(" ", 1)
                  for part in page.headers["Content-Security-Policy"].split(";"))  # fmt: skip
    assert policy["frame-ancestors"] == f"{ORIGIN} http://localhost:9000"
    assert policy["script-src"] == "'self'"
    assert "X-Frame-Options" not in page.headers
    assert page.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_without_a_valid_origin_nobody_may_frame_it(stranger, key):
    EmbedKey.objects.update(origins=["*"])

    page = open_page(stranger, signed(key))

    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_no_other_page_may_be_framed(stranger, key, shop):
    held = pass_in(open_page(stranger, signed(key)))
    stranger.force_login(shop.viewer)
    for place in ("/", "/dashboards/six/", "/login/", DATA, "/embed/six/", "/embed/six/?token=x"):
        answer = ask(stranger, held, place)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], place
        assert answer.headers["X-Frame-Options"] == "DENY", place


def test_the_pages_are_kept_by_nobody(stranger, key, shop):
    page = open_page(stranger, signed(key))
    answers = [page, ask(stranger, pass_in(page)), open_page(stranger, "x"), ask(stranger, "x"),
               ask(stranger, pass_in(page), f"/embed/six/cards/{shop.total.pk}/table")]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200, 200, 403, 403, 200]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def unsigned(key) -> str:
    return jwt.encode(
        {"dashboard": "six", "filters": {}, "exp": int(time.time()) + 60}, None, "none",
        headers={"kid": key.key_id},
    )  # fmt: skip


def tampered(key) -> str:
    head, _, tail = signed(key, filters=DE).split(".")
    said = {"dashboard": "six", "filters": {"country": ["*"]}, "exp": int(time.time()) + 60}
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"{head}.{body}.{tail}"


def deep(key) -> str:
    part = base64.urlsafe_b64encode(b"[" * 4000).decode().rstrip("=")
    return f"{part}.{part}.x"


ATTACKS = {
    "none at all": lambda key: "",
    "no algorithm": unsigned,
    "no signature": lambda key: signed(key).rsplit(".", 1)[0] + ".",
    "another secret": lambda key: signed(key, secret="another secret of the right length, 43!"),
    "another algorithm": lambda key: signed(key, secret=key.secret * 3, algorithm="HS512"),
    "the same secret, HS512": lambda key: signed(key, secret=key.secret, algorithm="HS384"),
    "filters changed": tampered,
    "no key": lambda key: signed(key, headers={"typ": "JWT"}),
    "an unknown key": lambda key: signed(key, headers={"kid": "0123456789abcdef"}),
    "a path as key": lambda key: signed(key, headers={"kid": "../../dev/null"}),
    "a key with a zero": lambda key: signed(key, headers={"kid": "\x00" * 16}),
    "a key with more": lambda key: signed(key, headers={"kid": key.key_id + "0"}),
    "expired": lambda key: signed(key, exp=int(time.time()) - 60),
    "too far ahead": lambda key: signed(key, exp=int(time.time()) + 700),
    "for ever": lambda key: signed(key, exp=None),
    "infinity": lambda key: signed(key, exp=float("inf")),
    "not yet": lambda key: signed(key, nbf=int(time.time()) + 200),
    "no filters": lambda key: signed(key, filters=None),
    "filters as text": lambda key: signed(key, filters="country=DE"),
    "a value that is no list": lambda key: signed(key, filters={"country": "DE"}),
    "an empty list": lambda key: signed(key, filters={"country": []}),
    "a number": lambda key: signed(key, filters={"country": [1]}),
    "everything beside a value": lambda key: signed(key, filters={"country": ["DE", "*"]}),
    "an unknown filter": lambda key: signed(key, filters={"land": ["DE"]}),
    "a click": lambda key: signed(key, filters={"x.1.country": ["DE"]}),
    "a comparison": lambda key: signed(key, filters={"compare": ["year"]}),
    "a wrong period": lambda key: signed(key, filters={"period": ["soon"]}),
    "an unknown tab": lambda key: signed(key, tab="other"),
    "an unknown theme": lambda key: signed(key, theme='"><script>'),
    "not locked": lambda key: signed(key, locked=False),
    "a list as dashboard": lambda key: signed(key, dashboard=["six"]),
    "deep": deep,
    "long": lambda key: signed(key, filters={"country": ["x" * 9000]}),
    "three points": lambda key: "...",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_not_signed_like_this_opens_nothing(stranger, key, attack):
    answer = open_page(stranger, ATTACKS[attack](key))

    assert answer.status_code == 403
    assert "Six" not in answer.content.decode()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.content == open_page(stranger, "").content  # and nobody learns why


@pytest.mark.parametrize("case", ["signed for another", "not of this key", "absent"])
def test_a_key_opens_its_own_dashboards_alone(stranger, key, maker, case):
    other = DashboardFactory(slug="other", title="Other", owner=maker)
    if case == "signed for another":
        key.dashboards.add(other)
        answer = open_page(stranger, signed(key), "/embed/other/")
    elif case == "not of this key":
        answer = open_page(stranger, signed(key, dashboard="other"), "/embed/other/")
    else:
        answer = open_page(stranger, signed(key, dashboard="absent"), "/embed/absent/")

    assert answer.status_code == 404
    assert "Other" not in answer.content.decode()


def test_address_parameters_change_nothing(stranger, key):
    token = signed(key, filters=DE)
    held = pass_in(open_page(stranger, token))
    asked = stranger.get(f"{PAGE}?token={token}&country=*&view=*&tab=x&theme=dark&cards=first")

    assert "Country: <b>DE</b>" in asked.content.decode()
    assert "data-theme" not in asked.content.decode()
    for more in ("country=AT", "country=*", "period=*", "view=*", "cards=first", "x.1.city=Wien"):
        assert ask(stranger, held, f"{DATA}?{more}").content == ask(stranger, held).content


def test_the_page_lives_on_after_its_token(stranger, key, monkeypatch):
    token = signed(key, filters=DE)
    held = pass_in(open_page(stranger, token))
    real = time.time
    monkeypatch.setattr(signing.time, "time", lambda: real() + 11 * 3600)

    assert "60" in total(ask(stranger, held))
    monkeypatch.setattr(signing.time, "time", lambda: real() + 12 * 3600 + 60)
    assert ask(stranger, held).status_code == 403


def test_the_pass_is_bound_to_its_page(stranger, key, shop, maker):
    other = DashboardFactory(slug="other", title="Other", owner=maker)
    key.dashboards.add(other)
    held = pass_in(open_page(stranger, signed(key)))
    forged = signing.dumps({"k": key.key_id, "d": shop.dashboard.pk, "q": ""}, salt="another")

    assert ask(stranger, held).status_code == 200
    assert ask(stranger, held, "/embed/other/data").status_code == 404
    for wrong in ("", held[:-1] + "!", forged, signed(key)):
        assert ask(stranger, wrong).status_code == 403
    assert stranger.get(f"{DATA}?token={signed(key)}").status_code == 403


@pytest.mark.parametrize(
    ("loss", "status"),
    [("revoked", 403), ("deleted", 403), ("inactive", 404), ("no role", 404),
     ("not of the key", 404), ("filter gone", 403)],
)  # fmt: skip
def test_what_is_taken_away_counts_at_the_next_request(stranger, key, maker, shop, loss, status):
    token = signed(key, filters=DE)
    held = pass_in(open_page(stranger, token))
    assert ask(stranger, held).status_code == 200
    match loss:
        case "revoked":
            EmbedKey.objects.update(revoked_at=timezone.now())
        case "deleted":
            key.delete()
        case "inactive":
            User.objects.filter(pk=maker.pk).update(is_active=False)
        case "no role":
            maker.groups.clear()
        case "not of the key":
            key.dashboards.clear()
        case "filter gone":
            Filter.objects.filter(name="country").delete()

    table = f"/embed/six/cards/{shop.total.pk}/table"
    for answer in (open_page(stranger, token), ask(stranger, held), ask(stranger, held, table)):
        assert answer.status_code == status
        assert "Six" not in answer.content.decode()


def test_the_rules_of_the_viewer_hold(stranger, key, maker, rules):
    rules[maker] = Policy(rows=(Condition("country", "=", "AT"),))

    held = pass_in(open_page(stranger, signed(key)))

    assert "90" in total(ask(stranger, held))
    none = pass_in(open_page(stranger, signed(key, filters=DE)))
    assert "Berlin" not in ask(stranger, none).content.decode()


@pytest.fixture
def own_country(shop):
    return RowPolicy.objects.create(
        dataset=shop.total.dataset, name="Own country", everybody=True,
        condition={"column": "country", "op": "in", "attribute": "country"},
    )  # fmt: skip


@pytest.mark.parametrize(("signed_for", "said"), [(["DE"], "60"), (["AT"], "90")])
def test_the_application_says_for_whom_the_rules_hold(stranger, key, own_country, signed_for, said):
    EmbedKey.objects.update(signs_attributes=True)
    held = pass_in(open_page(stranger, signed(key, attributes={"country": signed_for})))

    for _ in range(2):  # the page lives on with its pass
        assert said in total(ask(stranger, held))
    nobody = pass_in(open_page(stranger, signed(key)))
    assert not {"60", "90", "Berlin"} & set(ask(stranger, nobody).content.decode().split('"'))


@pytest.mark.parametrize("flags", [{"is_superuser": True}, {"is_staff": True}])
def test_what_is_signed_for_somebody_holds_also_with_a_key_of_who_sees_all(
    stranger, key, maker, own_country, shop, flags
):
    EmbedKey.objects.update(signs_attributes=True)
    User.objects.filter(pk=maker.pk).update(**flags)
    maker.user_permissions.add(Permission.objects.get(codename="change_dataset"))
    shop.total.dataset.edit_roles.set(maker.groups.all())

    held = pass_in(open_page(stranger, signed(key, attributes={"country": ["DE"]})))

    assert "60" in total(ask(stranger, held))


def test_who_makes_a_key_does_not_sign_the_rows_of_others_for_themselves(
    stranger, key, own_country
):
    token = signed(key, attributes={"country": ["AT"]})
    refused = open_page(stranger, token)
    EmbedKey.objects.update(signs_attributes=True)
    held = pass_in(open_page(stranger, token))
    EmbedKey.objects.update(signs_attributes=False)

    assert refused.status_code == ask(stranger, held).status_code == 403


@pytest.mark.parametrize(
    "attributes", [[], "DE", {"country": "DE"}, {"country": []}, {"country": [{"$ne": ""}]}, 1]
)
def test_attributes_of_another_shape_open_nothing(stranger, key, attributes):
    EmbedKey.objects.update(signs_attributes=True)
    assert open_page(stranger, signed(key, attributes=attributes)).status_code == 403


def test_a_card_that_a_locked_choice_cannot_limit_is_left_out(stranger, key, shop):
    Filter.objects.filter(name="country").update(columns=["no_such_column"])
    locked = pass_in(open_page(stranger, signed(key, filters=DE)))
    free = pass_in(open_page(stranger, signed(key)))

    assert ask(stranger, locked).json()["widgets"] == []
    assert len(ask(stranger, free).json()["widgets"]) == 2
    assert ask(stranger, locked, f"/embed/six/cards/{shop.total.pk}/table").status_code == 404
    Filter.objects.get(name="country").ignored_by.add(shop.total)
    shown = ask(stranger, locked).json()["widgets"]
    assert [card["id"] for card in shown] == [shop.total.pk]


def test_a_tab_can_be_signed(stranger, key, shop):
    Page.objects.create(dashboard=shop.dashboard, title="One", slug="one")
    shop.cities.page = Page.objects.create(
        dashboard=shop.dashboard, title="Two", slug="two", position=1
    )
    shop.cities.save()

    held = pass_in(open_page(stranger, signed(key, tab="two")))

    assert [card["id"] for card in ask(stranger, held).json()["widgets"]] == [shop.cities.pk]


def test_the_secret_is_encrypted_and_in_no_history(key):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM dashboards_embedkey")
        stored = str(cursor.fetchall())
    assert key.secret not in stored + str(list(EmbedKey.history.values()))
    assert len(key.secret) >= 43
    assert len(key.key_id) == 16
    assert embedding.new_key(EmbedKey()) != key.secret

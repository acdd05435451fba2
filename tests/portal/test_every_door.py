"""Every address of the running portal: who may send what, what caches keep, what browsers allow."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from django.utils.regex_helper import normalize

from accounts.encryption import EncryptedField
from dashboards import choices, sharing
from tests.factories.fixtures import browser, fresh, lasting_world, world  # noqa: F401
from tests.factories.pages import policy, running

VALUES = {"slug": "p-73", "widget_id": 1, "name": "country", "view_id": 1, "export_id": 1,
          "link_id": 1, "object_id": "1", "app_label": "dashboards", "token": "A" * 43,
          "content_type_id": 1, "url": "x", "version_id": "1", "history_id": "1"}  # fmt: skip
#: Addresses that take a POST without the token of a form, and why.
NO_TOKEN = {
    "/shared/": "takes the password of a link, from browsers that send no origin; changes nothing"
}
#: Answers that say the same to everybody; a shared cache may keep them.
PUBLIC = {"/brand.css", "/brand/logo.png", "/admin/jsi18n/"}


def addresses(patterns=None, before=""):
    """All of them, with values in place of their parameters."""
    for pattern in patterns or get_resolver().url_patterns:
        [(path, names), *_] = normalize(pattern.pattern.regex.pattern)
        path = before + path % {name: VALUES.get(name, "1") for name in names}
        if isinstance(pattern, URLPattern):
            yield "/" + path
        else:
            yield from addresses(pattern.url_patterns, path)


ALL = sorted(set(addresses()))


def test_the_walk_sees_the_portal():
    assert len(ALL) > 120
    assert not [path for path in ALL if re.search(r"[<>()?*]", path)]
    for path in ("/dashboards/p-73/", "/api/v1/datasets/p-73/rows/", "/admin/dashboards/widget/"):
        assert path in ALL


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_taken_from_a_page_of_another_site(world, method):  # noqa: F811
    """A session alone is no consent: without the token of a form nothing is even looked at."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(world.people["superuser"])
    taken = {path: getattr(client, method)(path).status_code for path in ALL}

    other = {path: status for path, status in taken.items() if status != 403}
    assert all(path.startswith(tuple(NO_TOKEN)) for path in other), other
    assert method != "post" or len(other) == 1  # only the page itself takes one; its data do not
    assert set(other.values()) <= {404, 405}


def get_all(client):
    for path in ALL:
        answer = client.get(path)
        yield path, answer


@pytest.mark.parametrize("name", [None, "viewer", "superuser"])
def test_no_cache_keeps_what_belongs_to_one_person(world, browser, name):  # noqa: F811
    for path, answer in get_all(browser(world.people.get(name))):
        kept = answer.headers["Cache-Control"]
        if path in PUBLIC and answer.status_code in (200, 302):
            continue
        assert "private" in kept or "no-store" in kept, path
        assert "public" not in kept, path
        assert {"Cookie", "Authorization"} <= set(answer.headers["Vary"].split(", ")), path


def is_admins(path):
    return path.startswith("/admin/")


def test_every_answer_tells_browsers_what_it_needs_and_nothing_more(world, browser):  # noqa: F811
    looked = 0
    for path, answer in get_all(browser(world.people["superuser"])):
        found, html = policy(answer), "text/html" in answer.headers.get("Content-Type", "")
        scripts = set(found["script-src"])
        assert scripts == {"'self'"} or (is_admins(path) and scripts == {"'self'", "'unsafe-eval'"})
        assert found["default-src"] == found["frame-ancestors"] == found["base-uri"] == ["'none'"]
        assert answer.headers["X-Frame-Options"] == "DENY", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        if html and answer.content:
            assert running(answer.content.decode()) == [], path
            looked += 1
    assert looked > 60


@pytest.mark.parametrize("path", ["/login/", "/admin/login/", "/logout/", "/api/v1/docs/"])
def test_pages_around_the_log_in_have_the_narrow_policy(world, browser, path):  # noqa: F811
    for name in (None, "viewer"):
        answer = browser(world.people.get(name)).get(path)
        assert policy(answer)["script-src"] == ["'self'"], name


# --- Redirects and hosts


EVIL = ["https://evil.example/", "//evil.example/", "///evil.example/", "/\\evil.example/",
        "\\\\evil.example", "https:evil.example", "javascript:alert(1)", "http://testserver@evil/",
        "https://testserver.evil.example/", "/%5cevil.example", "\t//evil.example",
        "//evil.example\\@testserver/",
        " https://evil.example"]  # fmt: skip


@pytest.mark.parametrize("target", EVIL)
def test_no_address_leads_to_another_site(world, target):  # noqa: F811
    person = world.people["superuser"]
    person.set_password("a good password")
    person.save()
    said = {"username": person.username, "password": "a good password", "next": target}
    client = Client()

    led = [Client().post("/login/", said), Client().post(f"/login/?next={target}", said)]
    client.force_login(person)
    for path in ("/login/", "/admin/login/", "/admin/", "/", "/preferences/", "/dashboards/p-73/",
                 "/admin/dashboards/dashboard/"):  # fmt: skip
        for name in ("next", "_changelist_filters"):
            led.append(client.get(path, {name: target}))
    led.append(client.post("/logout/", {"next": target}))

    assert [one for one in led if one.status_code == 302] != []
    for answer in led:
        to = answer.headers.get("Location", "/")
        assert re.match(r"/(?![/\\])|\?", to), to


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil",
                                  "", "testserver/evil", "testserver,evil", "[::1",
                                  "tests\x00erver",
                                  "localhost#evil", "localhost evil"])  # fmt: skip
def test_a_foreign_host_gets_no_page_and_no_link(world, host):  # noqa: F811
    client = Client(raise_request_exception=False)
    client.force_login(world.people["superuser"])

    for path in ("/", "/login/", "/dashboards/p-73/share", "/api/v1/datasets/"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400, path
        assert "evil" not in answer.content.decode() + str(answer.headers)


def test_nobody_says_for_another_host_where_the_portal_is(world, browser):  # noqa: F811
    client = browser(world.people["superuser"])
    claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "666",
              "Forwarded": "host=evil",
              "X-Forwarded-Proto": "https", "X-Original-URL": "/evil", "X-Forwarded-For": "6.6.6.6",
              "X-Forwarded-Prefix": "/evil", "X-Rewrite-Url": "/evil"}  # fmt: skip

    share = client.get("/dashboards/p-73/share", headers=claims).content.decode()
    rows = client.get("/api/v1/datasets/d-41/rows/?limit=1", headers=claims).json()

    assert "http://testserver/dashboards/p-73/" in share
    assert rows["next"].startswith("http://testserver/")
    assert "evil" not in share


# --- Methods


def test_pages_that_only_show_take_no_other_method(world, browser):  # noqa: F811
    client = browser(world.people["superuser"])
    view = choices.start(world.dashboard, world.people["superuser"])
    expires = timezone.now() + timedelta(days=1)
    _, token = sharing.issue(view, world.people["superuser"], name="x", expires_at=expires)
    here = reverse("shared", args=[token])

    for path in ("/", "/health/", "/brand.css", f"{here}data", "/embed/p-73/",
                 "/dashboards/p-73/share",
                 "/dashboards/p-73/data", "/config/schema/dashboard.schema.json",
                 "/admin/config/export/",
                 "/api/v1/datasets/", "/api/v1/schema/", "/api/v1/docs/"):  # fmt: skip
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(path).status_code == 405, (path, method)


def test_the_registry_of_the_admin_is_walked():
    names = {model._meta.model_name for model in admin.site._registry}
    assert {name for name in names if not any(f"/{name}/" in path for path in ALL)} == set()


def secret_fields():
    """Of records with a page: what is encrypted, and what is called as secrets are."""
    for model in admin.site._registry:
        for field in model._meta.concrete_fields:
            looks = re.search(r"password|secret|digest|token|hash|recovery", field.name)
            if isinstance(field, EncryptedField) or (looks and not field.is_relation):
                yield model, field.name


def test_no_list_of_the_admin_tells_a_secret_letter_by_letter(world, browser):  # noqa: F811
    client = browser(world.people["superuser"])
    found = list(secret_fields())
    for model, name in found:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for lookup in (name, f"{name}__startswith", f"{name}__regex", f"{name}__gt"):
            assert client.get(path, {lookup: "a"}).status_code in (302, 400), (path, lookup)
    assert len(found) > 5

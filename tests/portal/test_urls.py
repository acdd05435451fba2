"""Addresses: what is not there, hosts, methods, and the files of the portal."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from portal.static import BokehFinder
from tests.factories.people import PersonFactory


@pytest.fixture
def person(db, client):
    person = PersonFactory(is_staff=True, is_superuser=True)
    client.force_login(person)
    return client


def test_addresses_that_people_and_programs_keep_do_not_change():
    assert reverse("home") == "/"
    assert reverse("dashboard", args=["main-analytics"]) == "/dashboards/main-analytics/"
    assert reverse("api-dataset-rows", args=["carts"]) == "/api/v1/datasets/carts/rows/"
    assert reverse("api-schema") == "/api/v1/schema/"
    assert reverse("health") == "/health/"
    assert reverse("admin:index") == "/admin/"


@pytest.mark.parametrize("path", ["/nowhere", "/dashboards/", "/api/v2/", "/api/v1/users/",
                                  "/dashboards/../admin/x", "/.env", "/static/../manage.py",
                                  "/static/..%2f..%2fmanage.py", "/static/%2e%2e/manage.py",
                                  "/static//etc/passwd", "/static/portal/..\\..\\manage.py",
                                  "/config/schema/..%2f..%2fbrand.json", "/config/schema/%2e%2e",
                                  "/config/schema/brand.json", "/brand/..%2flogo.png",
                                  "/exports/..%2f1/file/", "/exports/1%00/file/",
                                  "/api/v1/datasets/x/rows", "/admin/nowhere/"])  # fmt: skip
def test_what_is_not_there_is_not_found(person, path):
    assert person.get(path, follow=True).status_code == 404


def test_a_foreign_host_is_refused(person):
    answer = person.get("/", headers={"Host": "evil.example"})

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/", "/dashboards/x/", "/dashboards/x/data"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_take_get_alone(person, path, method):
    assert getattr(person, method)(path).status_code == 405


@pytest.mark.parametrize(
    "name", ["portal/portal.css", "portal/dashboard.js", "portal/icon.svg", "bokeh/bokeh.min.js"]
)
def test_files_of_the_pages_are_found(name):
    assert finders.find(name)


@pytest.mark.parametrize(
    "name", ["bokeh/../bokeh.min.js", "bokeh/bokeh.json", "bokeh/../../../../util/paths.py"]
)
def test_of_bokeh_only_what_pages_load_is_served(name):
    assert not BokehFinder().find(name)


def test_the_admin_has_one_log_in_with_the_portal(db, client):
    answer = client.get("/admin/dashboards/dashboard/", follow=True)

    target = urlsplit(answer.redirect_chain[-1][0])
    assert target.path == "/login/"
    assert parse_qs(target.query) == {"next": ["/admin/dashboards/dashboard/"]}
    assert "portal/portal.css" in answer.content.decode()

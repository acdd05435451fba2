"""Pages in the browser's hands: what it keeps, the policy for its scripts, hostile text."""

import json
import re

import pyarrow as pa
import pytest
from django.test import Client
from django.urls import reverse

from dashboards.models import Dashboard, Widget
from datasets.models import Column, Dataset
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import publish
from tests.factories.pages import Tags, policy

PAGE = "/dashboards/p-73/"
SCRIPT = "<script>alert(1)</script>"
BREAKOUT = '"><img src=x onerror=alert(2)>'
HOSTILE = SCRIPT + BREAKOUT


@pytest.fixture
def viewer(world, browser):
    return browser(world.people["viewer"])


def logged_in(world, name="viewer"):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people[name])
    return client


def token_in(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]


def test_a_page_one_has_already_is_answered_with_304(world, viewer):
    viewer.get("/dashboards/p-73/data")  # from now on its numbers are ready
    viewer.get(PAGE)  # from now on the client has the cookie whose token is in the page
    tag = viewer.get(PAGE).headers["ETag"]

    answer = viewer.get(PAGE, headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (304, b"")
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "change",
    [
        lambda world: Dashboard.objects.update(title="Other"),
        lambda world: Dashboard.objects.update(description="Other"),
        lambda world: type(world.people["viewer"]).objects.update(theme="dark"),
        lambda world: world.widget.save(),
        lambda world: world.widget.delete(),
        lambda world: DashboardFactory(owner=world.people["viewer"]),
        lambda world: publish(world.dataset, pa.table({"bidder_shortname": ["x"], "amount": [1]})),
        lambda world: type(world.people["viewer"]).objects.update(is_staff=True),
        lambda world: type(world.people["viewer"]).objects.update(first_name="Ada"),
    ],
    ids=["title", "text", "theme", "card", "no card", "menu", "data", "staff", "name"],
)
def test_a_page_that_would_look_different_is_no_304(world, viewer, change):
    viewer.get(PAGE)
    tag = viewer.get(PAGE).headers["ETag"]
    assert viewer.get(PAGE, headers={"If-None-Match": tag}).status_code == 304
    change(world)

    assert viewer.get(PAGE, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("name", ["editor", "owner", "superuser"])
def test_the_page_of_one_person_is_no_304_for_another(world, browser, name):
    tag = browser(world.people["viewer"]).get(PAGE).headers["ETag"]

    answer = browser(world.people[name]).get(PAGE, headers={"If-None-Match": tag})

    assert answer.status_code == 200
    assert name in answer.content.decode()


def test_after_a_new_log_in_the_kept_page_is_not_used_with_its_old_csrf_token(world):
    person = world.people["viewer"]
    person.set_password("a good password")
    person.save()
    client = Client(enforce_csrf_checks=True)

    def log_in():
        fields = {"username": person.username, "password": "a good password"}
        fields["csrfmiddlewaretoken"] = token_in(client.get("/login/"))
        assert client.post("/login/", fields).status_code == 302

    log_in()
    old = client.get(PAGE)
    client.post("/logout/", {"csrfmiddlewaretoken": token_in(old)})
    log_in()
    new = client.get(PAGE, headers={"If-None-Match": old.headers["ETag"]})

    assert new.status_code == 200
    answer = client.post("/theme/", {"theme": "dark", "csrfmiddlewaretoken": token_in(new)})
    assert answer.status_code == 204


def test_the_theme_is_kept_and_only_one_of_the_known(world):
    client = logged_in(world)
    token = {"csrfmiddlewaretoken": token_in(client.get("/"))}

    assert client.post("/theme/", {"theme": "dark"}).status_code == 403
    assert client.post("/theme/", {"theme": "dark"} | token).status_code == 204
    assert client.post("/theme/", {"theme": SCRIPT} | token).status_code == 400
    assert client.get("/theme/").status_code == 405
    assert 'data-theme="dark"' in client.get(PAGE).content.decode()


def test_logging_out_needs_a_post_with_the_csrf_token(world):
    client = logged_in(world)
    token = token_in(client.get(PAGE))

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 403
    assert client.get(PAGE).status_code == 200
    client.post("/logout/", {"csrfmiddlewaretoken": token})
    assert client.get(PAGE).status_code == 302


# --- Policy for scripts

VIEWER_PAGES = ["/", PAGE, "/dashboards/p-73/data", "/login/", "/health/", "/api/v1/docs/",
                "/api/v1/datasets/", "/nowhere/", "/dashboards/none/"]  # fmt: skip


@pytest.mark.parametrize("path", VIEWER_PAGES)
def test_pages_run_no_script_but_the_portals_files(viewer, path):
    answer = viewer.get(path)
    found = policy(answer)

    assert found["script-src"] == ["'self'"]
    assert found["style-src"] == ["'self'", "'unsafe-inline'"]
    assert found["img-src"] == ["'self'", "data:"]
    for name in ("connect-src", "font-src", "form-action", "manifest-src"):
        assert found.pop(name) == ["'self'"]
    for name in ("default-src", "object-src", "frame-ancestors", "frame-src", "worker-src",
                 "base-uri"):  # fmt: skip
        assert found.pop(name) == ["'none'"]
    assert set(found) == {"script-src", "style-src", "img-src"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/", PAGE, "/login/", "/api/v1/docs/", "/nowhere/"])
def test_pages_hold_nothing_that_the_policy_would_stop(viewer, path):
    found = Tags(viewer.get(path).content.decode())

    assert found.inline_scripts == []
    assert found.handlers == []
    assert [address for address in found.loaded if not re.match(r"/(?!/)|#|data:", address)] == []


def test_the_wider_policy_of_the_admin_is_the_admins_alone(world, browser):
    client = browser(world.people["superuser"])

    assert "'unsafe-eval'" in policy(client.get(reverse("admin:index")))["script-src"]
    assert policy(client.get(PAGE))["script-src"] == ["'self'"]


# --- Hostile text


def harmless(html):
    found = Tags(html)
    return ("img", "x") not in found.names and found.handlers == [] and SCRIPT not in html


@pytest.fixture
def hostile(world):
    """Every text that a person or a source may write is hostile."""
    Dashboard.objects.update(title=HOSTILE, description=HOSTILE)
    Widget.objects.update(title=HOSTILE, subtitle=HOSTILE, chart_type="table",
                          options={"group_by": ["bidder_shortname"],
                                   "measures": [f"{BREAKOUT}: sum(amount)"]})  # fmt: skip
    Dataset.objects.update(name=HOSTILE, description=HOSTILE)
    Column.objects.update(label=HOSTILE, unit="<b>'\"&", description=HOSTILE)
    type(world.people["viewer"]).objects.update(first_name=HOSTILE, last_name=HOSTILE)
    rows = pa.table({"bidder_shortname": [HOSTILE, "</textarea>" + SCRIPT], "amount": [2, 1]})
    publish(world.dataset, rows)
    for kind, options in KINDS.items():
        WidgetFactory(
            dashboard=world.dashboard,
            dataset=world.dataset,
            title=HOSTILE,
            chart_type=kind,
            options=options,
        )
    return world


KINDS = {
    "number": {"value": "sum(amount)", "unit": HOSTILE},
    "bar": {"category": "bidder_shortname", "measures": ["sum(amount)"]},
    "pie": {"category": "bidder_shortname", "measure": "sum(amount)", "center": HOSTILE},
    "funnel": {"stage": "bidder_shortname", "measure": "sum(amount)", "stages": [HOSTILE]},
}


def test_hostile_text_is_text_on_the_pages(hostile, viewer):
    viewer.get("/dashboards/p-73/data")
    tables = [f"/dashboards/p-73/widgets/{widget.pk}/table" for widget in Widget.objects.all()]
    for path in ["/", PAGE, *tables]:
        html = viewer.get(path).content.decode()

        assert harmless(html), path
        assert "&lt;script&gt;" in html, path


def test_hostile_text_is_text_in_the_html_that_cards_put_into_the_page(hostile, viewer):
    answer = viewer.get("/dashboards/p-73/data")
    shown = [card["body"] for card in answer.json()["widgets"]]

    assert answer.headers["Content-Type"] == "application/json"
    assert [body.get("error") for body in shown] == [None] * len(shown)
    html = [body["html"] for body in shown if body["html"]]
    assert len(html) >= 2
    assert all(harmless(text) for text in html)


def test_drawings_hold_no_code_and_no_template_that_takes_text_for_html(hostile, viewer):
    answer = viewer.get("/dashboards/p-73/data").json()
    drawings = json.dumps([card["drawing"] for card in answer["widgets"]])

    assert "CustomJS" not in drawings
    assert "safe}" not in drawings  # Bokeh's mark for HTML in what is shown on hover
    assert '"text":"$$' not in drawings


@pytest.mark.parametrize("kind", ["table", "number", "pie"])
def test_hostile_text_is_text_in_the_admin(hostile, browser, kind):
    client = browser(hostile.people["superuser"])
    widget = Widget.objects.filter(chart_type=kind).first()
    pages = [
        reverse("admin:dashboards_widget_change", args=[widget.pk]),
        reverse("admin:dashboards_widget_changelist"),
        reverse("admin:dashboards_dashboard_change", args=[hostile.dashboard.pk]),
        reverse("admin:dashboards_dashboard_changelist"),
        reverse("admin:datasets_dataset_change", args=[hostile.dataset.pk]),
        reverse("admin:datasets_dataset_changelist"),
    ]

    for path in pages:
        assert harmless(client.get(path).content.decode()), path


def test_hostile_text_is_text_in_the_preview(hostile, browser):
    fields = {
        "card-title": HOSTILE, "card-dashboard": hostile.dashboard.pk,
        "card-dataset": hostile.dataset.pk, "card-chart_type": "table", "card-position": 0,
        "card-width": 4, "card-height": 6, "options-group_by": ["bidder_shortname"],
        "options-measures": "count()", "record": "",
    }  # fmt: skip
    client = browser(hostile.people["superuser"])

    preview = client.post(reverse("admin:dashboards_widget_preview"), fields)
    options = client.post(
        reverse("admin:dashboards_widget_options"), fields | {"options-measures": HOSTILE}
    )

    assert preview.headers["Content-Type"] == "application/json"
    assert "&lt;script&gt;" in preview.json()["body"]["html"]
    assert harmless(preview.json()["body"]["html"])
    assert harmless(options.content.decode())

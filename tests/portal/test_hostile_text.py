"""Whatever people write, and whatever stands in data, is text on every page of portal and admin.

The records are made from the models: a new text is hostile here before somebody thinks of it."""

import json

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils.html import escape

from dashboards import choices, sharing
from dashboards.models import ShareLink, Widget
from portal.config import write
from tests.factories.fixtures import browser, fresh, lasting_world  # noqa: F401
from tests.factories.pages import running
from tests.factories.poison import LONG, NOT_FREE, SHORT, fill, free_texts, own_models
from tests.factories.world import fetch_world

SHOWN = escape(SHORT)
PAGE = "/dashboards/p-73/"


@pytest.fixture(scope="module")
def poisoned(lasting_world, django_db_blocker):  # noqa: F811
    """Made once; it goes with the transaction of the world around it."""
    with django_db_blocker.unblock():
        found = fetch_world()
        fill(found)
    return found


@pytest.fixture
def person(poisoned, db, browser):  # noqa: F811
    return browser(poisoned.people["superuser"])


def test_every_text_of_every_model_is_hostile_here(poisoned, db):
    missing = [
        f"{model._meta.label}.{field.name}"
        for model in own_models()
        for field in free_texts(model)
        if not model._default_manager.filter(**{f"{field.name}__startswith": SHORT}).exists()
    ]
    known = {f"{m._meta.label}.{f.name}" for m in own_models() for f in m._meta.concrete_fields}

    assert missing == []
    assert set(NOT_FREE) <= known


def html_in(answer):
    """The page, or the HTML that the page's script takes out of an answer in JSON."""
    if answer.headers["Content-Type"].startswith("application/json"):
        return "".join(_html_of(answer.json()))
    return answer.content.decode()


def _html_of(value, key=""):
    match value:
        case dict():
            for name, item in value.items():
                yield from _html_of(item, name)
        case list():
            for item in value:
                yield from _html_of(item, key)
        case str() if key in ("html", "bar", "card"):
            yield value


def cards():
    for widget in Widget.objects.all():
        yield from (f"{PAGE}widgets/{widget.pk}/{part}" for part in ("table", "by", "rows"))
        yield f"{PAGE}widgets/{widget.pk}/explain"


def test_hostile_text_is_text_on_every_page_of_the_portal(person):
    person.get(f"{PAGE}data")  # from now on its numbers are ready
    paths = ["/", PAGE, f"{PAGE}data", f"{PAGE}data?bar=1", f"{PAGE}?words={SHORT}",
             f"{PAGE}print/",
             f"{PAGE}?wrong={SHORT}&x.1.{SHORT}=1", f"{PAGE}views", f"{PAGE}share",
             f"{PAGE}filters/bidder", f"{PAGE}filters/bidder?search={SHORT}", f"{PAGE}layout",
             f"{PAGE}export/", "/preferences/", "/preferences/password/", "/nowhere/" + SHORT,
             *cards()]  # fmt: skip
    told = 0
    for path in paths:
        answer = person.get(path)
        html = html_in(answer)

        assert answer.status_code in (200, 400, 404), path
        assert running(html) == [], path
        told += SHOWN in html
    assert told > 25  # or the payload was on no page, and nothing was shown


def test_hostile_text_is_text_on_pages_outside_the_portal(poisoned, db, client):
    view = choices.start(poisoned.dashboard, poisoned.people["superuser"])
    expires = ShareLink.objects.first().expires_at
    _, token = sharing.issue(view, poisoned.people["superuser"], name=SHORT, expires_at=expires)
    here = reverse("shared", args=[token])

    for path in (here, f"{here}data", f"{here}cards/{poisoned.widget.pk}/table"):
        html = html_in(client.get(path))
        assert SHOWN in html, path
        assert running(html) == [], path


def admin_pages():
    for model, page in admin.site._registry.items():
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{names}_changelist")
        yield reverse(f"{names}_changelist") + f"?q={SHORT}"
        yield reverse(f"{names}_add")
        for record in model._default_manager.all()[:1]:
            for name in ("change", "delete", "history"):
                yield reverse(f"{names}_{name}", args=[record.pk])
            history = getattr(record, "history", None)
            version = history.first() if history is not None else None
            if version is not None and hasattr(page, "history_form_view"):
                yield reverse(f"{names}_simple_history", args=[record.pk, version.pk])


def test_hostile_text_is_text_on_every_page_of_the_admin(person):
    told, looked = 0, 0
    for path in ["/admin/", "/admin/config/import/", *admin_pages()]:
        answer = person.get(path)
        if answer.status_code in (302, 403, 404, 405):  # such as adding what is only made elsewhere
            continue
        html = answer.content.decode()

        assert answer.status_code == 200, path
        assert running(html) == [], path
        told, looked = told + (SHOWN in html), looked + 1
    assert looked > 60
    assert told > 40


def test_hostile_text_is_text_where_a_file_is_compared_and_where_it_is_refused(poisoned, person):
    file = write.text(write.dashboard(poisoned.dashboard, poisoned.people["superuser"]))
    changed = file.replace("hit()", "hit(2)")  # each text is another one, and stands in the page

    for sent in (file, changed, f"{{{json.dumps(LONG)}: 1}}", f'{{"{LONG}', f"[{SHORT}]"):
        answer = person.post("/admin/config/import/", {"text": sent, "name": LONG})
        html = answer.content.decode()
        assert answer.status_code == 200
        assert running(html) == []
        assert "&lt;svg onload=hit(" in html

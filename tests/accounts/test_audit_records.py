"""Each kind of record of the admin leaves an event when it is made, changed and deleted there.

The kinds come from the running admin: one that is registered tomorrow is looked at here."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin

from accounts.models import Action, AuditEvent, User
from datasets.models import Dataset, Source
from tests.accounts.test_admin_pages import MAKE, MODELS, WRITTEN_BY_THE_PORTAL, page
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.people import PersonFactory

RECORDS = [model for model in MODELS if model not in WRITTEN_BY_THE_PORTAL]
#: What a form asks for that the form of a stored record does not show.
MORE = {User: {"password1": "correct-horse-battery", "password2": "correct-horse-battery"}}
#: Those to which nothing is tied, and which need no other server.
ALONE = {
    Source: lambda: SourceFactory(kind="portal", host="", database="", username="", password=""),
    Dataset: lambda: DatasetFactory(source=ALONE[Source](), sql="SELECT part FROM health"),
}
FORMSET = re.compile(r"-(\d+|TOTAL_FORMS|INITIAL_FORMS|MIN_NUM_FORMS|MAX_NUM_FORMS)(-|$)")
PREFIX = re.compile("^(card|rule)-")  # of forms whose fields' plain names the admin's theme takes
RENAMED = ("title", "name", "username", "label")


class Fields(HTMLParser):
    """What a browser would send of the main form of a page."""

    def __init__(self):
        super().__init__()
        self.sent, self.inside, self.select, self.area = {}, False, None, None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        name = found.get("name")
        if tag == "form":
            self.inside = (found.get("id") or "").endswith("_form")
        elif not self.inside:
            return
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in found:
            self.sent.setdefault(self.select, []).append(found.get("value", ""))
        elif tag == "textarea" and name:
            self.area = name
            self.sent[name] = [""]
        elif tag == "input" and name and not name.startswith("_"):
            kind = found.get("type", "text")
            unset = kind in ("checkbox", "radio") and "checked" not in found
            if kind not in ("file", "submit", "button") and not unset:
                usual = "on" if kind == "checkbox" else ""
                self.sent.setdefault(name, []).append(found.get("value", usual) or "")

    def handle_data(self, data):
        if self.area:
            self.sent[self.area][0] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.sent[self.area] = [self.sent[self.area][0].removeprefix("\n")]
            self.area = None


def fields_of(answer) -> dict:
    reader = Fields()
    reader.feed(answer.content.decode())
    return reader.sent


def errors_of(answer):
    form = answer.context and answer.context.get("adminform")
    return (form.form.errors, answer.context["errors"]) if form else None


@pytest.fixture
def root(db, browser):
    return browser(PersonFactory(username="root", is_superuser=True, is_staff=True))


def newest(model, action):
    found = AuditEvent.objects.filter(kind=model._meta.label_lower, action=action).first()
    assert found, f"no event: {action} {model._meta.label}"
    return found


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_a_record_that_is_changed_deleted_and_made_in_the_admin_tells_of_it(root, model):
    record = ALONE.get(model, MAKE[model])()
    link = page(model, "change", record.pk)
    sent = fields_of(root.get(link))
    said = next(name for name in sent if PREFIX.sub("", name) in RENAMED)
    name = PREFIX.sub("", said)

    answer = root.post(link, sent | {said: ["renamed"]})
    assert answer.status_code == 302, errors_of(answer)
    event = newest(model, Action.CHANGED)
    assert (event.key, event.person, event.address) == (str(record.pk), "root", "127.0.0.1")
    assert event.changes[name][1] == "renamed"

    root.post(page(model, "delete", record.pk), {"post": "yes"})
    event = newest(model, Action.DELETED)
    assert (event.key, event.person) == (str(record.pk), "root")
    assert event.changes[name] == ["renamed", None]

    if not admin.site._registry[model].has_add_permission(answer.wsgi_request):
        return
    blank = fields_of(root.get(page(model, "add")))
    filled = {field: values for field, values in sent.items() if not FORMSET.search(field)}
    for field in model._meta.concrete_fields:  # what can be chosen only once is not in the form
        prefixed = said.removesuffix(name) + field.name
        if field.is_relation and prefixed in blank and prefixed not in filled:
            filled[prefixed] = [getattr(record, field.attname)]
    answer = root.post(page(model, "add"), blank | filled | MORE.get(model, {}))
    assert answer.status_code in (200, 302), errors_of(answer)
    made = model._base_manager.order_by("pk").last()
    assert made is not None, errors_of(answer)
    assert made.pk > record.pk, errors_of(answer)
    event = newest(model, Action.CREATED)
    assert (event.key, event.person) == (str(made.pk), "root")
    assert event.changes[name] == [None, getattr(made, name)]

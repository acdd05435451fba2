"""Every kind of record of the admin, made from its registry, as four kinds of staff find it.

A kind that is registered tomorrow is one of records that are shared, and hidden from whom they are
not shared with, or it needs a line with a reason here."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import ApiToken, AuditEvent, User
from dashboards.models import ChartTemplate, Theme
from tests.accounts.test_admin_pages import MAKE, MODELS, AccessAttempt, page
from tests.factories.people import PersonFactory

#: Kinds of the whole portal: who has the right to see them sees all.
OF_ALL = {
    User: "people are chosen as owners",
    Group: "roles are chosen on records",
    AccessAttempt: "a lock is lifted by whoever has the right",
    AuditEvent: "the right says that it shows everything",
    Theme: "the portal has one look",
    ChartTemplate: "hold no data",
}
RECORDS = [model for model in MODELS if model not in OF_ALL]
ABSENT = 987654321


def all_rights() -> list[str]:
    return list(Permission.objects.values_list("codename", flat=True).distinct())


@pytest.fixture
def stranger(db):
    """Staff with every right of the admin, with whom nothing is shared."""
    person = PersonFactory(is_staff=True)
    person.user_permissions.set(Permission.objects.all())
    return person


def doors(model, key):
    """(method, address, what is sent) of each page of a record that Django's admin has."""
    for kind in ("change", "delete", "history"):
        yield "get", page(model, kind, key), None
        yield "post", page(model, kind, key), {"post": "yes", "name": "Mine"}


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_with_every_right_what_is_not_shared_is_not_there(browser, stranger, model):
    record = MAKE[model]()
    stranger.refresh_from_db()
    client = browser(stranger)
    before = type(record)._base_manager.filter(pk=record.pk).values().get()

    for method, address, sent in doors(model, record.pk):
        hidden = getattr(client, method)(address, sent)
        absent = getattr(client, method)(address.replace(str(record.pk), str(ABSENT)), sent)
        assert hidden.status_code == absent.status_code, address
        assert hidden.status_code in (302, 403, 404), address
    listed = client.get(page(model, "changelist"))
    chosen = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
    client.post(page(model, "changelist"), chosen)

    assert page(model, "change", record.pk) not in listed.content.decode()
    assert type(record)._base_manager.filter(pk=record.pk).values().get() == before


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_without_the_right_of_its_kind_there_is_no_door(browser, db, model):
    """Also to records of one's own."""
    record = MAKE[model]()
    staff = PersonFactory(is_staff=True, usual=False)
    for owner in ("owner", "user"):
        if hasattr(record, owner):
            setattr(record, owner, staff)
            record.save()
    client = browser(staff)

    for method, address, sent in [
        *doors(model, record.pk),
        ("get", page(model, "changelist"), None),
        ("get", page(model, "add"), None),
        ("post", page(model, "add"), {"name": "Mine"}),
    ]:
        assert getattr(client, method)(address, sent).status_code in (302, 403, 404), address
    assert type(record)._base_manager.filter(pk=record.pk).exists()
    assert page(model, "changelist") not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_who_may_only_see_changes_and_deletes_nothing(browser, db, model):
    record = MAKE[model]()
    may = [name for name in all_rights() if name.startswith("view_")]
    reader = PersonFactory(is_staff=True, usual=False)
    reader.user_permissions.set(Permission.objects.filter(codename__in=may))
    for owner in ("owner", "user"):
        if hasattr(record, owner):
            setattr(record, owner, reader)
            record.save()
    client = browser(reader)
    before = type(record)._base_manager.filter(pk=record.pk).values().get()

    for method, address, sent in doors(model, record.pk):
        if method == "post":
            getattr(client, method)(address, sent)
    chosen = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
    client.post(page(model, "changelist"), chosen)

    assert type(record)._base_manager.filter(pk=record.pk).values().get() == before
    if model is ApiToken:
        assert client.get(page(model, "change", record.pk)).status_code == 200

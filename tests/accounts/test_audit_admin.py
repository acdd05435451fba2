"""The audit's pages: who may read them, how events are found, and files that hurt nobody."""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts import admin_audit, audit, audit_export
from accounts.models import Action, AuditEvent
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.people import PersonFactory, RoleFactory
from tests.factories.world import ALL_RECORDS, CELL, SQL, TITLE, leaks

LIST, EXPORT = reverse("admin:accounts_auditevent_changelist"), "admin:accounts_auditevent_export"


@pytest.fixture
def auditor(db, browser):
    person = PersonFactory(username="auditor", is_staff=True, may=["view_auditevent"])
    return browser(person)


def names(answer) -> list[str]:
    return [event.name for event in answer.context["cl"].result_list]


def listed(client, **query) -> list[str]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return names(answer)


# --- Who may


def test_staff_without_the_right_see_nothing_of_it(world, browser):
    client = browser(PersonFactory(is_staff=True, may=ALL_RECORDS))
    event = AuditEvent.objects.first()
    pages = [LIST, reverse(EXPORT), reverse("admin:accounts_auditevent_change", args=[event.pk])]

    for address in pages:
        for answer in (client.get(address), client.post(address, {"format": "0"})):
            assert answer.status_code == 403
            assert leaks(answer) == []
    assert LIST not in client.get(reverse("admin:index")).content.decode()
    link = reverse("admin:datasets_source_change", args=[world.dataset.source.pk])
    assert "auditevent" not in client.get(link).content.decode()


def test_with_the_right_one_reads_all_of_it_and_changes_nothing(world, browser):
    client = browser(PersonFactory(is_staff=True, may=["view_auditevent"]))
    event = AuditEvent.objects.filter(kind="datasets.dataset", action=Action.CREATED).get()
    page = reverse("admin:accounts_auditevent_change", args=[event.pk])

    assert SQL in client.get(page).content.decode()
    assert TITLE in client.get(LIST).content.decode()
    assert CELL not in client.get(page).content.decode(), "It knows records, not rows of data."
    for kind in ("change", "delete"):
        address = reverse(f"admin:accounts_auditevent_{kind}", args=[event.pk])
        assert client.post(address, {"post": "yes", "person": "x"}).status_code == 403
    assert client.post(reverse("admin:accounts_auditevent_add"), {}).status_code == 403
    assert client.post(LIST, {"action": "delete_selected", "_selected_action": [event.pk]})
    assert AuditEvent.objects.filter(pk=event.pk, person=event.person).exists()


def test_the_right_to_read_is_the_only_one_there_is(db):
    from django.contrib.auth.models import Permission

    found = Permission.objects.filter(content_type__model="auditevent")
    assert [right.codename for right in found] == ["view_auditevent"]


def test_the_form_of_a_role_says_how_much_the_right_shows(db, browser):
    html = browser(PersonFactory(is_superuser=True, is_staff=True)).get(
        reverse("admin:auth_group_change", args=[RoleFactory().pk])
    )

    assert "See shows names, SQL and values of all records" in html.content.decode()


# --- Found


def test_search_finds_the_beginnings_of_words_in_all_of_an_event(auditor):
    SourceFactory(name="crm_workflow_db", host="db.example.org")
    DatasetFactory(name="Other", sql="SELECT hidden_margin FROM carts")

    assert "crm_workflow_db" in listed(auditor, q="workfl")
    assert "crm_workflow_db" in listed(auditor, q="CRM example")
    assert listed(auditor, q="crm margin") == []
    assert listed(auditor, q="hidden_mar") == ["Other"]
    Client().post(reverse("login"), {"username": "mallory", "password": "x"})
    assert listed(auditor, q="127.0.0.1 mall") == ["mallory"]
    assert listed(auditor, q="'; DROP TABLE & | ! :* <->") == []


@pytest.mark.parametrize("query", [
    {"q": "&"}, {"q": "\U0001f6d2"}, {"q": "'\"%_\\"}, {"q": "x" * 9000}, {"person": "x"},
    {"person": "9" * 40}, {"record": "x"}, {"record": "a:b:c"}, {"at_from": "x"},
    {"at_from": "2026-13-45"}, {"at_to": "9999-12-31"},
    {"period": "2026-13"}, {"period": "x"}, {"kind": "'"}, {"action__exact": "x"},
])  # fmt: skip
def test_senseless_filters_are_answered(auditor, query):
    assert auditor.get(LIST, query, follow=True).status_code == 200


def test_filters_choose_by_action_kind_person_record_and_days(auditor):
    bob = PersonFactory(username="bob")
    first, second = SourceFactory(name="first"), SourceFactory(name="second")
    dataset = DatasetFactory(name="whole", source=first)
    dataset.parameters.create(name="part", value="1")
    audit.record(Action.CONNECTED, second, person=bob)
    today = timezone.localdate()

    assert listed(auditor, action__exact="connected") == ["second"]
    sources = listed(auditor, kind="datasets.source")
    assert sources[:3] == ["second", "second", "first"]
    assert "whole" not in sources
    assert listed(auditor, person=bob.pk) == ["second"]
    assert listed(auditor, person="nobody", action__exact="connected") == []
    assert listed(auditor, record=f"datasets.dataset:{dataset.pk}") == ["part", "whole"]
    assert "second" in listed(auditor, at_from=today, at_to=today)
    assert listed(auditor, at_to=today - timedelta(days=1)) == []
    for period in ("today", "7", f"{today:%Y-%m}"):
        assert "second" in listed(auditor, period=period)
    assert listed(auditor, period="2020-02") == []


def test_the_page_of_a_record_leads_to_its_events(browser, db):
    root = browser(PersonFactory(username="root", is_superuser=True, is_staff=True))
    source, person = SourceFactory(name="mine"), PersonFactory(username="bob")
    html = root.get(reverse("admin:datasets_source_change", args=[source.pk])).content.decode()
    assert f"{LIST}?record=datasets.source:{source.pk}" in html
    html = root.get(reverse("admin:accounts_user_change", args=[person.pk])).content.decode()
    assert f"{LIST}?record=accounts.user:{person.pk}" in html
    assert f"{LIST}?person={person.pk}" in html
    answer = root.get(f"{LIST}?record=datasets.source:{source.pk}")
    assert names(answer) == ["mine"]


def test_an_event_says_what_it_was_and_became_in_words(auditor):
    source = SourceFactory(name="old name", host="<b>db</b>")
    source.name, source.password = "new name", "another"
    source.save()
    event = AuditEvent.objects.first()
    html = auditor.get(
        reverse("admin:accounts_auditevent_change", args=[event.pk])
    ).content.decode()

    assert '<span class="went">old name</span>' in html
    assert '<span class="came">new name</span>' in html
    assert "a secret, not kept" in html
    made = reverse("admin:accounts_auditevent_change", args=[AuditEvent.objects.last().pk])
    assert "<b>db" not in auditor.get(made).content.decode()


def test_a_list_asks_as_much_for_many_events_as_for_few(auditor):
    def asked():
        with CaptureQueriesContext(connection) as found:
            auditor.get(LIST)
        return len(found)

    SourceFactory()
    auditor.get(LIST)
    few = asked()
    for _ in range(20):
        SourceFactory()
    assert asked() == few < 16


def test_very_many_events_are_not_counted(auditor, monkeypatch):
    monkeypatch.setattr(admin_audit, "MOST_COUNTED", 3)
    for _ in range(6):
        SourceFactory()

    assert auditor.get(LIST).context["cl"].result_count == 4


# --- Files


def export(client, file_format, **query):
    address = f"{reverse(EXPORT)}?{urlencode(query)}"
    return client.post(address, {"format": file_format, "resource": ""})


#: Text -> how a file of commas has it.
EVIL = {
    '=cmd|"/c calc"!A1': '\'=cmd|"/c calc"!A1', "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1", "＝1": "'＝1", "x;=1": "x;'=1",
}  # fmt: skip


def test_no_text_in_an_exported_file_is_a_formula(auditor):
    for text in EVIL:
        audit.record(Action.CONNECTED, name=text, note=text, person=text, details={"x": text})
    answer = export(auditor, "0", action__exact="connected")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert len(rows) == len(EVIL)
    for row in rows:
        assert {row["name"], row["note"], row["person"]} <= set(EVIL.values())
    book = openpyxl.load_workbook(io.BytesIO(export(auditor, "1").content))
    assert not [cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f"]


def test_an_export_follows_the_filters_and_tells_of_itself(auditor):
    audit.record(Action.CONNECTED, name="chosen")
    audit.record(Action.PREVIEWED, name="other")
    answer = export(auditor, "0", action__exact="connected")
    text = answer.content.decode()

    assert "chosen" in text
    assert "other" not in text
    event = AuditEvent.objects.first()
    assert (event.action, event.person, event.kind) == (
        "exported",
        "auditor",
        "accounts.auditevent",
    )
    assert event.details == {"format": "csv", "rows": 1, "chosen": {"action__exact": ["connected"]}}


def test_too_many_events_for_one_file_are_refused_in_words(auditor, monkeypatch):
    monkeypatch.setattr(audit_export, "MOST", {"csv": 2})
    for _ in range(3):
        SourceFactory()

    assert "More than 2 events are chosen" in export(auditor, "0").content.decode()


def test_there_is_no_import(db):
    with pytest.raises(NoReverseMatch):
        reverse("admin:accounts_auditevent_import")

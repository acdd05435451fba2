"""Passwords of sources: where they are not to be found, and who may send them where."""

import json

import pytest
from django.core import serializers
from django.db import connection
from django.urls import reverse

from datasets.errors import SecretUnreadable
from datasets.forms import SourceForm
from datasets.models import Source
from tests.factories.datasets import SourceFactory
from tests.factories.people import PersonFactory

SECRET = "pässword 'of' 100 %"
OLD, NEW = "o" * 40, "n" * 40


def raw(table, column="*"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return cursor.fetchall()


@pytest.fixture
def source(db):
    return SourceFactory(password=SECRET)


def test_the_table_holds_it_encrypted(source):
    (stored,) = raw("datasets_source", "password")[0]

    assert "ssword" not in stored
    assert Source.objects.get().password == SECRET
    source.save()
    assert raw("datasets_source", "password")[0][0] != stored, "Equal passwords look different."


def test_no_password_is_no_secret(db):
    SourceFactory(password="")

    assert raw("datasets_source", "password") == [("",)]
    assert Source.objects.get().password == ""


def test_the_history_does_not_hold_it(source):
    source.password = "another one"
    source.save()

    assert len(raw("datasets_historicalsource")) == 2
    assert "password" not in [f.name for f in source.history.model._meta.fields]
    assert "another one" not in str(raw("datasets_historicalsource"))


def test_keys_are_rotated_without_typing_passwords_again(db, settings):
    settings.ENCRYPTION_KEYS = [OLD]
    source = SourceFactory(password=SECRET)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    read = Source.objects.get(pk=source.pk)
    assert read.password == SECRET

    read.save()
    settings.ENCRYPTION_KEYS = [NEW]
    assert Source.objects.get(pk=source.pk).password == SECRET


def test_a_key_that_is_gone_is_told_with_what_to_do(db, settings):
    settings.ENCRYPTION_KEYS = [OLD]
    SourceFactory(password=SECRET)
    settings.ENCRYPTION_KEYS = [NEW]

    source = Source.objects.get()  # the record opens, so that a new password can be typed
    with pytest.raises(SecretUnreadable, match="Add the old key to the end of the list"):
        source.connector.test(source)
    source.save()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert Source.objects.get().password == SECRET


def test_what_was_changed_in_the_table_is_not_taken_for_a_password(source):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE datasets_source SET password = 'plain text'")

    changed = Source.objects.get()
    with pytest.raises(SecretUnreadable):
        changed.connector.test(changed)


def form_of(source, **changes):
    names = ("name", "kind", "host", "port", "database", "username")
    stored = {name: getattr(source, name) or "" for name in names}
    return SourceForm({**stored, "options": "{}", "password": ""} | changes, instance=source)


def test_the_form_never_shows_it(source):
    assert SECRET not in str(SourceForm(instance=source))
    assert "ssword &#x27;of" not in str(SourceForm(instance=source))
    assert SECRET not in str(form_of(source, password=SECRET))


def test_an_empty_field_keeps_it(source):
    form = form_of(source, name="renamed")

    assert form.is_valid(), form.errors
    form.save()
    assert (Source.objects.get().name, Source.objects.get().password) == ("renamed", SECRET)


def test_a_new_one_replaces_it(source):
    form = form_of(source, password="new one", host="elsewhere.example.org")

    assert form.is_valid(), form.errors
    form.save()
    assert Source.objects.get().password == "new one"


ELSEWHERE = [
    {"host": "evil.example.org"}, {"port": "6666"}, {"database": "other"}, {"username": "other"},
    {"options": '{"sslmode": "disable"}'}, {"kind": "mysql"},
]  # fmt: skip


@pytest.mark.parametrize("changes", ELSEWHERE, ids=str)
def test_it_is_not_sent_to_another_place_than_it_was_given_for(source, changes):
    form = form_of(source, **changes)

    assert not form.is_valid()
    assert "Type the password again" in str(form.errors["password"])
    assert SECRET not in str(form.errors)


@pytest.mark.parametrize("changes", ELSEWHERE, ids=str)
@pytest.mark.parametrize("tool", ["test", "tables"])
def test_nor_is_it_by_a_test_of_the_connection(source, client, changes, tool):
    client.force_login(PersonFactory(is_staff=True, is_superuser=True))
    fields = form_of(source, **changes).data | {"record": source.pk}
    page = client.post(reverse(f"admin:datasets_source_{tool}"), fields).content.decode()

    assert "Type the password again" in page
    fields = form_of(source, **changes, password="typed anew").data | {"record": source.pk}
    page = client.post(reverse(f"admin:datasets_source_{tool}"), fields).content.decode()
    assert "Type the password again" not in page


def test_nor_is_it_by_an_old_version_that_is_brought_back(source, client):
    source.host, source.password = "new.example.org", "of the new host"
    source.save()
    old = source.history.last()
    client.force_login(PersonFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:datasets_source_simple_history", args=[source.pk, old.pk])
    fields = form_of(source, host=old.host).data | {"_change_history": "1"}
    page = client.post(address, fields).content.decode()

    assert "Type the password again" in page
    assert Source.objects.get().host == "new.example.org"


def test_a_kind_without_a_password_keeps_none(source, tmp_path, settings):
    settings.FILES_FOLDER = tmp_path
    (tmp_path / "shop").mkdir()
    form = form_of(source, kind="files")

    assert form.is_valid(), form.errors
    form.save()
    kept = Source.objects.get()
    assert (kept.host, kept.username, kept.password, kept.database) == ("", "", "", "shop")


def test_records_in_files_have_none(source):
    text = serializers.serialize("json", Source.objects.all())

    assert source.name in text
    assert SECRET not in json.loads(text)[0]["fields"].values()
    assert json.loads(text)[0]["fields"]["password"] == ""

"""Passwords of sources: where they are not to be found, and who may send them where."""

import pytest
from django.db import connection

from datasets.errors import SecretUnreadable
from datasets.forms import SourceForm
from datasets.models import Source
from tests.factories.datasets import SourceFactory

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


@pytest.mark.parametrize(
    "changes",
    [{"host": "evil.example.org"}, {"port": "6666"}, {"database": "other"}, {"username": "other"},
     {"options": '{"sslmode": "disable"}'}],
    ids=str,
)  # fmt: skip
def test_it_is_not_sent_to_another_place_than_it_was_given_for(source, changes):
    form = form_of(source, **changes)

    assert not form.is_valid()
    assert "Type the password again" in str(form.errors["password"])
    assert SECRET not in str(form.errors)

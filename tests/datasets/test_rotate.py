"""Keys are changed: all secrets under the first one, none lost, none in sight."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts import encryption
from accounts.models import Action, AuditEvent, Factor
from dashboards import embedding
from dashboards.models import EmbedKey
from datasets import rotate
from datasets.models import Source
from tests.factories.datasets import SourceFactory
from tests.factories.people import PersonFactory

OLD, NEW, OTHER = "o" * 40, "n" * 40, "x" * 40
CANARY = "canary-Xy7"


def run(*options):
    out = StringIO()
    call_command("rotate_secrets", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def two(db, settings):
    """A source and an embedding key, encrypted with the old key."""
    settings.ENCRYPTION_KEYS = [OLD]
    source = SourceFactory(name="crm", password=CANARY)
    SourceFactory(name="open", password="")
    key = EmbedKey(name="Intranet", viewer=PersonFactory(), origins=["https://a.example"])
    secret = embedding.new_key(key)
    key.save()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    return source, secret


def test_all_secrets_are_encrypted_anew_and_the_old_key_can_go(two, settings):
    with pytest.raises(CommandError, match="before you drop"):
        run("--check")
    said = run()
    settings.ENCRYPTION_KEYS = [NEW]

    assert Source.objects.get(name="crm").password == CANARY
    assert Source.objects.get(name="open").password == ""
    assert EmbedKey.objects.get().secret == two[1]
    assert "datasets.Source.password: 0 under the first key, 1 encrypted anew" in said
    assert "dashboards.EmbedKey.secret: 0 under the first key, 1 encrypted anew" in said
    assert CANARY not in said
    assert "1 under the first key, 0 under an older key" in run("--check")
    event = AuditEvent.objects.get(action=Action.SECRETS_ROTATED)
    assert event.details == {"datasets.Source.password": 1, "dashboards.EmbedKey.secret": 1}


def test_a_check_changes_nothing(two):
    def raw():
        with connection.cursor() as cursor:
            cursor.execute("SELECT password FROM datasets_source ORDER BY id")
            return cursor.fetchall()

    before = raw()
    with pytest.raises(CommandError):
        run("--check")

    assert raw() == before


def test_a_second_run_has_nothing_to_do(two):
    run()

    assert "1 under the first key, 0 encrypted anew" in run()
    assert AuditEvent.objects.filter(action=Action.SECRETS_ROTATED).count() == 1


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_secret_that_no_key_opens_is_named_and_stays(two, settings, capsys, options):
    settings.ENCRYPTION_KEYS = [OTHER]
    out = StringIO()
    with pytest.raises(CommandError, match="left as they are"):
        call_command("rotate_secrets", *options, stdout=out)

    assert f"no key opens that of crm ({two[0].pk})" in out.getvalue()
    settings.ENCRYPTION_KEYS = [OTHER, OLD]
    assert Source.objects.get(name="crm").password == CANARY


def test_with_an_error_in_one_record_none_is_changed(two, settings, monkeypatch):
    real, calls = encryption.anew, []

    def fail_later(stored):
        calls.append(stored)
        if len(calls) == 2:
            raise RuntimeError("out of memory")
        return real(stored)

    monkeypatch.setattr(encryption, "anew", fail_later)
    with pytest.raises(RuntimeError):
        rotate.rotate()

    assert [one.older for one in rotate.look() if one.older] == [1, 1]


def test_the_fields_are_found_from_the_models():
    found = {(model, field.name) for model, field in encryption.encrypted_fields()}

    assert {(Source, "password"), (EmbedKey, "secret"), (Factor, "secret")} <= found

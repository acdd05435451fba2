"""A password of a source is on no page, in no file, log, traceback, history or message."""

import json
import logging
from contextlib import suppress
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.messages import MessageFailure
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter, get_exception_reporter_filter

from datasets import cache, refresh, tasks
from datasets.errors import SourceUnavailable
from datasets.models import RefreshRun, Source
from tests.datasets.conftest import source_of
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
CANARY = "kanarienvogel-77"
KINDS = ("postgresql", "mysql")


@pytest.fixture(params=KINDS)
def source(request, warehouse):
    """It does not answer, so all that can be said of it is an error."""
    return SourceFactory(**source_of(kind=request.param, port=1, password=CANARY))


@pytest.fixture
def root(client):
    client.force_login(PersonFactory(is_staff=True, is_superuser=True))
    return client


def fields(source, **changes):
    names = ("name", "kind", "host", "port", "database", "username")
    stored = {name: getattr(source, name) for name in names}
    return {**stored, "options": "{}", "password": "", "record": source.pk} | changes


def test_no_page_of_the_admin_shows_it_neither_when_the_source_fails(root, source, caplog):
    caplog.set_level(logging.DEBUG)
    source.username = "another"
    source.save()
    version = source.history.first()
    dataset = DatasetFactory(source=source)
    name, pages = "admin:datasets_source", []
    for page, *arguments in [("change", source.pk), ("history", source.pk), ("changelist",),
                             ("delete", source.pk), ("simple_history", source.pk, version.pk),
                             ("add",)]:  # fmt: skip
        pages.append(root.get(reverse(f"{name}_{page}", args=arguments)))
    for tool in ("test", "tables"):
        for password in ("", CANARY):
            pages.append(root.post(reverse(f"{name}_{tool}"), fields(source, password=password)))
    pages.append(root.post(reverse(f"{name}_change", args=[source.pk]),
                           fields(source, password=CANARY, port="no number")))  # fmt: skip
    preview = {"source": source.pk, "sql": "SELECT 1 AS a", "record": dataset.pk}
    pages.append(root.post(reverse("admin:datasets_dataset_preview"), preview))

    assert "does not" in pages[6].content.decode()
    for page in pages:
        assert page.status_code == 200
        assert CANARY not in page.content.decode()
        assert CANARY not in str(page.headers)
    assert CANARY not in caplog.text


def test_no_answer_of_the_api_and_no_exported_file_holds_it(root, source):
    dataset = DatasetFactory(source=source, slug="carts")
    for address in ("/api/v1/", "/api/v1/datasets/", f"/api/v1/datasets/{dataset.slug}/"):
        assert CANARY not in root.get(address).content.decode()
    out = StringIO()
    call_command("export_config", all=True, stdout=out)
    call_command("dumpdata", "datasets", stdout=out)

    assert source.name in out.getvalue()
    assert CANARY not in out.getvalue()


def test_a_failed_run_keeps_no_word_of_it_and_its_message_is_a_number(source, caplog):
    caplog.set_level(logging.DEBUG)
    run = refresh.queue(DatasetFactory(source=source))
    tasks.refresh_dataset.delay(run.pk)
    messages = [
        json.loads(message) for message in cache.client().lrange("celery", 0, -1)
    ]  # fmt: skip
    cache.client().delete("celery")
    refresh.refresh(run.pk)

    run = RefreshRun.objects.get(pk=run.pk)
    assert run.state == RefreshRun.State.FAILED
    assert run.error
    for text in (run.error, run.dataset.last_error, str(messages), caplog.text):
        assert CANARY not in text
    assert [message["headers"]["argsrepr"] for message in messages] == [f"({run.pk},)"]


def reported(error, **more) -> str:
    reporter = ExceptionReporter(None, type(error), error, error.__traceback__, **more)
    return reporter.get_traceback_html() + reporter.get_traceback_text()


@pytest.mark.parametrize("ask", ["test", "tables"])
def test_no_traceback_of_a_failed_connection_holds_it(source, ask):
    with pytest.raises(SourceUnavailable) as caught:
        getattr(source.connector, ask)(source)

    assert CANARY not in reported(caught.value)


@pytest.mark.parametrize("odd", ["\ud800", "a\x00b"])
def test_no_traceback_of_an_error_within_the_driver_holds_it(source, odd):
    """One of the kind that nobody foresees: a name that cannot be sent."""
    source.username = odd
    with pytest.raises(SourceUnavailable) as caught:
        source.connector.test(source)

    assert CANARY not in reported(caught.value)


@pytest.mark.parametrize("view", ["changeform_view", "test_view", "tables_view"])
def test_a_report_of_a_broken_page_does_not_hold_what_was_typed(source, view):
    """Django's reports of errors have the values of the form in them."""
    request = RequestFactory().post("/", fields(source, password=CANARY))
    request.user = PersonFactory(is_staff=True, is_superuser=True)
    page = admin.site.get_model_admin(Source)
    with suppress(MessageFailure):  # this request has no place for messages
        getattr(page, view)(request, *([str(source.pk)] if view == "changeform_view" else []))
    shown = get_exception_reporter_filter(request).get_post_parameters(request)

    assert shown["host"] == source.host
    assert CANARY not in str(shown)

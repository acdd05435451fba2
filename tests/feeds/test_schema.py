"""Every call that the description of the API knows, with values made from it: the answers are those
that it promises, and never a fault of the server."""

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.throttling import SimpleRateThrottle
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as promised

from accounts.models import ApiToken
from portal.wsgi import application

ADDRESS = "/api/v1/schema/?format=json"
FUZZ = settings(
    max_examples=20, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
CHECKS = [
    not_a_server_error,
    promised.status_code_conformance,
    promised.content_type_conformance,
    promised.response_schema_conformance,
]
CALLS = [
    "/api/v1/dashboards/", "/api/v1/dashboards/{slug}/", "/api/v1/dashboards/{slug}/data/",
    "/api/v1/dashboards/{slug}/widgets/{widget_id}/data/", "/api/v1/datasets/",
    "/api/v1/datasets/{slug}/", "/api/v1/datasets/{slug}/rows/",
]  # fmt: skip


@pytest.fixture
def one_connection():
    """As Django's own client: a request leaves the connection of the test open."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.fixture
def token(world, monkeypatch, one_connection):
    rates = SimpleRateThrottle.THROTTLE_RATES | {"user": None, "token": None}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    made = ApiToken(user=world.people["superuser"], name="x")
    key = made.issue_key()
    made.save()
    return {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}


@pytest.fixture
def schema(token):
    return schemathesis.openapi.from_wsgi(ADDRESS, application, headers=token)


def test_all_calls_are_looked_at(schema):
    assert sorted(schema) == sorted(CALLS)


@pytest.mark.parametrize("call", CALLS)
def test_every_answer_is_as_described(schema, token, world, call):
    """Half of the calls are of records that are there; else all would be answered by 404."""
    operation, seen = schema[call]["GET"], set()
    slug = world.dataset.slug if "datasets" in call else world.dashboard.slug
    known = {"slug": slug, "widget_id": world.widget.pk}
    there = {name: value for name, value in known.items() if f"{{{name}}}" in call}
    cases = operation.as_strategy(path_parameters=there) if there else operation.as_strategy()

    @FUZZ
    @given(st.one_of(cases, operation.as_strategy()))
    def ask(case):
        answer = case.call_and_validate(headers=token, checks=CHECKS)
        seen.add(answer.status_code)

    ask()
    assert 200 in seen

"""Fixtures of the tests that go through the portal's doors; each folder's conftest takes them."""

from contextlib import nullcontext

import pytest
from django.core.cache import cache as throttles
from django.db import transaction

from accounts import audit
from dashboards import branding
from datasets import cache, policies
from tests.factories.world import World, fetch_world, make_world


@pytest.fixture(autouse=True)
def fresh():
    """Nothing is remembered from another test: neither answers, nor how often somebody asked, nor
    that Redis was away."""
    cache.clear_local()
    cache._down_until = 0.0
    cache.ask(lambda: cache.client().flushdb())
    branding.forget()
    policies._forget_here()
    throttles.clear()


@pytest.fixture(scope="module")
def lasting_world(request, django_db_setup, django_db_blocker):
    """Made once for a module, in a transaction around those of its tests. Transactional tests
    cannot use it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with nullcontext() if "audit" in request.node.path.name else audit.silent():
            make_world()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(lasting_world, db) -> World:
    return fetch_world()


@pytest.fixture
def browser(client):
    """``browser(person)``: a client where the person is logged in; ``browser(None)``: nobody."""

    def log_in(person):
        client.logout()
        if person is not None:
            client.force_login(person)
        return client

    return log_in

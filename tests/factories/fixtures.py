"""Fixtures of the tests that go through the portal's doors; each folder's conftest takes them."""

import pytest
from django.core.cache import cache as throttles

from datasets import cache
from tests.factories.world import World, make_world


@pytest.fixture(autouse=True)
def fresh():
    """Nothing is remembered from another test: neither answers, nor how often somebody asked, nor
    that Redis was away."""
    cache.clear_local()
    cache._down_until = 0.0
    cache.ask(lambda: cache.client().flushdb())
    throttles.clear()


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def browser(client):
    """``browser(person)``: a client where the person is logged in; ``browser(None)``: nobody."""

    def log_in(person):
        client.logout()
        if person is not None:
            client.force_login(person)
        return client

    return log_in

"""The demo shop, loaded once per module."""

import pytest

from portal.demo import server
from tests.portal.demo_shop import END, build, run


@pytest.fixture(scope="module")
def _shop(django_db_setup, django_db_blocker):
    """Loads the shop at ``END``; tests that move it forward load anew."""
    with django_db_blocker.unblock():
        build()
        yield
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {server.DATABASE} WITH (FORCE)")


@pytest.fixture
def shop(db, _shop):
    """A function that runs SQL on the shop as its owner, with the shop as loaded at ``END``."""
    if not server.exists():
        build()
    with server.connect(server.DATABASE) as connection, connection.cursor() as cursor:
        state = server.state(cursor)
    if not state or state["simulated_to"] != END:
        build()
    return run

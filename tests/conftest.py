"""Tests run against the real embedded servers, on a data folder of their own.

They start here, at import, before the settings are loaded, which read PORTAL_DATA. For the same
reason DJANGO_SETTINGS_MODULE is set here: from pyproject.toml, pytest-django would load it first.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django
import pytest
from django.db import connection

from portal.embedded.postgres import Postgres
from portal.embedded.redis import Redis
from portal.embedded.server import lock

DATA = Path(tempfile.mkdtemp(prefix="portal-tests-"))
# Empty and not absent: a developer's .env file must not lead the tests to another database.
os.environ |= {"PORTAL_DATA": str(DATA), "DATABASE_URL": "", "REDIS_URL": ""}
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"


def _start_servers() -> ExitStack:
    stack = ExitStack()
    stack.callback(shutil.rmtree, DATA)
    stack.enter_context(lock(DATA))
    for server in (Postgres(DATA, safe=False), Redis(DATA)):
        server.start()
        stack.callback(server.stop)
    (DATA / "static").mkdir()  # WhiteNoise warns when it is missing
    return stack


SERVERS = _start_servers()
atexit.register(SERVERS.close)
django.setup()

from django.apps import apps  # noqa: E402
from django.db.models.signals import post_migrate  # noqa: E402

from accounts import audit, roles  # noqa: E402

# Tests make the roles that they need; those that the portal ships with are looked at by their own.
post_migrate.disconnect(roles.ensure_shipped, sender=apps.get_app_config("accounts"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    """Where processes share the tests, each has servers of its own, and this one needs none. With
    our environment they would take ours before their conftest starts theirs."""
    for name in ("DJANGO_SETTINGS_MODULE", "PORTAL_DATA"):
        os.environ.pop(name)
    SERVERS.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix():
    """Processes that share the tests have a database server each, so names stay plain."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Transactional tests empty all tables at their end, which PostgreSQL refuses for the audit."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditevent DISABLE TRIGGER audit_no_truncate")


@pytest.fixture(autouse=True)
def _test_settings(settings):
    """Cheap passwords, and static files under their plain names: nothing is collected in tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def _quiet_audit(request):
    """Most tests are about something else, and each record of theirs would be looked at three times
    more. Those of the audit, and what is recorded by name, are as in the portal."""
    if "audit" in request.node.path.name:
        yield
        return
    with audit.silent():
        yield

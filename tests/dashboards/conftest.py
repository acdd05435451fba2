"""The portal's doors, and a real server for its live hub."""

import socket
import subprocess
import threading
import time
from contextlib import closing, contextmanager

import psycopg2
import pytest
import uvicorn
from django.conf import settings
from django.db import connection

from dashboards import live
from datasets import cache
from portal import asgi, embedded
from portal.embedded.redis import program
from tests.factories.fixtures import browser, fresh, lasting_world, world  # noqa: F401
from tests.factories.world import fetch_world, make_world

WAIT = 20  # seconds within which what must come has come; only a failing test waits so long


def eventually(condition):
    end = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < end, "It did not come true."
        time.sleep(0.02)
    return found


@pytest.fixture
def shop(transactional_db):
    make_world()
    return fetch_world()


@pytest.fixture
def hub(monkeypatch):
    """A hub of its own, which looks at rights ten times a second."""
    monkeypatch.setattr(live, "RECHECK", 0.1)
    monkeypatch.setattr(live, "SESSIONS", 0.1)
    made = live.Hub()
    monkeypatch.setattr(asgi, "hub", made)
    return made


@pytest.fixture
def server(shop, hub):
    """host:port of the portal's application."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        options = {"loop": "asyncio", "http": "httptools", "ws": "websockets-sansio"}
        config = uvicorn.Config(asgi.application, log_level="warning", **options)
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        eventually(lambda: running.started)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join(WAIT)
        hub.threads.shutdown(wait=True)
        close_connections_of_threads()


def close_connections_of_threads():
    """Those of the hub's threads keep the test database busy."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )


@pytest.fixture
def own_redis(tmp_path_factory, settings):
    """A Redis that a test may stop and start."""
    path = tmp_path_factory.mktemp("r") / "r.sock"
    command = [str(program()), "--unixsocket", str(path), "--port", "0", "--save", ""]
    running = []

    def start():
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=path.parent)
        running.append(process)
        eventually(path.exists)

    def stop():
        running[-1].kill()
        running[-1].wait()
        path.unlink(missing_ok=True)

    start()
    kept, settings.REDIS_URL, cache._client = cache._client, f"unix://{path}", None
    yield start, stop
    cache._client, cache._down_until = kept, 0.0
    stop()


@contextmanager
def database_away():
    """Nobody but this thread, which is connected already, gets a connection."""
    name = settings.DATABASES["default"]["NAME"]
    folder = str(embedded.socket_folder(settings.DATA_FOLDER))
    with closing(
        psycopg2.connect(host=folder, user=embedded.SUPERUSER, dbname="postgres")
    ) as owner:
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
            close_connections_of_threads()
            try:
                yield
            finally:
                cursor.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')

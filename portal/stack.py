"""All processes of one portal, for `manage.py serve`."""

import hashlib
import http.client
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.core.management import execute_from_command_line

from portal import children, processes, safe_start
from portal.embedded import EmbeddedError
from portal.embedded.postgres import Postgres
from portal.embedded.redis import Redis
from portal.embedded.server import EmbeddedServer, lock
from portal.supervisor import Service, StopRequested, Supervisor
from portal.watchdog import Watchdog

WEB_ANSWER_SECONDS = 60


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(title: str, *, talks: bool = False) -> Iterator[None]:
    """A progress line that gets its time when the work is done, below what the work itself says."""
    print(f"{title} ...", end="\n" if talks else " ", flush=True)
    begin = time.monotonic()
    try:
        yield
    except BaseException as error:
        print("stopped" if isinstance(error, StopRequested) else "failed", flush=True)
        raise
    print(f"{title + ' took ' if talks else ''}{time.monotonic() - begin:.1f} s", flush=True)


def listen(host: str, port: int) -> socket.socket:
    """The one listening socket, which all web processes share: bound first, so that a taken port is
    said before anything else starts, and a web process that restarts loses no connection."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise EmbeddedError(
            f"Port {port} on {host} cannot be used: {error.strerror}. Choose another one: "
            f"`PORT={port + 1} make run` or `python manage.py serve --port {port + 1}`."
        ) from error
    listener.listen(1024)
    return listener


def child(
    name: str,
    work: Callable[[], None],
    *,
    stop_seconds: float = 10,
    pass_fds: Sequence[int] = (),
) -> Service:
    """A service that is a copy of this process at its own work."""

    def start() -> processes.Process:
        return processes.fork(work, f"portal {name}", pass_fds=pass_fds)

    return Service(name, start, stop_seconds=stop_seconds)


def embedded_servers() -> list[EmbeddedServer]:
    servers: list[EmbeddedServer] = []
    if settings.EMBEDDED_DATABASE:
        servers.append(Postgres(settings.DATA_FOLDER))
    if settings.EMBEDDED_REDIS:
        servers.append(Redis(settings.DATA_FOLDER))
    return servers


def prepare(supervisor: Supervisor, *, demo: bool) -> None:
    """Bring the database, the static files and the demo shop up to date."""
    manage(supervisor, "Updating the database", "migrate", "--verbosity", "0")
    stamp, state = settings.DATA_FOLDER / "static.stamp", static_state()
    if not stamp.exists() or stamp.read_text() != state:
        manage(supervisor, "Collecting static files", "collectstatic", "--noinput", "-v", "0")
        stamp.write_text(state)
    if demo:
        manage(supervisor, "Loading the demo shop", "load_demo", "--if-missing", talks=True)


def manage(supervisor: Supervisor, title: str, *arguments: str, talks: bool = False) -> None:
    """Run a command of Django in a copy of this process: what it loads is given back at its end,
    and this process must not connect."""
    with step(title, talks=talks):
        code = supervisor.run_once(
            processes.fork(lambda: _command(arguments), f"portal {arguments[0]}")
        )
        if code != 0:
            raise EmbeddedError(f"`manage.py {' '.join(arguments)}` failed with exit code {code}.")


def _command(arguments: Sequence[str]) -> None:
    sys.argv = ["manage.py", *arguments]  # by which the audit calls it
    execute_from_command_line(sys.argv)


def static_state() -> str:
    """Changes when a static file of ours or a package with static files may have changed."""
    base = settings.BASE_DIR
    paths = [base / "requirements.txt", *base.glob("*/static.py"), *base.glob("*/static/**/*")]
    # The collected files lie below our folder too, unless PORTAL_DATA says otherwise.
    own = [path for path in sorted(paths) if not path.is_relative_to(settings.STATIC_ROOT)]
    lines = [f"{path} {path.stat().st_mtime_ns}" for path in own]
    return hashlib.sha256("\n".join([sys.prefix, *lines]).encode()).hexdigest()


def web_answers(supervisor: Supervisor, listener: socket.socket) -> bool:
    """Wait until a page comes. Connections are accepted from the start, answers take an import."""
    host, port = listener.getsockname()[:2]
    deadline = time.monotonic() + WEB_ANSWER_SECONDS
    while time.monotonic() < deadline:
        supervisor.check_stop()
        supervisor.look_after()
        connection = http.client.HTTPConnection(host, port, timeout=1)
        try:
            connection.request("GET", "/", headers={"Host": "localhost"})
            connection.getresponse()
        except OSError:
            continue  # the time-out of one second: not there yet
        finally:
            connection.close()
        return True
    return False


def announce(listener: socket.socket, *, demo: bool) -> None:
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host.startswith("127.") else host
    say(f"\nThe portal is at http://{shown}:{port}   (Ctrl-C stops it)\n")
    path = settings.DATA_FOLDER / "demo-people.json"
    if demo and path.exists():
        people = json.loads(path.read_text())
        rows = [["Log in as", "Password", "Role", "Sees"]]
        rows += [[p["username"], p["password"], p["role"], p["sees"]] for p in people]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            say(f"  {'   '.join(cells)}")
        say("")


def serve(host: str, port: int, *, demo: bool) -> None:
    """Start everything in order, look after it, and end it in the opposite order."""
    wrong = safe_start.wrong_listener(host, https=settings.HTTPS, plain_http=settings.PLAIN_HTTP)
    if wrong:
        raise EmbeddedError(wrong)
    with ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
        settings.PORT = listener.getsockname()[1]  # the worker prints pages of ours
        stack.enter_context(lock(settings.DATA_FOLDER))
        watchdog = Watchdog(settings.DATABASES["default"])
        supervisor = stack.enter_context(Supervisor(say))

        def look_for_stuck_work() -> None:
            if watchdog.stuck(say):
                say("Work is due and none gets done: restarting the worker and beat.")
                supervisor.restart("worker")
                supervisor.restart("beat")

        supervisor.watchdog = look_for_stuck_work
        for server in embedded_servers():
            with step(f"Starting {server.name}"):
                supervisor.add(
                    Service(server.name, server.start, server.stop_signal, server.stop_seconds)
                )
        prepare(supervisor, demo=demo)
        with step("Starting the web processes, the worker and beat"):
            children.load()
            fd = listener.fileno()
            for number in range(1, settings.WEB_PROCESSES + 1):
                supervisor.add(
                    child(f"web-{number}", lambda: children.web(fd), stop_seconds=8, pass_fds=[fd])
                )
            supervisor.add(child("worker", children.worker))
            supervisor.add(child("beat", children.beat))
            answers = web_answers(supervisor, listener)
        if answers:
            announce(listener, demo=demo)
        else:
            say("The web processes do not answer; see the lines above. They are tried again.")
        supervisor.run()
        say("Stopping ...")
    say("Stopped.")

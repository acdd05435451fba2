"""All processes of one portal: ``python -m portal.stack``, which `manage.py serve` turns into.

It reads the settings as a plain module and never loads Django's apps: it stays for as long as the
portal runs, and so stays small.
"""

import argparse
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal import processes, settings
from portal.embedded import EmbeddedError
from portal.embedded.postgres import Postgres
from portal.embedded.redis import Redis
from portal.embedded.server import EmbeddedServer, lock
from portal.supervisor import Service, StopRequested, Supervisor
from portal.watchdog import Watchdog

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
# Without these, pages that a refresh or a query has freed stay with the process: measured with the
# demo shop, the idle stack takes 690 MiB instead of 570.
MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
WEB_ANSWER_SECONDS = 60


def parser() -> argparse.ArgumentParser:
    """The options of `serve`; the command shows the same ones."""
    options = argparse.ArgumentParser(prog="manage.py serve", description=__doc__)
    add_options(options)
    return options


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
    options.add_argument("--port", type=int, default=settings.PORT, help="0 takes a free one.")
    demo = options.add_mutually_exclusive_group()
    demo.add_argument("--no-demo", action="store_true", help="Start without the demo shop.")
    demo.add_argument(
        "--demo", action="store_true", help="Load the demo shop also into your own DATABASE_URL."
    )


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(title: str, *, talks: bool = False) -> Iterator[None]:
    """A progress line that gets its time when the work is done, below what the work itself says."""
    print(f"{title} ...", end="\n" if talks else " ", flush=True)
    begin = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", flush=True)
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
    module: list[str],
    *,
    stop_seconds: float = 10,
    death_signal: int = signal.SIGTERM,
    fds: Sequence[int] = (),
) -> Service:
    """A service that is one module of ours with its arguments."""

    def start() -> subprocess.Popen[bytes]:
        return processes.spawn(
            [sys.executable, "-m", *module],
            death_signal=death_signal,
            stdin=subprocess.DEVNULL,
            pass_fds=fds,
        )

    return Service(name, start, stop_seconds=stop_seconds)


def embedded_servers() -> list[EmbeddedServer]:
    servers: list[EmbeddedServer] = []
    if settings.EMBEDDED_DATABASE:
        servers.append(Postgres(settings.DATA_FOLDER))
    if settings.EMBEDDED_REDIS:
        servers.append(Redis(settings.DATA_FOLDER))
    return servers


def prepare(supervisor: Supervisor, *, demo: bool) -> None:
    """Bring the database, the static files and the demo shop up to date, each in its own process:
    what they load is given back when they end."""
    manage(supervisor, "Updating the database", "migrate", "--verbosity", "0")
    stamp, state = settings.DATA_FOLDER / "static.stamp", static_state()
    if not stamp.exists() or stamp.read_text() != state:
        manage(supervisor, "Collecting static files", "collectstatic", "--noinput", "-v", "0")
        stamp.write_text(state)
    if demo:
        manage(supervisor, "Loading the demo shop", "load_demo", "--if-missing", talks=True)


def manage(supervisor: Supervisor, title: str, *arguments: str, talks: bool = False) -> None:
    with step(title, talks=talks):
        code = supervisor.run_once([*MANAGE, *arguments])
        if code != 0:
            raise EmbeddedError(f"`manage.py {' '.join(arguments)}` failed with exit code {code}.")


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
    with ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
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
            fd = listener.fileno()
            web = ["portal.web", "--fd", str(fd)]
            supervisor.add(child("web", web, stop_seconds=20, fds=[fd]))
            # On SIGTERM the worker would wait for its tasks, on SIGQUIT it drops them: when we were
            # killed, the database goes too.
            supervisor.add(child("worker", ["portal.worker"], death_signal=signal.SIGQUIT))
            supervisor.add(child("beat", ["portal.beat"]))
            answers = web_answers(supervisor, listener)
        if answers:
            announce(listener, demo=demo)
        else:
            say("The web processes do not answer; see the lines above. They are tried again.")
        supervisor.run()
        say("Stopping ...")
    say("Stopped.")


def main() -> int:
    options = parser().parse_args()
    for name, value in MEMORY.items():
        os.environ.setdefault(name, value)
    exists = (Path(__file__).parent / "management" / "commands" / "load_demo.py").exists()
    demo = exists and not options.no_demo and (options.demo or settings.EMBEDDED_DATABASE)
    try:
        serve(options.host, options.port, demo=demo)
    except StopRequested:
        say("Stopped.")
    except EmbeddedError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

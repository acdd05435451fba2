"""What the portal's own processes do: web, worker, beat.

`portal.stack` loads everything once and forks them, so what all of them only read is in memory
once; loaded apart they take 100 MiB more. Nothing may connect or start a thread before the fork.
"""

import os
import resource
import signal
import warnings
from types import FrameType
from typing import Any, NoReturn

import billiard.util
import pyarrow as pa
import uvicorn
from celery.beat import Service as Beat
from celery.platforms import SecurityWarning
from celery.signals import worker_before_create_process, worker_process_init
from django.conf import settings
from django.urls import get_resolver

from portal import processes
from portal.celery import app
from portal.intake import Protocol

GRACEFUL_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
OPEN_FILES = 16_384  # of a web process: the sockets of open pages, and what their requests open


def load() -> None:
    """Load what the processes would load one by one, and keep their memory small. WhiteNoise lists
    the static files now, so they must have been collected."""
    from portal import asgi  # noqa: F401

    app.loader.import_default_modules()
    _ = get_resolver().url_patterns  # the views and the admin
    # Arrow's other pools keep what a refresh has freed: measured, 75 MiB of the idle stack.
    pa.set_memory_pool(pa.system_memory_pool())
    processes.freeze_memory()


def web(listener: int) -> None:
    """Serve pages and sockets on the listening socket with this file number."""
    from dashboards.live import LARGEST_MESSAGE
    from portal.asgi import application

    _allow_open_files()
    uvicorn.run(
        application,
        fd=listener,
        loop="uvloop",
        http=Protocol,
        ws="websockets-sansio",
        access_log=False,
        server_header=False,
        # Longer than the proxies in front of us keep theirs, or a request meets a closing socket.
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # The hub sends what is compressed already, once for all: doing it again for each socket
        # takes more memory than all else of a socket.
        ws_per_message_deflate=False,
        ws_max_size=LARGEST_MESSAGE * 4,  # characters of up to four bytes
        # Who stands directly in the network must not name his own address, nor say that the
        # connection is safe: only a proxy of ours may.
        proxy_headers=settings.HTTPS,
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        log_level="warning",
        log_config=None,  # its lines go where ours go, without secrets
    )


def worker() -> None:
    """The Celery worker; its pool is forked in turn."""
    arguments: list[str] = ["--quiet", "worker", "--pool", "prefork", "--loglevel", "WARNING"]
    arguments += ["-c", str(settings.WORKER_PROCESSES), "-n", f"portal-{os.getpid()}@%h"]
    # All three talk to other workers and to monitors. There are none: refreshes are leased in
    # PostgreSQL and the watchdog asks there, so this is only Redis traffic that wakes the machine.
    arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    # A child that grew is replaced after its task: Arrow does not give all memory back.
    arguments += ["--max-memory-per-child", "400000"]
    # In a container root is the rule, and the worker takes JSON alone: the warning helps nobody.
    warnings.simplefilter("ignore", SecurityWarning)
    try:
        raise SystemExit(app.start(arguments))
    finally:
        billiard.util._exit_function()  # its folder in /tmp; a copied process runs no other end


def beat() -> None:
    """Celery's clock, with the schedule in the database."""
    service = Beat(
        app,
        max_interval=settings.CELERY_BEAT_MAX_LOOP_INTERVAL,
        scheduler_cls=settings.CELERY_BEAT_SCHEDULER,
    )

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)  # the service writes what it knows when it ends

    signal.signal(signal.SIGTERM, end)
    service.start()


@worker_before_create_process.connect  # type: ignore[untyped-decorator]
def _share_memory(**kwargs: Any) -> None:
    processes.freeze_memory()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _end_with_the_worker(**kwargs: Any) -> None:
    processes.follow(os.getppid(), signal.SIGKILL)


def _allow_open_files() -> None:
    """Many systems start programs with 1,024; up to the hard limit everybody may help himself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

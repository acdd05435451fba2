"""The Celery worker: ``python -m portal.worker``, with its arguments and their reasons."""

import os
import warnings

from celery.platforms import SecurityWarning
from celery.signals import worker_before_create_process

from portal import processes, settings
from portal.celery import app

ARGUMENTS = [
    *["--quiet", "worker", "--pool", "prefork", "-c", str(settings.WORKER_PROCESSES)],
    *["-n", f"portal-{os.getpid()}@%h", "--loglevel", "WARNING"],
    # All three talk to other workers and to monitors. There are none: refreshes are leased in
    # PostgreSQL and the watchdog asks there, so this is only Redis traffic that wakes the machine.
    *["--without-gossip", "--without-mingle", "--without-heartbeat"],
    # A child that grew is replaced after its task: Arrow does not give all memory back.
    *["--max-memory-per-child", "400000"],
]


@worker_before_create_process.connect  # type: ignore[untyped-decorator]
def share_memory(**kwargs: object) -> None:
    processes.freeze_memory()


if __name__ == "__main__":
    # In a container root is the rule, and the worker takes JSON alone: the warning helps nobody.
    warnings.simplefilter("ignore", SecurityWarning)
    app.start(ARGUMENTS)

"""Real Celery workers on the database of the test session, which tests may kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.db import connection

from portal import embedded, processes

DEADLINE = 60  # seconds that a busy machine may take for what must come true
LEASE_SECONDS = 2


def eventually(condition, what: str = "It did not come true."):
    """The condition's first true value; how fast the machine is says nothing about the code."""
    end = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return found


class Worker:
    """One worker process with one child; `kill` ends both, as the kernel does without memory."""

    def __init__(self, log: Path):
        self.log = log
        server = embedded.database_url(settings.DATA_FOLDER).removesuffix(embedded.DATABASE)
        environment = {
            "PATH": os.environ["PATH"],
            "PORTAL_DATA": str(settings.DATA_FOLDER),
            "DATABASE_URL": server + connection.settings_dict["NAME"],
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "SOURCE_NETWORKS": "127.0.0.1/32",  # else none, where a database is named
        }
        command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "--concurrency", "1"]
        command += [
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel",
            "INFO",
        ]
        with log.open("w") as file:
            self.process = processes.spawn(
                command,
                env=environment,
                cwd=settings.BASE_DIR,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        processes.stop(self.process, signal.SIGTERM, 10)

    def said(self) -> str:
        return self.log.read_text()

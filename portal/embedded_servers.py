"""Start and stop the embedded PostgreSQL and Redis as direct children of this process.

Direct children, because only a parent can reap them: under a process 1 that does not, a killed
PostgreSQL stays visible as a zombie and its successor refuses to start.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from portal.embedded import (
    DATABASE,
    POSTGRES_SOCKET,
    REDIS_SOCKET,
    SUPERUSER,
    EmbeddedError,
    data_folder,
    socket_folder,
)
from portal.os_account import Account, server_account
from portal.processes import spawn

POSTGRES_MAJOR = "18"
NEEDED_BYTES = 500 * 2**20
START_SECONDS = 300  # a large database may have much to redo after a crash
LEAVE_SECONDS = 20  # how long servers of a killed portal get to shut down
HBA = f"""\
# Written at each start. The socket lies in a folder that only the portal's owner can enter.
local all all trust
host all {SUPERUSER} 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "max_worker_processes": "4",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
REDIS_SETTINGS = {
    # No file: what Redis holds may be lost at any time, the truth is in PostgreSQL.
    "save": "",
    "appendonly": "no",
    "port": "0",
    "unixsocketperm": "700",
    "databases": "16",
    "maxmemory": "256mb",
    # The broker's messages lie beside the caches, so nothing may be evicted.
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "loglevel": "warning",
    "logfile": "",
}


@contextmanager
def lock(data: Path) -> Iterator[None]:
    """Hold the data folder: one portal at a time. The kernel frees the lock however we end."""
    path = data_folder(data) / "portal.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise EmbeddedError(
                f"Another portal runs on the data folder {data}, pid {file.read().strip() or '?'}. "
                "Stop it, or start this one on its own folder with PORTAL_DATA."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


class Embedded:
    """What both servers share: their folders, their OS account, their log."""

    name: str

    def __init__(self, data: Path):
        self.data = data_folder(data)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.data / "logs" / f"{self.name.lower()}.log"

    def prepare(self) -> Account:
        """Check the disk and make the folders, owned by the account that runs the servers."""
        account = server_account(self.data)
        free = shutil.disk_usage(account.home).free
        if free < NEEDED_BYTES:
            raise EmbeddedError(
                f"{self.name} needs {NEEDED_BYTES >> 20} MB of disk space and {account.home} has "
                f"{free >> 20} MB left. Free some, or name another folder in PORTAL_DATA."
            )
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > 10 * 2**20:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.sockets = account.own_folder(socket_folder(self.data))
        return account

    def spawn(self, command: list[str], account: Account, death_signal: int) -> None:
        with self.log.open("ab") as log:
            self.log_start = log.tell()
            self.process = spawn(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.sockets,
                death_signal=death_signal,
                **account.popen_arguments,
            )

    def log_tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read()[-2000:].decode(errors="replace").strip()

    def wait_until(self, ready: "callable") -> None:
        """Poll `ready` until it is true; a server that ends or never answers is an error."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.process.poll() is not None:
                raise EmbeddedError(
                    f"{self.name} ended at its start with code {self.process.returncode}. "
                    f"{self.log} says:\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(
                    f"{self.name} did not answer within {START_SECONDS} s. {self.log} says:\n"
                    f"{self.log_tail()}"
                )
            time.sleep(0.02)

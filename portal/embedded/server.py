"""What the two embedded servers share: the lock on the data folder, folders, log, start, stop.

They are *direct* children of the caller: only a parent can reap them, and under a process 1 that
does not reap, a killed PostgreSQL stays visible and its successor refuses to start.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import processes
from portal.embedded import EmbeddedError, data_folder, socket_folder
from portal.embedded.account import server_account

NEEDED_BYTES = 500 * 2**20
START_SECONDS = 300  # a large database may have much to redo after a crash
LEAVE_SECONDS = 20  # what the servers of a killed portal get to shut down


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
                "Stop it, or give this one a folder of its own with PORTAL_DATA."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition; False when it did not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def answers(path: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


class EmbeddedServer(ABC):
    """One server of a data folder. The caller holds `lock(data)` while it runs."""

    name: str
    stop_signal: signal.Signals
    stop_seconds = 15.0

    def __init__(self, data: Path):
        self.data = data_folder(data)
        self.log = self.data / "logs" / f"{self.name.lower()}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and return when it answers, or raise `EmbeddedError`."""

    def stop(self) -> None:
        if self.process is not None:
            processes.stop(self.process, self.stop_signal, self.stop_seconds)

    def _prepare(self) -> None:
        """Check the disk, make the folders, forget sockets that nobody listens on any more."""
        self.account = server_account(self.data)
        free = shutil.disk_usage(self.account.home).free
        if free < NEEDED_BYTES:
            raise EmbeddedError(
                f"{self.name} needs {NEEDED_BYTES >> 20} MB of disk space and {self.account.home} "
                f"has {free >> 20} MB left. Free some, or name another folder in PORTAL_DATA."
            )
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > 10 * 2**20:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.sockets = self.account.folder(socket_folder(self.data))

    def _clear_socket(self, path: Path) -> None:
        if not wait_until(lambda: not answers(path), LEAVE_SECONDS):
            raise EmbeddedError(
                f"A server that this portal did not start answers on {path}. Stop it (`fuser` says "
                "its pid), or give the portal a folder of its own with PORTAL_DATA."
            )
        path.unlink(missing_ok=True)

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.log_start = log.tell()
            return processes.spawn(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.sockets,
                # Nothing of ours: PGPORT and its like would change what we start.
                env={"LC_ALL": "C", "PATH": os.defpath},
                death_signal=self.stop_signal,
                **self.account.popen_arguments,
            )

    def _wait_ready(self, ready: Callable[[], bool]) -> None:
        """Wait until the started process answers; one that ends or stays silent is an error."""
        process = self.process
        assert process is not None
        in_time = wait_until(lambda: process.poll() is not None or ready(), START_SECONDS)
        if process.poll() is not None:
            raise self._failed(f"ended at its start with code {process.returncode}")
        if not in_time:
            self.stop()
            raise self._failed(f"did not answer within {START_SECONDS} s")

    def _failed(self, what: str) -> EmbeddedError:
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            tail = log.read()[-2000:].decode(errors="replace").strip()
        return EmbeddedError(f"{self.name} {what}. {self.log} says:\n{tail}")

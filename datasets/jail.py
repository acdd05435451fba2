"""Runs a person's SQL on an in-process engine in a child process that can be limited and killed.

The parent calls `run`; the child is `datasets.jailed`. Neither DuckDB's interrupt nor SQLite's
progress handler stops one huge expression, a dead process does."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets.errors import DatasetError, LimitExceeded, QueryFailed, SourceUnavailable
from datasets.jailed import REFUSED, TOO_MUCH, UNAVAILABLE

SAID: dict[int, type[DatasetError]] = {
    REFUSED: QueryFailed,
    UNAVAILABLE: SourceUnavailable,
    TOO_MUCH: LimitExceeded,
}


@contextmanager
def run(
    request: dict[str, Any], seconds: float, cancel: threading.Event | None = None
) -> Iterator[Any]:
    """The child's Arrow stream as a `pyarrow.RecordBatchReader`; the child is dead afterwards.

    ``request``: engine ("files", "duckdb" or "sqlite"), folder or file, time_zone, and either
    tables or sql, parameters, limit (rows), describe (only names and types)."""
    import pyarrow as pa

    child = subprocess.Popen(
        [sys.executable, "-m", "datasets.jailed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).resolve().parent.parent,
        env={"PATH": "", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"},
    )
    watch = _Watch(child, seconds, cancel)
    try:
        with contextlib.suppress(BrokenPipeError):
            told = json.dumps({**request, "seconds": seconds}, default=str)
            child.stdin.write(told.encode())
            child.stdin.close()
        try:
            reader = pa.ipc.open_stream(child.stdout)
        except pa.ArrowInvalid as error:
            raise watch.reason() from error
        yield pa.RecordBatchReader.from_batches(reader.schema, _batches(reader, watch))
    finally:
        watch.end()


def _batches(reader, watch) -> Iterator[Any]:
    import pyarrow as pa

    try:
        yield from reader
    except (pa.ArrowInvalid, OSError) as error:
        raise watch.reason() from error
    if watch.child.wait() != 0:
        raise watch.reason()


class _Watch:
    """Kills the child at the time limit or when asked, and knows why it ended."""

    def __init__(self, child: subprocess.Popen, seconds: float, cancel: threading.Event | None):
        self.child, self.seconds, self.cancel = child, seconds, cancel
        self.killed = ""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="jail-watchdog", daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        waited = 0.0
        while not self.ended.wait(0.1) and self.child.poll() is None:
            waited += 0.1
            if waited > self.seconds:
                self.killed = f"The query took longer than {self.seconds:g} s."
            elif self.cancel is not None and self.cancel.is_set():
                self.killed = "The query was cancelled."
            if self.killed:
                self.child.kill()

    def reason(self) -> Exception:
        self.child.wait()
        if self.killed:
            return LimitExceeded(self.killed)
        said = self.child.stderr.read().decode(errors="replace")
        if kind := SAID.get(self.child.returncode):
            return kind(said.strip())
        if self.child.returncode < 0 or "MemoryError" in said:
            return LimitExceeded("The query used more memory than it may.")
        last = (said.strip().splitlines() or ["no word"])[-1]
        return QueryFailed(f"The engine's process ended with {last}")

    def end(self) -> None:
        self.ended.set()
        self.child.kill()
        self.child.wait()
        self.thread.join()
        for pipe in (self.child.stdout, self.child.stderr, self.child.stdin):
            pipe.close()

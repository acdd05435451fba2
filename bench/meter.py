"""CPU seconds and memory of a portal's processes, by what they are. Needs /proc."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
MEBIBYTE = 2**20


def family(root: int) -> dict[int, list[int]]:
    """Every living process below `root`, with its children."""
    children = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(entry.name)):
            children[int(fields[1])].append(int(entry.name))
    return children


def services(root: int) -> dict[str, list[int]]:
    """Pids of a portal by service: web, worker, beat, postgres, redis, supervisor."""
    children = family(root)
    found = defaultdict(list, supervisor=[root])
    for child in children[root]:
        found[_name(child)] += _below(child, children)
    return found


def _below(pid: int, children: dict[int, list[int]]) -> list[int]:
    return [pid, *(found for child in children[pid] for found in _below(child, children))]


def _name(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return "gone"
    words = {
        "portal web": "web", "portal worker": "worker", "celeryd": "worker", "portal beat": "beat",
        "bin/postgres": "postgres", "redis-server": "redis",
    }  # fmt: skip
    return next((name for word, name in words.items() if word in command), "other")


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes and of their children that have ended."""
    return sum(sum(map(int, fields[11:15])) for pid in pids if (fields := _stat(pid))) / TICK


def cpu_by_service(root: int) -> dict[str, float]:
    return {name: cpu_seconds(pids) for name, pids in services(root).items()}


def used(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before.get(name, 0.0) for name in after}


def pss(pids: list[int]) -> int:
    """Bytes in memory, a page that n processes share counted as 1/n in each."""
    return sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids) * 1024


def _kilobytes(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


class Peak:
    """The most memory of this process since `start`, above what it had then."""

    def start(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
        self.idle = _kilobytes(os.getpid(), "status", "VmRSS:")

    def above_idle(self) -> int:
        return (_kilobytes(os.getpid(), "status", "VmHWM:") - self.idle) * 1024


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name, which may have blanks and brackets in it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None

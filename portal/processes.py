"""Children that do not outlive us: each in its own group, told by the kernel when we are gone."""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: list[str], *, death_signal: int = signal.SIGTERM, **popen_arguments: Any
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, so that Ctrl-C in a terminal reaches us alone.

    On Linux it gets `death_signal` when the *thread* that started it ends: call this from a thread
    that lives as long as the child should, i.e. the main one."""
    parent = os.getpid()

    def follow_parent() -> None:
        assert LIBC is not None
        if LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) or os.getppid() != parent:
            os._exit(127)

    return subprocess.Popen(
        command, process_group=0, preexec_fn=follow_parent if LIBC else None, **popen_arguments
    )


def stop(process: subprocess.Popen[bytes], stop_signal: int, seconds: float) -> None:
    """Ask a child to end, wait, then kill whatever is left of it and its group."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    kill_group(process)
    process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and all that it started, which may live on when the child was killed."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # nobody left, which is what we want
    except PermissionError:
        pass  # macOS says so when only zombies are left


def processes_in(folder: Path) -> list[int]:
    """Living processes whose working folder this is; empty where the system has no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(folder):  # a zombie has no working folder
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, or of another user
    return found

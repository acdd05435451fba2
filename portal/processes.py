"""Children that do not outlive us: each in its own group, told by the kernel when we are gone."""

import atexit
import ctypes
import gc
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol

from setproctitle import setproctitle

PR_SET_PDEATHSIG = 1
# What the supervisor has handlers for.
HANDLED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Process(Protocol):
    """What we need of a child, be it a `subprocess.Popen` or a `Forked`."""

    pid: int

    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...


class Forked:
    """A copy of this process, with the methods of a `Popen`."""

    def __init__(self, pid: int):
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        begin = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - begin > timeout:
                raise subprocess.TimeoutExpired(f"fork {self.pid}", timeout)
            time.sleep(0.02)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)


def freeze_memory() -> None:
    """Before a fork: later collections leave alone what is here now. They would write to every
    page that parent and children share, and so copy it."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or DuckDB reports all that it finds at the end as leaked


def fork(
    work: Callable[[], None],
    title: str,
    *,
    pass_fds: Sequence[int] = (),
) -> Forked:
    """Do the work in a copy of this process, in a group of its own and with no other open file
    than the named ones, as `spawn` does. `title` is what `ps` shows.

    When we are gone it is killed: our servers go too, so nothing could end in good order. (Asked
    politely, Celery's beat and worker can swallow the request while they start or look for the
    database.)"""
    parent = os.getpid()
    # Until the child has forgotten our handlers, a signal to it would end in one of them.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    try:
        pid = os.fork()
        if pid == 0:
            _work_and_exit(work, title, parent, before, pass_fds)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return Forked(pid)


def _work_and_exit(
    work: Callable[[], None],
    title: str,
    parent: int,
    mask: set[int],
    pass_fds: Sequence[int],
) -> NoReturn:
    code: object = 1
    try:
        os.setpgid(0, 0)
        follow(parent, signal.SIGKILL)
        setproctitle(title)
        signal.set_wakeup_fd(-1)
        _close_files(pass_fds)
        for number in HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        work()
        code = 0
    except SystemExit as ending:
        code = ending.code
    except BaseException:  # noqa: BLE001  (said, and the process ends with it)
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            # Not sys.exit: what our parent planned for its end must not happen in its copy.
            os._exit(0 if code is None else code if isinstance(code, int) else 1)


def _close_files(keep: Sequence[int]) -> None:
    """Above all the lock on the data folder, which would be held for as long as a child lives."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for fd in {int(name) for name in os.listdir("/dev/fd")} - {0, 1, 2, *keep}:
        with suppress(OSError):  # the one that listed them is closed by now
            os.close(fd)


def follow(parent: int, death_signal: int) -> None:
    """In a new child: get this signal when the parent ends; end at once if it has already."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(127)


def spawn(
    command: list[str], *, death_signal: int = signal.SIGTERM, **popen_arguments: Any
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, so that Ctrl-C in a terminal reaches us alone.

    On Linux it gets `death_signal` when the *thread* that started it ends: call this from a thread
    that lives as long as the child should, i.e. the main one."""
    parent = os.getpid()
    return subprocess.Popen(
        command,
        process_group=0,
        preexec_fn=lambda: follow(parent, death_signal),
        **popen_arguments,
    )


def stop(process: Process, stop_signal: int, seconds: float) -> None:
    """Ask a child to end, wait, then kill whatever is left of it and its group."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    kill_group(process)
    process.wait()


def kill_group(process: Process) -> None:
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

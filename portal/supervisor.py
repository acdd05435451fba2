"""Keep a list of child processes alive, and end them in order.

One thread and no polling: a signal (also that of an ended child) wakes the loop. It knows nothing
of the portal; `portal.stack` says what runs.
"""

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType, TracebackType

from portal import processes
from portal.embedded import EmbeddedError

LONGEST_DELAY = 30.0
HEALTHY_SECONDS = 60.0
SAME_REQUEST_SECONDS = 1.0  # `make` and some shells pass on a signal that we also got ourselves


class StopRequested(Exception):
    """Somebody asked us to end while we were starting."""


@dataclass
class Service:
    """A child that is to run for ever. `start` returns when it runs, or raises `EmbeddedError`."""

    name: str
    start: Callable[[], processes.Process]
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 10.0
    process: processes.Process | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    restart_at: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)


class Supervisor:
    """Use as a context: inside it signals are ours, and at its end nothing of ours runs."""

    def __init__(
        self,
        say: Callable[[str], None],
        watchdog: Callable[[], None] | None = None,
        watchdog_seconds: float = 30.0,
    ):
        self.say = say
        self.watchdog = watchdog
        self.watchdog_seconds = watchdog_seconds
        self.services: list[Service] = []
        self.stop_requested_at: float | None = None

    def __enter__(self) -> "Supervisor":
        self._wakened, self._waker = socket.socketpair()
        self._wakened.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_stop_signal)
        # A handler must be there for the ended child to wake us; the loop does the work.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop_all()
        signal.set_wakeup_fd(-1)
        for number in processes.HANDLED:
            signal.signal(number, signal.SIG_DFL)
        self._wakened.close()
        self._waker.close()

    def add(self, service: Service) -> None:
        """Start a service for the first time; from now on it is looked after."""
        self.check_stop()
        self.services.append(service)
        self._start(service)

    def run_once(self, process: processes.Process) -> int:
        """Wait for a process that ends by itself; returns its exit code."""
        while process.poll() is None:
            if self.stop_requested_at is not None:
                processes.stop(process, signal.SIGTERM, 5)
            else:
                self.wait(1.0)
        self.check_stop()
        return process.wait()

    def run(self) -> None:
        """Look after the services until somebody asks us to end."""
        watchdog_at = time.monotonic() + self.watchdog_seconds
        while self.stop_requested_at is None:
            self.look_after()
            if self.watchdog and time.monotonic() >= watchdog_at:
                self.watchdog()
                watchdog_at = time.monotonic() + self.watchdog_seconds
            self.wait(1.0)

    def look_after(self) -> None:
        """Say who died, and start again whose time has come."""
        for service in self.services:
            now = time.monotonic()
            if service.process is None:
                if now >= service.restart_at and self.stop_requested_at is None:
                    self._start_again(service)
            elif service.process.poll() is not None:
                processes.kill_group(service.process)  # what it started must not run twice
                self._plan_restart(service, _ending(service.process.wait()))
            elif now - service.started_at > HEALTHY_SECONDS:
                service.failures = 0

    def restart(self, name: str) -> None:
        """End a service that runs but does not work, and start it again at once."""
        for service in self.services:
            if service.name == name and service.process is not None:
                processes.stop(service.process, service.stop_signal, service.stop_seconds)
                service.process = None
                service.restart_at = 0.0

    def wait(self, seconds: float) -> None:
        """Sleep until a signal comes, at most so long."""
        select.select([self._wakened], [], [], seconds)
        try:
            self._wakened.recv(4096)
        except BlockingIOError:
            pass  # nothing came, the time is over

    def check_stop(self) -> None:
        if self.stop_requested_at is not None:
            raise StopRequested

    def _start(self, service: Service) -> None:
        service.process = service.start()
        service.started_at = time.monotonic()

    def _start_again(self, service: Service) -> None:
        try:
            self._start(service)
        except (EmbeddedError, OSError) as error:
            self._plan_restart(service, f"could not start: {error}")
        else:
            self.say(f"{service.name} runs again, pid {service.process and service.process.pid}.")

    def _plan_restart(self, service: Service, what: str) -> None:
        delay = min(LONGEST_DELAY, 2.0**service.failures)
        service.failures += 1
        service.process = None
        service.restart_at = time.monotonic() + delay
        self.say(f"{service.name} {what}; it starts again in {delay:g} s.")

    def _on_stop_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.stop_requested_at is None:
            self.stop_requested_at = now
        elif now - self.stop_requested_at > SAME_REQUEST_SECONDS:
            for service in self.services:
                if service.process is not None:
                    processes.kill_group(service.process)
            os._exit(128 + number)

    def _stop_all(self) -> None:
        """In reverse order, so that nobody loses a server it still writes to."""
        for service in reversed(self.services):
            if service.process is not None:
                processes.stop(service.process, service.stop_signal, service.stop_seconds)
                service.process = None


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"

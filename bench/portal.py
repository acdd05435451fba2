"""A whole portal in a data folder of its own, started as a person starts it."""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 300
DASHBOARD = "/dashboards/main-analytics/"
PEOPLE = 100
SESSIONS = 1000


class Portal:
    """Use as a context; `start` and `stop` may be called in between."""

    def __init__(self, data: Path):
        self.data = data
        self.process: subprocess.Popen | None = None
        self.port = 0
        self.said = ""
        # Empty and not absent: a developer's .env file must not lead us to another database.
        self.environment = os.environ | {
            "PORTAL_DATA": str(data),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }

    def __enter__(self) -> Portal:
        return self

    def __exit__(self, *exception) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_new(self) -> bool:
        return not (self.data / "sessions.json").exists()

    def prepare(self) -> None:
        """The first start, with the demo shop, and people who are logged in."""
        if self.is_new:
            self.start()
            (self.data / "first-start.log").write_text(self.said)
            sessions = self.inside("sessions", str(PEOPLE), str(SESSIONS))
            (self.data / "sessions.json").write_text(json.dumps(sessions))

    def ensure_running(self) -> None:
        self.prepare()
        if self.process is None:
            self.start()

    def start(self) -> None:
        """Returns when the supervisor says that the portal is there."""
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", "0"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_SECONDS
        while not (found := re.search(r"portal is at http://localhost:(\d+)", self.said)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"The portal does not start:\n{self.said}")
            self.listen(1.0)
        self.port = int(found[1])

    def listen(self, seconds: float) -> None:
        """Take what the portal says for so long; its pipe must not fill up."""
        ready, *_ = select.select([self.process.stdout], [], [], seconds)
        if ready:
            self.said += os.read(self.process.stdout.fileno(), 65536).decode(errors="replace")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            rest, _ = self.process.communicate(timeout=40)
            self.said += rest.decode(errors="replace")
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process = None

    def sessions(self) -> list[str]:
        return json.loads((self.data / "sessions.json").read_text())

    def get(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        wanted = {"Host": f"localhost:{self.port}", "Accept-Encoding": "gzip"}
        wanted |= {"Cookie": f"sessionid={self.sessions()[0]}"} if "Cookie" not in headers else {}
        connection.request("GET", path, headers=wanted | headers)
        response = connection.getresponse()
        try:
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def inside(self, *arguments: str, **environment: str):
        """What `bench.inside` answers, in a new process with Django and this portal's settings."""
        return answer(self.python("bench.inside", *arguments, **environment))

    def python(
        self, module: str, *arguments: str, talk: bool = False, **environment: str
    ) -> subprocess.Popen:
        """A process of ours in this portal's settings; one that we talk with has a stdin."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )


def answer(process: subprocess.Popen):
    """The JSON that a helper process prints last."""
    said, _ = process.communicate(timeout=300)
    if process.returncode:
        raise RuntimeError(f"{process.args} ended with {process.returncode}: {said[-2000:]!r}")
    return json.loads(said.splitlines()[-1])

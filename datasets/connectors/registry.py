"""Kinds of sources. A kind is one module in this package; importing it registers it."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from datasets.errors import LimitExceeded, SourceUnavailable, UnknownKind

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may take from a source."""

    rows: int
    seconds: float
    bytes: int = 2 * 2**30
    cut: bool = False  # whether one row more than allowed is kept, to say that there are more

    def check(self, *, rows: int = 0, bytes: int = 0) -> None:
        if rows > self.rows and not self.cut:
            raise LimitExceeded(
                f"The query gives more than {self.rows:,} rows, the limit of this dataset."
            )
        if bytes > self.bytes:
            raise LimitExceeded(f"The query gives more than {self.bytes:,} bytes.")


@dataclass(frozen=True, slots=True)
class Table:
    name: str  # as it is written in SQL
    columns: list[tuple[str, str]]  # name, the engine's type
    comment: str = ""


@dataclass(slots=True)
class Progress:
    """Shared between a run and who watches it: ``cancel`` stops it, ``rows`` counts up."""

    rows: int = 0
    cancel: threading.Event = field(default_factory=threading.Event)


class Connector(Protocol):
    """Speaks with one kind of source. Methods raise `datasets.errors.DatasetError`."""

    label: str
    dialect: str  # of sqlglot
    uses: tuple[str, ...]  # fields of the Source record that mean something to it

    def check(self, source) -> None:
        """Refuse fields and options that are not allowed; connects to nothing."""

    def test(self, source) -> list[str]:
        """Connect and say what was found: version, rights that are too wide."""

    def tables(self, source) -> list[Table]: ...

    def check_sql(self, source, sql: str, parameters: dict) -> list[str]:
        """Let the engine itself parse and plan the statement; nothing is run. Its columns."""

    def stream(
        self, source, sql: str, parameters: dict, limits: Limits, progress: Progress
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """The rows of the canonical statement, at most ``limits.rows`` + 1 of them."""


_connectors: dict[str, Connector] = {}


def connector(kind: str):
    def register(cls):
        if kind in _connectors:
            raise ValueError(f"Two connectors are named '{kind}'.")
        _connectors[kind] = cls()
        return cls

    return register


def load() -> dict[str, Connector]:
    package = importlib.import_module("datasets.connectors")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"datasets.connectors.{module.name}")
    return _connectors


def get(kind: str) -> Connector:
    known = load()
    if kind not in known:
        raise UnknownKind("kind of source", kind, list(known))
    return known[kind]


def choices() -> list[tuple[str, str]]:
    return [(kind, connector.label) for kind, connector in sorted(load().items())]


def allow_options(options: dict, allowed: dict[str, tuple[str, ...]]) -> None:
    """Raise unless every option is in the allow-list and has one of its values."""
    if not isinstance(options, dict):
        raise SourceUnavailable('Options are written {"name": "value"}.')
    for name, value in options.items():
        if name not in allowed:
            raise SourceUnavailable(
                f"The option '{name}' is not allowed. Allowed: {', '.join(allowed) or 'none'}."
            )
        if str(value) not in allowed[name]:
            raise SourceUnavailable(
                f"The option '{name}' may be {', '.join(allowed[name])}, not '{value}'."
            )

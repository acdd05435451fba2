"""A DuckDB that sees the files of one folder as views, and nothing else of the machine."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import BinaryIO

import duckdb

from datasets.jailed import duck

READERS = {".csv": "read_csv", ".parquet": "read_parquet"}


def answer(request: dict, out: BinaryIO) -> None:
    with duckdb.connect(config=duck.SWITCHES) as connection:
        _views(connection, Path(request["folder"]))
        duck.lock(connection, request["time_zone"])
        duck.answer(connection, request, out)


def _views(connection, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        reader = READERS.get(path.suffix.lower())
        if reader and path.is_file() and not path.is_symlink():
            name = path.stem.replace('"', '""')
            quoted = str(path).replace("'", "''")
            with contextlib.suppress(duckdb.Error):  # a broken file must not hide the others
                connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM {reader}('{quoted}')")
    quoted = str(folder).replace("'", "''")
    connection.execute(f"SET allowed_directories = ['{quoted}/']")

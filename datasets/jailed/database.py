"""A DuckDB database file, opened to be read. Once it is open, nothing else can be opened."""

from __future__ import annotations

from typing import BinaryIO

import duckdb

from datasets.jailed import Unavailable, duck


def answer(request: dict, out: BinaryIO) -> None:
    with connect(request["file"]) as connection:
        duck.lock(connection, request["time_zone"])
        duck.open_nothing_more(connection)
        duck.answer(connection, request, out)


def connect(file: str) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(file, read_only=True, config=duck.SWITCHES)
    except duckdb.Error as error:
        raise Unavailable(f"The file is no DuckDB database that can be read: {error}") from error

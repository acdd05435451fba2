"""A DuckDB database file, opened to be read. Once it is open, nothing else can be opened."""

from __future__ import annotations

import duckdb

from datasets.jailed import Unavailable, duck


def answer(request: dict) -> None:
    try:
        connection = duckdb.connect(request["file"], read_only=True, config=duck.SWITCHES)
    except duckdb.Error as error:
        raise Unavailable(f"The file is no DuckDB database that can be read: {error}") from error
    with connection:
        duck.lock(connection, request["time_zone"], files=False)
        duck.answer(connection, request)

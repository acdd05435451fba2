"""SQLite on a file that is opened to be read and is taken for unchanging (mode=ro, immutable=1).

Layers: the grammar of CREATE VIEW, which takes a query and nothing else; an authorizer that allows
reading of tables, functions without effect and recursion; SQLite's own limits; an end to its
memory and time; and the walls of the child."""

from __future__ import annotations

import os
import resource
import sqlite3
import time
from itertools import chain
from typing import BinaryIO
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute  # noqa: F401  no file can be opened when it is needed

from datasets.denied import SQLITE
from datasets.jailed import MEMORY, Refused, TooMuch, Unavailable, affinity

BATCH = 5000
LOOKED_AT = 20_000  # rows that decide on the type of a column
STEPS = 100_000  # of SQLite's machine between two looks at the clock
LIMITS = {
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LENGTH: 32 * 2**20,  # bytes of one value or row
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 500_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 2000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 200,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 500,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
TABLES = """
    SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY 1, c.cid
"""
SETTINGS = ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "temp_store = MEMORY")
OK, DENY = sqlite3.SQLITE_OK, sqlite3.SQLITE_DENY


def answer(request: dict, out: BinaryIO) -> None:
    os.environ["TZ"] = request["time_zone"]  # of its modifier 'localtime'
    time.tzset()
    connection = connect(request["file"])
    try:
        if request.get("tables"):
            rows = connection.execute(TABLES).fetchall()
            names = ("table_name", "column_name", "data_type")
            return _write(names, [pa.string()] * 3, rows, iter(()), out)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        query(connection, request, out)
    except sqlite3.Error as error:
        raise _told(error, request) from error


def connect(file: str) -> sqlite3.Connection:
    # Set before the first allocation, else SQLite does not count.
    uri = f"file:{quote(file)}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=0)
    connection.text_factory = lambda value: value.decode(errors="replace")
    for limit, value in LIMITS.items():
        connection.setlimit(limit, value)
    try:
        for setting in (*SETTINGS, f"hard_heap_limit = {MEMORY * 2**20}"):
            connection.execute(f"PRAGMA {setting}").fetchall()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise Unavailable(f"The file is no SQLite database that can be read: {error}") from error
    return connection


def query(connection: sqlite3.Connection, request: dict, out: BinaryIO) -> None:
    deadline = time.monotonic() + request["seconds"]
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    columns = _shape(connection, request["shape"])
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(_reading)
    limit = 0 if request.get("describe") else int(request["limit"])
    text = f"SELECT * FROM (\n{request['sql']}\n) LIMIT {limit}"
    cursor = connection.execute(text, request.get("parameters") or {})
    first = cursor.fetchmany(LOOKED_AT)
    values = list(zip(*first, strict=True)) or [()] * len(columns)
    kinds = [affinity.kind_of(declared, column)
             for (_, declared), column in zip(columns, values, strict=True)]  # fmt: skip
    more = iter(lambda: cursor.fetchmany(BATCH), [])
    _write([name for name, _ in columns], kinds, first, more, out)


def _shape(connection: sqlite3.Connection, query: str) -> list[tuple[str, str]]:
    """Names and declared types of the columns; a text that is no query makes no view."""
    connection.execute(f"CREATE TEMP VIEW portal_shape AS\n{query}")
    found = connection.execute("PRAGMA temp.table_info(portal_shape)").fetchall()
    columns = [(name, declared or "") for _, name, declared, *_ in found]
    lower = [name.lower() for name, _ in columns]
    for name in lower:  # SQLite calls a second one a:1
        if lower.count(name) > 1 or name.rpartition(":")[0] in lower and name.endswith(":1"):
            raise Refused(f"Two columns are named {name.removesuffix(':1')}. Rename one with AS.")
    return columns


def _reading(action: int, first: str | None, second: str | None, database: str | None, _) -> int:
    """Called by SQLite for each thing a statement does, while it is compiled."""
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
        return OK
    if action == sqlite3.SQLITE_FUNCTION:
        return DENY if SQLITE.refuse_function(second or "") else OK
    if action == sqlite3.SQLITE_READ:
        name = (first or "").lower()
        if name == "sqlite_master" and second in ("ROWID", "type", "name", "rootpage", "sql"):
            return OK if database == "main" and second == "ROWID" else DENY
        return DENY if SQLITE.refuse_table(database or "", name) else OK
    if action == sqlite3.SQLITE_PRAGMA and (first, second) == ("data_version", None):
        return OK  # full-text search asks whether it changed
    # json_each() declares itself so; nothing is written, the file is opened to be read.
    if action == sqlite3.SQLITE_UPDATE and first == "sqlite_master" and second == "":
        return OK
    return DENY


def _write(names, kinds, first: list[tuple], more, out: BinaryIO) -> None:
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    with pa.ipc.new_stream(out, schema) as writer:
        parts = chain((first[at : at + BATCH] for at in range(0, len(first), BATCH)), more)
        for rows in parts:
            columns = zip(*rows, strict=True)
            arrays = [
                affinity.array(column, kind, name)
                for name, kind, column in zip(names, kinds, columns, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _told(error: sqlite3.Error, request: dict) -> Exception:
    said = str(error)
    if said == "interrupted":
        return TooMuch(f"The query took longer than {request['seconds']:g} s.")
    if "out of memory" in said or "too big" in said:
        return TooMuch("The query used more memory than it may.")
    if said == "not authorized" or said.startswith("access to"):
        return Refused(f"Only reading is allowed: {said}.")
    return Refused(said)

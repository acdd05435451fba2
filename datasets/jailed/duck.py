"""DuckDB with all its switches: what files and databases have in common."""

from __future__ import annotations

import resource
from typing import BinaryIO
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute  # noqa: F401  no file can be opened when it is needed

from datasets.jailed import MEMORY, Refused

SWITCHES = {
    "threads": 2,
    "memory_limit": f"{MEMORY}MB",
    "max_temp_directory_size": "0KB",
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
}
TABLES = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema NOT IN ('information_schema', 'pg_catalog')
    ORDER BY 1, ordinal_position
"""


def lock(connection, time_zone: str) -> None:
    """Close what is left open. Days begin in this time zone."""
    connection.execute(f"SET TimeZone = '{ZoneInfo(time_zone).key}'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def open_nothing_more(connection) -> None:
    connection.sql("SELECT 1").to_arrow_reader(1).read_all()  # loads what it needs from files
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def answer(connection, request: dict, out: BinaryIO) -> None:
    try:
        if request.get("tables"):
            return _send(connection.sql(TABLES), out)
        statements = connection.extract_statements(request["sql"])
        if len(statements) != 1 or statements[0].type.name not in ("SELECT", "SELECT_STATEMENT"):
            raise Refused("Write exactly one SELECT.")
        limit = 0 if request.get("describe") else int(request["limit"])
        wrapped = f"SELECT * FROM (\n{request['sql']}\n) q LIMIT {limit}"
        _send(connection.sql(wrapped, params=request.get("parameters") or None), out)
    except duckdb.Error as error:
        raise Refused(str(error)) from error


def _send(relation, out: BinaryIO) -> None:
    reader = relation.to_arrow_reader(50_000)
    # Instants carry the session's zone, which is only how they would be written.
    schema = pa.schema(
        field.with_type(pa.timestamp(field.type.unit, tz="UTC"))
        if pa.types.is_timestamp(field.type) and field.type.tz
        else field
        for field in reader.schema
    )
    with pa.ipc.new_stream(out, schema) as writer:
        for batch in reader:
            writer.write_batch(batch.cast(schema))

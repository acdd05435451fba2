"""PostgreSQL by psycopg2: checked by the cursor grammar, fetched by COPY into Arrow.

Guards, outermost first: the address (looked up once, checked, connected to), the role (one that
may write is refused), a read-only session with time limits, the grammar of DECLARE CURSOR (it
takes a query and nothing else), the canonical text, and a watchdog that cancels. A session serves
one statement and is closed."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg2
import pyarrow as pa
import pyarrow.csv
from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from psycopg2 import errorcodes

from datasets import sql as sql_core
from datasets.connectors import network
from datasets.connectors.registry import Limits, Progress, Table, allow_options, connector
from datasets.errors import LimitExceeded, QueryFailed, SourceRefused, SourceUnavailable
from datasets.rights import postgresql as rights
from datasets.rights import refuse, told
from datasets.secrets import readable

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OPTIONS = {"sslmode": SSL_MODES, "target_session_attrs": ("any", "read-only", "prefer-standby")}
CONNECT_SECONDS = 5
BUFFER = 256 * 2**10  # bytes of CSV that are handed over at once
BLOCK = 4 * 2**20  # bytes of CSV that become one record batch
MAX_NUMERIC = 38  # digits of Arrow's decimal128
UNCONSTRAINED = 65535  # typmod of numeric without precision, as the driver reports it
TYPES = {
    16: pa.bool_(), 20: pa.int64(), 21: pa.int16(), 23: pa.int32(), 26: pa.int64(),
    700: pa.float32(), 701: pa.float64(), 1082: pa.date32(), 1114: pa.timestamp("us"),
    1184: pa.timestamp("us", tz="UTC"),
}  # fmt: skip
INSTANT = 1184  # timestamp with time zone
NUMERIC = 1700
TABLES = """
    SELECT n.nspname, c.relname, obj_description(c.oid), a.attname, format_type(a.atttypid,
    a.atttypmod) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT IN ('pg_catalog',
    'information_schema')
      AND n.nspname NOT LIKE 'pg_toast%%' AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY 1, 2, a.attnum LIMIT 20000
"""


@connector("postgresql")
class PostgreSQL:
    label = "PostgreSQL"
    dialect = "postgres"
    uses = ("host", "port", "database", "username", "password", "options")

    def check(self, source) -> None:
        allow_options(source.options, OPTIONS)
        if not source.host or not source.database or not source.username:
            raise SourceUnavailable("PostgreSQL needs a host, a database and a user.")
        network.check_host(source.host)
        if rights.names_own_database(source.host, source.port or 5432, source.database):
            raise SourceRefused("This is the portal's own database; it is never a source.")

    def test(self, source) -> list[str]:
        with (
            self._session(source, seconds=CONNECT_SECONDS) as connection,
            connection.cursor() as cursor,
        ):
            version = connection.server_version
            found = rights.beyond_reading(cursor)
        return [
            f"Connected to PostgreSQL {version // 10000}.{version % 10000}.",
            told(source.username, found),
        ]

    def tables(self, source) -> list[Table]:
        with (
            self._session(source, seconds=CONNECT_SECONDS) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(TABLES)
            found: dict[str, Table] = {}
            for schema, name, comment, column, kind in cursor.fetchall():
                full = name if schema == "public" else f"{schema}.{name}"
                table = found.setdefault(full, Table(full, [], comment or ""))
                table.columns.append((column, kind))
        return list(found.values())

    def check_sql(self, source, sql: str, parameters: dict) -> list[str]:
        with (
            self._session(source, seconds=CONNECT_SECONDS) as connection,
            connection.cursor() as cursor,
            _told(),
        ):
            text = cursor.mogrify(sql_core.for_psycopg2(sql), parameters).decode()
            return _arrow_schema(_declare(cursor, text)).names

    @contextmanager
    def stream(
        self, source, sql: str, parameters: dict, limits: Limits, progress: Progress
    ) -> Iterator[pa.RecordBatchReader]:
        with self._session(source, limits.seconds) as connection, connection.cursor() as cursor:
            with _told(limits):
                text = cursor.mogrify(sql_core.for_psycopg2(sql), parameters).decode()
                columns = _declare(cursor, text)
                schema = _arrow_schema(columns)
            inner = f"SELECT {_selected(columns)} FROM ({text}) q LIMIT {limits.rows + 1}"
            copy = f"COPY ({inner}) TO STDOUT (FORMAT csv)"
            with _Copy(connection, copy, schema, limits, progress) as batches:
                yield batches

    @contextmanager
    def _session(self, source, seconds: float):
        """A read-only session that nobody else uses; closed at the end whatever was set in it."""
        connection = _connect(source, seconds)
        try:
            connection.set_session(readonly=True)
            with connection.cursor() as cursor:
                rights.refuse_own_database(cursor)
                refuse(source.username, rights.beyond_reading(cursor))
            connection.rollback()
            _end_with_us(connection)
            yield connection
        finally:
            connection.close()


@sensitive_variables()
def _connect(source, seconds: float):
    password = readable(source.password)
    addresses = network.addresses(source.host)
    try:
        return psycopg2.connect(
            # The name is for the certificate alone: libpq connects to these addresses.
            host=",".join([source.host] * len(addresses)),
            hostaddr=",".join(addresses),
            port=source.port or 5432,
            dbname=source.database,
            user=source.username,
            password=password,
            passfile=os.devnull,  # never the operating system user's own passwords
            connect_timeout=CONNECT_SECONDS,
            application_name=f"portal source {source.pk}",
            options=(
                "-c default_transaction_read_only=on -c lock_timeout=2s "
                f"-c timezone={settings.TIME_ZONE} "  # days in SQL begin as on the pages
                "-c datestyle=ISO -c extra_float_digits=1 "
                "-c idle_in_transaction_session_timeout=60s "
                f"-c statement_timeout={int(seconds * 1000)}"
            ),
            **source.options,
        )
    except psycopg2.OperationalError as error:
        # Without its cause, nor its frames: the driver's hold the password.
        raise SourceUnavailable(f"{source.host} does not let us in: {_plain(error)}") from None
    except ValueError:  # its text may be that of the whole connection, with the password
        raise SourceUnavailable(
            "A field of the source has characters that cannot be sent. Type them again."
        ) from None
    except BaseException as error:
        error.__traceback__ = None
        raise


def _end_with_us(connection) -> None:
    """Let the server stop a query whose client was killed; else it works on to its limit."""
    if connection.server_version < 140000:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET client_connection_check_interval = '2s'")
    except psycopg2.Error:  # not on every system
        connection.rollback()


def _declare(cursor, text: str):
    """Let the server parse and plan the text as a query, and describe its columns."""
    cursor.execute(f"DECLARE gate NO SCROLL CURSOR FOR {text}")
    cursor.execute("FETCH FORWARD 0 FROM gate")
    description = cursor.description
    cursor.execute("CLOSE gate")
    return description


def _selected(description) -> str:
    """The columns as they are sent: instants in UTC, whatever the session's time zone is."""
    names = [(f'"{column.name.replace(chr(34), chr(34) * 2)}"', column) for column in description]
    return ", ".join(
        f"{name} AT TIME ZONE 'UTC' AS {name}" if column.type_code == INSTANT else name
        for name, column in names
    )


def _arrow_schema(description) -> pa.Schema:
    if not description:
        raise QueryFailed("The query gives no columns.")
    # The snapshot's engine does not tell upper from lower case in names.
    names = [column.name.lower() for column in description]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise QueryFailed(f"Two columns are named {', '.join(twice)}. Rename one with AS.")
    return pa.schema([(column.name, _arrow_type(column)) for column in description])


def _arrow_type(column) -> pa.DataType:
    if column.type_code == NUMERIC:
        if column.precision in (None, UNCONSTRAINED) or column.precision > MAX_NUMERIC:
            return pa.float64()
        if not 0 <= column.scale <= column.precision:  # numeric(3, 5), numeric(2, -1)
            return pa.float64()
        return pa.decimal128(column.precision, column.scale)
    return TYPES.get(column.type_code, pa.string())


class _Copy:
    """A COPY whose CSV flows through a pipe into Arrow batches, watched for time and cancelling."""

    def __init__(
        self, connection, statement: str, schema: pa.Schema, limits: Limits, progress: Progress
    ):
        self.connection, self.statement, self.schema = connection, statement, schema
        self.limits, self.progress = limits, progress
        self.error: BaseException | None = None
        self.sent = 0

    def __enter__(self) -> pa.RecordBatchReader:
        read_end, write_end = os.pipe()
        self.source = os.fdopen(read_end, "rb")
        self.sink = os.fdopen(write_end, "wb", buffering=BUFFER)
        self.done = threading.Event()
        self.copier = threading.Thread(target=self._copy, name="copy", daemon=True)
        self.watchdog = threading.Thread(target=self._watch, name="copy-watchdog", daemon=True)
        self.copier.start()
        self.watchdog.start()
        return pa.RecordBatchReader.from_batches(self.schema, self._batches())

    def __exit__(self, *exception):
        self.source.close()  # a copier that still writes gets EPIPE and ends
        if exception[0] is not None and not self.done.is_set():
            self.connection.cancel()
        self.copier.join()
        self.done.set()
        self.watchdog.join()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._parsed()
        except pa.ArrowInvalid as error:
            self._raise_copy_error()
            raise QueryFailed(self._misfit(str(error))) from error
        self.copier.join()
        self._raise_copy_error()

    def _misfit(self, said: str) -> str:
        found = re.search(r"column #(\d+): .*?'(.*?)'", said)
        if not found:
            return f"A value does not fit its column's type: {said}"
        name = self.schema.names[int(found[1])]
        return (
            f"The column '{name}' holds '{found[2]}', which a snapshot cannot keep as "
            f"{self.schema.field(name).type}. Cast it to text, or make it NULL."
        )

    def _parsed(self) -> Iterator[pa.RecordBatch]:
        if not self.source.peek(1):
            return
        instants = {pa.timestamp("us", tz="UTC"): pa.timestamp("us")}
        sent = pa.schema([(f.name, instants.get(f.type, f.type)) for f in self.schema])
        convert = pyarrow.csv.ConvertOptions(
            column_types=sent,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,  # NULL is an unquoted nothing, '' is quoted
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        )
        read = pyarrow.csv.ReadOptions(
            column_names=self.schema.names, block_size=BLOCK, use_threads=False
        )
        # An empty line is a row: the NULL of a single column.
        parse = pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
        with pyarrow.csv.open_csv(
            self.source, read_options=read, parse_options=parse, convert_options=convert
        ) as batches:
            for batch in batches:
                self.progress.rows += batch.num_rows
                self.limits.check(rows=self.progress.rows)
                yield batch.cast(self.schema)

    def _copy(self) -> None:
        try:
            with self.connection.cursor() as cursor, _told(self.limits):
                cursor.copy_expert(self.statement, self)
                self.sink.flush()
        except BaseException as error:  # noqa: BLE001  raised again in the thread that reads
            self.error = error
        finally:
            self.done.set()
            with suppress(BrokenPipeError):  # what is left in the buffer has no reader any more
                self.sink.close()

    def write(self, data: bytes) -> None:
        """Called by the driver with each row, so every line here is worth half a second."""
        self.sent += len(data)
        if self.sent > self.limits.bytes:
            self.limits.check(bytes=self.sent)
        self.sink.write(data)

    def _watch(self) -> None:
        """Cancel at the time limit (a session's own limit can be changed by a query) or when
        asked."""
        waited = 0.0
        while not self.done.wait(0.2):
            waited += 0.2
            if self.progress.cancel.is_set() or waited > self.limits.seconds + 1:
                self.connection.cancel()

    def _raise_copy_error(self) -> None:
        if self.done.wait(5) and self.error is not None:
            raise self.error


@contextmanager
def _told(limits: Limits | None = None):
    """The driver's errors as ours, with the position where the server knows it."""
    try:
        yield
    except psycopg2.errors.QueryCanceled as error:
        seconds = f" after {limits.seconds:g} s" if limits else ""
        raise LimitExceeded(f"The source was told to stop{seconds}: {_plain(error)}") from error
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise SourceUnavailable(f"The connection broke: {_plain(error)}") from error
    except psycopg2.Error as error:
        failure = QueryFailed(_plain(error))
        failure.position = _position(error)
        raise failure from error


def _position(error: psycopg2.Error) -> int | None:
    """Where in our statement the server saw the error, from 0, without the words put before it."""
    position = error.diag.statement_position
    prefix = len("DECLARE gate NO SCROLL CURSOR FOR ")
    return int(position) - 1 - prefix if position and int(position) > prefix else None


def _plain(error: psycopg2.Error) -> str:
    diagnostics = getattr(error, "diag", None)
    message = (diagnostics and diagnostics.message_primary) or str(error)
    if error.pgcode in (errorcodes.UNDEFINED_COLUMN, errorcodes.UNDEFINED_TABLE, None):
        hint = diagnostics.message_hint if diagnostics else None
        message = f"{message}. {hint}" if hint else message
    return " ".join(message.split())

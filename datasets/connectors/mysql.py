"""MySQL and MariaDB by PyMySQL, streamed by an unbuffered cursor into Arrow.

Guards, outermost first: the address (looked up once, checked, connected to), the user (one that may
do more than SELECT is refused), a read-only transaction with time limits and a fixed SQL mode (so
that quotes mean what the parser took them for), the brackets of a derived table (they take a query
and nothing else), the canonical text, one statement per message, and a watchdog that kills the
query. The driver never reads local files and never sends the password in the clear. A session
serves one statement and is closed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pymysql
from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from pymysql.constants import CR, ER
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from datasets import sql as sql_core
from datasets.connectors import mysql_columns, network
from datasets.connectors.registry import Limits, Progress, Table, allow_options, connector
from datasets.errors import LimitExceeded, QueryFailed, SourceUnavailable
from datasets.rights import mysql as rights
from datasets.rights import refuse, told
from datasets.secrets import readable

SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
CONNECT_SECONDS = 5
BATCH = 10_000  # rows
UNKNOWN_ZONE = 1298
STOPPED = {ER.QUERY_INTERRUPTED, ER.LOCK_WAIT_TIMEOUT, 1969, 3024}  # the last two: out of time
LOST = {CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, CR.CR_CONN_HOST_ERROR}
OWN = ("mysql", "performance_schema", "sys", "information_schema")
TABLES = """
    SELECT t.TABLE_NAME, t.TABLE_COMMENT, c.COLUMN_NAME, c.COLUMN_TYPE
    FROM information_schema.TABLES t JOIN information_schema.COLUMNS c
      ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
    WHERE t.TABLE_SCHEMA = DATABASE() ORDER BY 1, c.ORDINAL_POSITION LIMIT 20000
"""
# Quotes and backslashes as the parser reads them, whatever the server's own mode is.
MODE = """IF(FIND_IN_SET('ONLY_FULL_GROUP_BY', @@sql_mode),
    'ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION', 'NO_ENGINE_SUBSTITUTION')"""


@connector("mysql")
class MySQL:
    label = "MySQL, MariaDB"
    dialect = "mysql"
    uses = ("host", "port", "database", "username", "password", "options")

    def check(self, source) -> None:
        allow_options(source.options, {"sslmode": SSL_MODES})
        if not source.host or not source.database or not source.username:
            raise SourceUnavailable("MySQL needs a host, a database and a user.")
        if source.database.lower() in OWN:
            raise SourceUnavailable(
                f"'{source.database}' is a database of the server itself; name one of your own."
            )
        network.check_host(source.host)

    def test(self, source) -> list[str]:
        with _session(source, CONNECT_SECONDS) as session:
            found, wide = rights.beyond_reading(session.cursor)
            name = "" if "MariaDB" in session.version else "MySQL "
            lines = [f"Connected to {name}{session.version}.", told(source.username, found)]
            if wide:
                lines.append(f"Warning: the user {source.username} reads all databases, also "
                             "the server's own. Grant SELECT on one database.")  # fmt: skip
            if session.zone != settings.TIME_ZONE:
                lines.append(
                    f"Warning: the server does not know the time zone {settings.TIME_ZONE}, so "
                    "days in SQL begin at midnight UTC. Load its zones with mysql_tzinfo_to_sql."
                )
        return lines

    def tables(self, source) -> list[Table]:
        with _session(source, CONNECT_SECONDS) as session:
            session.cursor.execute(TABLES)
            found: dict[str, Table] = {}
            for name, comment, column, kind in session.cursor.fetchall():
                table = found.setdefault(_text(name), Table(_text(name), [], _text(comment)))
                table.columns.append((_text(column), _text(kind)))
        return list(found.values())

    def check_sql(self, source, sql: str, parameters: dict) -> list[str]:
        with _session(source, CONNECT_SECONDS) as session, _told():
            return session.columns(session.filled(sql, parameters)).names

    @contextmanager
    def stream(
        self, source, sql: str, parameters: dict, limits: Limits, progress: Progress
    ) -> Iterator[pa.RecordBatchReader]:
        with _session(source, limits.seconds) as session, _Watch(session, limits, progress):
            with _told(limits):
                text = sql_core.keep_order(sql, self.dialect, limits.rows + 1)
                text = session.filled(text, parameters)
                columns = session.columns(text)
                session.cursor.execute(
                    f"SELECT {columns.selected} FROM (\n{text}\n) AS q LIMIT {limits.rows + 1}"
                )
            batches = _batches(session, columns, limits, progress)
            yield pa.RecordBatchReader.from_batches(columns.schema, batches)


def _batches(session, columns, limits: Limits, progress: Progress) -> Iterator[pa.RecordBatch]:
    size = 0
    while True:
        with _told(limits):
            rows = session.cursor.fetchmany(BATCH)
        if not rows:
            return
        progress.rows += len(rows)
        limits.check(rows=progress.rows)
        batch = columns.batch(rows)
        size += batch.nbytes
        limits.check(bytes=size)
        yield batch


class _Session:
    """One connection for one statement."""

    def __init__(self, source, seconds: float):
        self.source, self.seconds = source, seconds
        self.connection = _connect(source, seconds)
        # MariaDB says 5.5.5- before its own version, for clients of old.
        self.version = self.connection.get_server_info().removeprefix("5.5.5-")
        self.cursor = self.connection.cursor()
        self.zone = self._set_up()

    def _set_up(self) -> str:
        """Limits, mode and zone of the session; the zone that it got."""
        seconds = max(0.001, self.seconds)
        limit = (
            f"max_statement_time = {seconds}"
            if "mariadb" in self.version.lower()
            else f"max_execution_time = {int(seconds * 1000)}"
        )
        self.cursor.execute(
            f"SET SESSION sql_mode = {MODE}, {limit}, lock_wait_timeout = 2, "
            "innodb_lock_wait_timeout = 2, group_concat_max_len = 1048576, autocommit = 1"
        )
        zone = settings.TIME_ZONE
        try:
            self.cursor.execute("SET SESSION time_zone = %s", [zone])
        except pymysql.Error as error:
            if error.args[0] != UNKNOWN_ZONE:
                raise
            zone = "UTC"
            self.cursor.execute("SET SESSION time_zone = '+00:00'")
        self.cursor.execute("SET SESSION TRANSACTION READ ONLY")
        self.cursor.execute("START TRANSACTION READ ONLY")
        return zone

    def filled(self, sql: str, parameters: dict) -> str:
        """The statement with its values, escaped by the driver; instants in the session's zone."""
        local = {
            name: value.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
            if isinstance(value, datetime) and value.tzinfo
            else value
            for name, value in parameters.items()
        }
        return self.cursor.mogrify(sql_core.pyformat(sql, "mysql"), local)

    def columns(self, text: str) -> mysql_columns.Columns:
        """Let the server parse and plan the text within brackets, and describe its columns."""
        self.cursor.execute(f"SELECT * FROM (\n{text}\n) AS gate LIMIT 0")
        fields = self.cursor._result.fields  # the description leaves out sign and character set
        self.cursor.fetchall()
        return mysql_columns.Columns(fields)

    def kill(self) -> None:
        """Stop the query at the server by a second connection; cut the wire if that fails."""
        try:
            with _connect(self.source, CONNECT_SECONDS) as other, other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {int(self.connection.thread_id())}")
        except pymysql.Error:
            self.cut()

    def cut(self) -> None:
        with suppress(OSError, AttributeError):  # closed meanwhile
            self.connection._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if (result := self.cursor._result) is not None:
            result.unbuffered_active = False  # else it would read all that is left
        self.cursor.connection = None
        with suppress(pymysql.Error):
            self.connection.close()


@contextmanager
def _session(source, seconds: float) -> Iterator[_Session]:
    """A read-only session that nobody else uses; closed at the end whatever was set in it."""
    with _told():
        session = _Session(source, seconds)
    try:
        with _told():
            found, _ = rights.beyond_reading(session.cursor)
        refuse(source.username, found)
        yield session
    finally:
        session.close()


class _InTheClear:
    """In place of those of the driver's log-ins that send the password as it is."""

    def __init__(self, connection):
        pass

    def authenticate(self, packet):
        raise pymysql.OperationalError(
            CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "The server asks for the password in the clear."
        )


@sensitive_variables()
def _connect(source, seconds: float) -> pymysql.Connection:
    host, port = source.host, source.port or 3306
    try:
        connection = pymysql.Connection(
            host=host,
            port=port,
            user=source.username,
            password=readable(source.password).encode(),
            database=source.database,
            charset="utf8mb4",
            conv={kind: write for kind, write in encoders.items() if not isinstance(kind, int)},
            cursorclass=SSCursor,
            read_timeout=seconds + CONNECT_SECONDS,
            write_timeout=CONNECT_SECONDS,
            local_infile=False,
            program_name=f"portal source {source.pk}",
            auth_plugin_map={"mysql_clear_password": _InTheClear, "dialog": _InTheClear},
            defer_connect=True,
            **_tls(source.options.get("sslmode", "prefer")),
        )
        connection.connect(_socket(source.host, port))
    except pymysql.Error as error:
        # Without its cause, nor its frames: the driver's hold the password.
        raise SourceUnavailable(f"{host} does not let us in: {_plain(error)}") from None
    except ValueError:  # its text may be that of the whole connection, with the password
        raise SourceUnavailable(
            "A field of the source has characters that cannot be sent. Type them again."
        ) from None
    except BaseException as error:
        error.__traceback__ = None
        raise
    return connection


def _socket(host: str, port: int) -> socket.socket:
    """Connected to one of the host's checked addresses."""
    last: OSError | None = None
    for address in network.addresses(host):
        try:
            made = socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError as error:
            last = error
            continue
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    raise SourceUnavailable(f"{host} does not answer at port {port}: {last}")


def _tls(mode: str) -> dict:
    if mode == "disable":
        return {"ssl_disabled": True}
    if mode == "prefer":
        return {}
    context = ssl.create_default_context()
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


class _Watch:
    """Kills the query at the time limit (the server's own can be beaten) or when asked."""

    def __init__(self, session: _Session, limits: Limits, progress: Progress):
        self.session, self.limits, self.progress = session, limits, progress
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="mysql-watchdog", daemon=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *exception):
        self.done.set()
        self.thread.join()

    def _watch(self) -> None:
        waited = 0.0
        while not self.done.wait(0.2):
            waited += 0.2
            if self.progress.cancel.is_set() or waited > self.limits.seconds + 1:
                self.session.kill()
                if not self.done.wait(3):
                    self.session.cut()
                return


@contextmanager
def _told(limits: Limits | None = None):
    """The driver's errors as ours."""
    try:
        yield
    except pymysql.Error as error:
        code = error.args[0] if error.args else None
        if code in STOPPED:
            seconds = f" after {limits.seconds:g} s" if limits else ""
            raise LimitExceeded(f"The source was told to stop{seconds}: {_plain(error)}") from error
        if code in LOST or isinstance(error, pymysql.InterfaceError):
            raise SourceUnavailable(f"The connection broke: {_plain(error)}") from error
        raise QueryFailed(_plain(error)) from error


def _plain(error: pymysql.Error) -> str:
    return " ".join(str(error.args[-1] if error.args else error).split())


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""

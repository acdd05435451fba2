"""Where the embedded PostgreSQL and Redis of a data folder live, and the secrets beside them.

The settings import this module, so it is cheap and starts nothing; `portal.embedded_servers` does.
"""

import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

SUPERUSER = DATABASE = "portal"
# The kernel takes 107 bytes for the path of a unix socket (103 on macOS), the name included.
LONGEST_SOCKET_PATH = 100
# PostgreSQL names its socket after its TCP port, which may change from start to start; a link under
# the default name keeps the URL the same for all processes.
POSTGRES_SOCKET = ".s.PGSQL.5432"
REDIS_SOCKET = "redis.sock"
# Not tempfile.gettempdir(): processes with another TMPDIR must find the sockets too. The folder in
# it is refused when somebody else made it.
TEMPORARY = Path("/tmp")  # noqa: S108  # nosec B108


class EmbeddedError(Exception):
    """An embedded server or a secret cannot be used: what is wrong where, and what to do."""


def database_url(data: Path) -> str:
    """The URL of the embedded database, as django-environ wants it for a socket folder."""
    return f"postgres://{SUPERUSER}@/{quote(str(socket_folder(data)))}/{DATABASE}"


def redis_url(data: Path) -> str:
    """The URL of the embedded Redis. It names no database: redis-py and kombu then take 0."""
    return f"unix://{quote(str(socket_folder(data) / REDIS_SOCKET))}"


def socket_folder(data: Path) -> Path:
    """The folder of both sockets: in the data folder, or under /tmp where that path is too long."""
    folder = Path(os.path.abspath(data)) / "run"
    # libpq reads a comma as a list of hosts.
    if len(os.fsencode(folder / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH and "," not in str(folder):
        return folder
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return TEMPORARY / f"portal-{os.getuid()}-{mark}"


def postgres_port(data: Path) -> int:
    """The TCP port on 127.0.0.1 at which roles with a password reach the embedded PostgreSQL."""
    path = Path(data) / "postgres.port"
    try:
        return int(path.read_text())
    except FileNotFoundError:
        raise EmbeddedError(
            f"The embedded PostgreSQL has not run yet: there is no {path}. Start the portal with "
            "`python manage.py serve` first."
        ) from None


def data_folder(data: Path) -> Path:
    """The data folder, made with access for its owner alone when it is missing."""
    data = Path(os.path.abspath(data))
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {data} cannot be made: {error.strerror}. Name one that this user may "
            "write in the environment variable PORTAL_DATA."
        ) from error
    return data


def secret(data: Path, name: str) -> str:
    """The secret in the file `name` of the data folder, made by whichever process asks first."""
    path = data_folder(data) / name
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(50))
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text().strip()
    except OSError as error:
        raise EmbeddedError(
            f"The secret {path} cannot be read or made: {error.strerror}. Start the portal as the "
            "owner of this folder, or name another one in PORTAL_DATA."
        ) from error
    if mode & 0o077:
        raise EmbeddedError(
            f"The secret {path} may be read by other users (mode {mode:04o}), so they may know it. "
            f"Delete it to get a new one, or, if nobody else was here, run `chmod 600 {path}`."
        )
    if len(text) < 32:
        raise EmbeddedError(
            f"The secret {path} is damaged: it has {len(text)} characters. Restore it from your "
            "backup. (A new encryption key cannot read the stored passwords of your sources.)"
        )
    return text


def _write_once(path: Path, text: str) -> None:
    """Write the file unless it exists. A link appears with its content or not at all, so a process
    that comes second never reads half a secret."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # O_EXCL, 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass  # the other process was first, and its secret is read by both
    finally:
        os.unlink(temporary)

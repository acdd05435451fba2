"""Which OS user runs the embedded servers, and where that user can reach its files.

PostgreSQL refuses to run as root. Started by root, which containers often do, the servers run as
the system user `portal-postgres`; started by anybody else they run as that user.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.embedded import TEMPORARY, EmbeddedError

USER = "portal-postgres"
# For a data folder that USER cannot reach, e.g. below /root: the servers' files then lie here and
# links in the data folder lead to them. Opening root's home for others is not ours to do.
ELSEWHERE = Path("/var/lib/portal-postgres")


@dataclass(frozen=True)
class Account:
    """`home` is the folder that takes the servers' files; `uid` is None when it is our own."""

    data: Path
    home: Path
    uid: int | None = None
    gid: int | None = None

    @property
    def popen_arguments(self) -> dict[str, Any]:
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Whether the account may enter all folders above `path`, and read and enter it."""
        if self.uid is None:
            return True
        above = all(self._allows(folder, stat.S_IXOTH) for folder in path.parents)
        return above and self._allows(path, stat.S_IROTH | stat.S_IXOTH)

    def _allows(self, path: Path, bits: int) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            bits <<= 6
        elif status.st_gid == self.gid:
            bits <<= 3
        return status.st_mode & bits == bits

    def folder(self, path: Path) -> Path:
        """Make `path` a folder that only this account (and root) can enter; its real place."""
        real = Path(os.path.realpath(path))
        if self.home != self.data and path.parent == self.data and not path.is_symlink():
            if path.exists():
                raise EmbeddedError(
                    f"The user {USER}, who runs PostgreSQL for root, cannot reach {path} any more. "
                    f"Allow others to pass the folders above it (chmod o+x), or move {self.data}."
                )
            real = self.home / path.name
            path.symlink_to(real)
        self._make(real)
        return real

    def _make(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
        wanted = os.getuid() if self.uid is None else self.uid
        # A folder under /tmp may have been put there by somebody else.
        if owner not in (wanted, os.getuid()) and folder.is_relative_to(TEMPORARY):
            raise EmbeddedError(f"{folder} belongs to another user (uid {owner}). Remove it.")
        folder.chmod(0o700)
        if owner != wanted:
            self.own(folder)

    def own(self, folder: Path) -> None:
        """Give a folder and all in it to the account: a new container may number users anew."""
        if self.uid is not None and self.gid is not None:
            for name, folders, files in os.walk(folder):
                for path in [name, *(os.path.join(name, entry) for entry in folders + files)]:
                    os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def program(self, path: Path, base: Path, parts: list[Path]) -> Path:
        """`path` where the account can run it: there, or in a copy of these `parts` of `base`.

        A virtual environment below /root, or one made with umask 077, cannot be entered."""
        if self.reaches(path):
            return path
        copy = self.home / "programs" / f"{path.name}-{int(path.stat().st_mtime)}"
        if not copy.exists():
            unfinished = copy.with_name(f"{copy.name}.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in parts:
                target = unfinished / part.relative_to(base)
                target.parent.mkdir(parents=True, exist_ok=True)
                if part.is_dir():
                    shutil.copytree(part, target, symlinks=True)
                else:
                    shutil.copy(part, target)
            self.own(unfinished)
            unfinished.rename(copy)
            copy.parent.chmod(0o711)
        return copy / path.relative_to(base)


def server_account(data: Path) -> Account:
    """The account for the servers of this data folder; made on the first start as root."""
    if os.getuid() != 0:
        return Account(data, data)
    user = _system_user()
    here = Account(data, data, user.pw_uid, user.pw_gid)
    if all(here._allows(folder, stat.S_IXOTH) for folder in data.parents):
        if not here._allows(data, stat.S_IXOTH):
            # Passing through, for this one group: what lies in the folder stays unlisted.
            os.chown(data, -1, user.pw_gid)
            data.chmod(stat.S_IMODE(data.stat().st_mode) | stat.S_IXGRP)
        return here
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    elsewhere = Account(data, ELSEWHERE / mark, user.pw_uid, user.pw_gid)
    elsewhere.home.mkdir(parents=True, exist_ok=True)
    ELSEWHERE.chmod(0o711)
    elsewhere.home.chmod(0o711)
    return elsewhere


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        pass  # the first start as root on this machine
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not useradd:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and there is no `useradd` here to make the user "
            f"{USER} for it. Start the portal as an ordinary user, or make that user."
        )
    made = subprocess.run(
        [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        + ["--shell", "/usr/sbin/nologin", USER],
        capture_output=True,
        text=True,
    )
    if made.returncode not in (0, 9):  # 9: another portal has just made it
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and the user {USER} could not be made for it: "
            f"{made.stderr.strip()}. Start the portal as an ordinary user, or make that user."
        )
    return pwd.getpwnam(USER)

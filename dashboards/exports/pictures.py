"""PNG and PDF: the portal's own print page, seen by the system's Chromium as the person sees it.

The browser runs below a program of its own (`dashboards.exports.printer`), which ends with us, with
our patience, or when the person cancels; the session that it is given lives as long."""

from __future__ import annotations

import html
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Max
from django.http.request import validate_host
from django.urls import reverse

from accounts import backends, signing_in
from dashboards import bar, definition
from dashboards.choices import View
from dashboards.errors import ExportRefused
from datasets import formats

if TYPE_CHECKING:
    from dashboards.exports.content import Progress
    from dashboards.models import Export

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
MISSING = "Pictures need Chromium on the portal's machine, for example: apt-get install chromium."
SECONDS = 180  # for all of a picture
SESSION_SECONDS = SECONDS + 60
PREFIX = "portal-print-"
LOOPBACK = "127.0.0.1"


@cache
def _found() -> str:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), "")


def browser() -> str:
    """The path of Chromium; empty where there is none."""
    return settings.CHROMIUM or _found()


def require_browser() -> None:
    if not browser():
        raise ExportRefused(MISSING)


def take(export: Export, view: View, path: Path, progress: Progress) -> None:
    """Print the export's cards into ``path``. Raises `ExportRefused`."""
    require_browser()
    with _session(export.owner) as session:
        request = {
            "browser": browser(), "host": _host(), "loopback": LOOPBACK, "port": settings.PORT,
            "address": _address(export), "format": export.format, "path": str(path),
            "headers": _headers(session), "seconds": SECONDS,
            "alone": export.widget_id is not None, "foot": _foot(export, view),
        }  # fmt: skip
        said = _print(request, progress)
    if progress.stopped():
        raise ExportRefused("The export was cancelled.")
    if said or not path.exists():
        raise ExportRefused(f"The picture could not be made: {said or 'Chromium ended early.'}")


def _address(export: Export) -> str:
    """The print page: one card, all tabs for paper, the tab in view for a picture."""
    slug = export.dashboard.slug
    if export.widget_id:
        path = reverse("print-card", args=[slug, export.widget_id])
    else:
        path = reverse("print", args=[slug])
    every = "cards=all" if export.format == "pdf" else ""
    return f"{path}?{'&'.join(part for part in (export.query, every) if part)}"


def _headers(session: str) -> dict[str, str]:
    """Of all that the browser asks, which is the portal alone. On this machine it comes without
    TLS, so a browser would keep no cookie that asks for it."""
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    return cookie | ({"X-Forwarded-Proto": "https"} if settings.HTTPS else {})


def _host() -> str:
    """A name under which the portal answers; the browser is told that it is this machine."""
    allowed = settings.ALLOWED_HOSTS
    if validate_host(LOOPBACK, allowed):
        return LOOPBACK
    return next((name.lstrip(".") for name in allowed if name.strip(".")), LOOPBACK)


def _foot(export: Export, view: View) -> str:
    """What stands below each page besides its number."""
    zone, locale = definition.zone_and_locale(view.viewer)
    card = [export.widget.title] if export.widget else []
    found = export.dashboard.widgets.aggregate(newest=Max("dataset__current_snapshot__as_of"))
    newest = found["newest"]
    of = [f"Data of {formats.text(newest, '', locale, zone)}"] if newest else []
    return html.escape(" - ".join([export.dashboard.title, *card, *of, bar.compared(view)]))


@contextmanager
def _session(person: Any) -> Iterator[str]:
    """A session of this person for the time of one print."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = backends.PATH
    store[signing_in.PROVIDER] = True  # whoever asked has given what is required
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.set_expiry(SESSION_SECONDS)
    store.create()
    try:
        yield store.session_key
    finally:
        store.delete()


def _print(request: dict[str, Any], progress: Progress) -> str:
    """Run the printer; what went wrong, empty when nothing did."""
    # Not below the data folder: the browser makes sockets, whose paths must be short.
    own = Path(tempfile.mkdtemp(prefix=PREFIX))
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(own), "TMPDIR": str(own)}
    child = subprocess.Popen(
        [sys.executable, "-m", "dashboards.exports.printer"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=settings.BASE_DIR, env=environment, start_new_session=True,
    )  # fmt: skip
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_read, args=(child.stdout, lines), daemon=True)
    reader.start()
    deadline, said = time.monotonic() + SECONDS, ""
    try:
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()  # and left open: its end tells the printer that we are gone
        while child.poll() is None or not lines.empty():
            if progress.stopped():
                return "cancelled"
            if time.monotonic() > deadline:
                return f"it took longer than {SECONDS} s."
            try:
                told = json.loads(lines.get(timeout=0.2))
            except queue.Empty:
                continue
            said = told.get("error", said)
            progress.done, progress.total = told.get("progress", (progress.done, progress.total))
        return said
    except BrokenPipeError:
        return "the printer did not start."
    finally:
        child.stdin.close()  # it ends its browser and itself
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        reader.join()
        child.stdout.close()
        _clear(own)


def clean_up(seconds: float) -> None:
    """Drop what browsers of workers that were killed left, when it is older than that."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # of another user, or gone meanwhile
            if path.stat().st_mtime < time.time() - seconds:
                shutil.rmtree(path, ignore_errors=True)


def _clear(folder: Path) -> None:
    """A browser that is ending still writes into its profile."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.2)


def _read(stream, lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line)

"""Exports: ask for a file, make it, cancel it, take it away again.

The row of an `Export` is moved on only by guarded updates, so that of a worker that ends and a
person who cancels one wins. The worker reads as the person who asked, with that person's rights at
that moment."""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import Q, Sum
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone

from accounts import audit
from accounts.audit import Action
from dashboards import choices, filters
from dashboards.errors import DashboardError, ExportRefused
from dashboards.exports import content, pictures
from dashboards.models import Dashboard, Export, Widget
from datasets.errors import DatasetError

log = logging.getLogger(__name__)

State = Export.State
KEEP_FILE, KEEP_RECORD = timedelta(hours=24), timedelta(days=90)
SILENT = timedelta(seconds=60)  # a worker that shows no sign of life for so long is gone
UNTAKEN = timedelta(minutes=30)  # a message that no worker took up in this time was lost
ROOM_SECONDS = 2
ORPHANED = timedelta(hours=2)  # longer than any work takes: what no record owns then is rubbish
BEAT_SECONDS = 1.0
ACTIVE_MOST = 3  # of one person at once
KEPT_MOST = 2 * 1024**3  # bytes of one person's files
GONE = "The dashboard is not shared with you any more."
FULL = (
    f"Your exports of the last day take {KEPT_MOST // 1024**3} GiB, which is all that is kept for "
    "one person. Wait until the oldest are gone: each is kept for "
    f"{KEEP_FILE // timedelta(hours=1)} hours."
)


def may_export(user, dashboard: Dashboard) -> bool:
    """Whether this person may take the dashboard's data away."""
    if not user.has_perm("dashboards.export_dashboard"):
        return False
    return Dashboard.objects.visible_to(user).filter(pk=dashboard.pk).exists()


def folder() -> Path:
    return Path(settings.DATA_FOLDER) / "exports"


def ask(
    user, dashboard: Dashboard, wanted: str, *, widget: Widget | None, query: str, origin: str = ""
) -> Export:
    """A queued export; `tasks.export` makes it. Raises `ExportRefused` or `ChoiceRefused`."""
    if wanted not in Export.Format.values:
        raise ExportRefused(f"There is no format '{wanted[:20]}'.")
    if len(query) > Export._meta.get_field("query").max_length:
        raise ExportRefused("Too much is chosen for an export; choose fewer values.")
    if not filters.is_text(query):
        raise ExportRefused("The choices have a character that no text has; choose them anew.")
    choices.look(dashboard, user, dict(QueryDict(query).lists()))
    if wanted in content.PICTURES:
        content.require_browser()
    with transaction.atomic():
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        if user.exports.filter(state__in=Export.ACTIVE).count() >= ACTIVE_MOST:
            raise ExportRefused(f"{ACTIVE_MOST} exports of yours are under way; wait for one.")
        if _kept_bytes(user) >= KEPT_MOST:
            raise ExportRefused(FULL)
        export = Export.objects.create(
            owner=user, dashboard=dashboard, widget=widget, format=wanted, query=query,
            origin=origin[:200],
        )  # fmt: skip
        _tell(Action.EXPORT_ASKED, export)
        return export


def _tell(action: str, export: Export, **more) -> None:
    """Who takes what away, for the audit."""
    chosen = dict(QueryDict(export.query).lists())
    audit.record(
        action, export.widget or export.dashboard, person=export.owner, within=export.dashboard,
        details={"export": export.pk, "format": export.format, "chosen": chosen, **more},
    )  # fmt: skip


def tell_download(export: Export) -> None:
    _tell(Action.DOWNLOADED, export, file=export.name, bytes=export.bytes)


def _kept_bytes(user) -> int:
    """Of the files that are still there; `clean_up` takes their name from the record."""
    return user.exports.exclude(file="").aggregate(kept=Sum("bytes"))["kept"] or 0


def cancel(export: Export) -> bool:
    """Stop it; its worker notices within a second."""
    return _end(export, State.CANCELLED)


def has_room() -> bool:
    """Whether one more may be made now: of several workers one is left for refreshes."""
    alive = Export.objects.filter(state=State.RUNNING, seen_at__gt=timezone.now() - SILENT)
    return alive.count() < max(1, settings.WORKER_PROCESSES - 1)


def make(export_id: int) -> None:
    """Make the file of a queued export. A second call for the same one does nothing."""
    mine = Export.objects.filter(pk=export_id, state=State.QUEUED)
    if not mine.update(state=State.RUNNING, seen_at=Now()):
        return
    export = Export.objects.select_related("owner", "dashboard", "widget").get(pk=export_id)
    folder().mkdir(parents=True, exist_ok=True)
    place = tempfile.TemporaryDirectory(dir=folder(), prefix="work-", ignore_cleanup_errors=True)
    with place as work, _Beat(export) as beat:
        try:
            if not may_export(export.owner, export.dashboard):
                raise ExportRefused(GONE)
            made = content.write(export, Path(work), beat)
        except (DashboardError, DatasetError) as error:
            _end(export, State.FAILED, str(error))
            return
        except BaseException:
            _end(export, State.FAILED, "The export failed; the log of the portal says why.")
            raise
        close_old_connections()
        _publish(export, made)


def _publish(export: Export, made: content.Made) -> None:
    """The file under its lasting name, unless the export was cancelled or given up."""
    file = f"{secrets.token_hex(16)}{made.path.suffix}"
    size = made.path.stat().st_size
    made.path.rename(folder() / file)
    done = {"file": file, "name": made.name, "bytes": size, "error": made.note[:500]}
    with transaction.atomic():
        kept = _end(export, State.DONE, **done)
        if kept:
            _tell(Action.EXPORTED, export, file=made.name, bytes=size, rows=made.rows)
    if not kept:
        (folder() / file).unlink(missing_ok=True)


def _end(export: Export, state: str, error: str = "", **fields) -> bool:
    active = Export.objects.filter(pk=export.pk, state__in=Export.ACTIVE)
    fields = {"error": error[:500]} | fields
    return bool(active.update(state=state, finished_at=Now(), **fields))


def give_up_lost() -> int:
    """Exports whose worker is gone, or that none took up."""
    now = timezone.now()
    silent = Q(state=State.RUNNING, seen_at__lt=now - SILENT)
    untaken = Q(state=State.QUEUED, created_at__lt=now - UNTAKEN)
    error = "The export was interrupted; ask for it again."
    lost = Export.objects.filter(silent | untaken)
    return lost.update(state=State.FAILED, finished_at=Now(), error=error)


def clean_up() -> None:
    """Drop files after a day, and whatever no record owns; records stay longer, as they say who
    took what away."""
    now = timezone.now()
    old = Export.objects.filter(finished_at__lt=now - KEEP_FILE).exclude(file="")
    for export in old:
        path_of(export).unlink(missing_ok=True)
        Export.objects.filter(pk=export.pk).update(file="")
    known = set(Export.objects.exclude(file="").values_list("file", flat=True))
    for path in folder().glob("*"):
        if path.name not in known and path.stat().st_mtime < time.time() - ORPHANED.total_seconds():
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    pictures.clean_up(ORPHANED.total_seconds())
    Export.objects.filter(finished_at__lt=now - KEEP_RECORD).delete()


def path_of(export: Export) -> Path:
    return folder() / export.file


class _Beat:
    """Says in the record, from a thread of its own, that the worker lives and how far it is; learns
    there that it shall stop."""

    def __init__(self, export: Export):
        self.export, self.done, self.total = export, 0, 0
        self.over, self.cancelled = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, name="export", daemon=True)

    def stopped(self) -> bool:
        return self.cancelled.is_set()

    def __enter__(self) -> _Beat:
        self.thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self.over.set()
        self.thread.join()

    def _run(self) -> None:
        mine = Export.objects.filter(pk=self.export.pk, state=State.RUNNING)
        try:
            while not self.over.wait(BEAT_SECONDS):
                close_old_connections()
                try:
                    alive = mine.update(seen_at=Now(), done=self.done, total=self.total)
                except DatabaseError as error:  # it may be back before the export is given up
                    log.warning("Export %s cannot say it lives: %s", self.export.pk, error)
                    continue
                if not alive:
                    self.cancelled.set()
                    return
        finally:
            connection.close()

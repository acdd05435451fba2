"""What an export holds: the cards, as their viewer has chosen, in the format that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from dashboards import bar, choices, definition, render
from dashboards.choices import View
from dashboards.errors import DashboardError, ExportRefused
from dashboards.exports import cells, pictures
from dashboards.exports.files import ENDS, Excel, Job, Written, write_csv, write_zip
from dashboards.exports.rows import Rows
from dashboards.models import Export
from datasets import formats
from datasets.errors import DatasetError

Format = Export.Format
PICTURES = (Format.PNG, Format.PDF)
STEPS = 100  # of the progress of a card
require_browser = pictures.require_browser


class Progress(Protocol):
    """Where an export says how far it is, and learns that it shall stop."""

    done: int
    total: int

    def stopped(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Made:
    path: Path
    name: str  # of the download
    note: str = ""  # what the person should know of it
    rows: int | None = None  # of pictures nobody knows


def write(export: Export, work: Path, progress: Progress) -> Made:
    """The file of an export, in the folder ``work``. Raises `DashboardError` or `DatasetError`."""
    view = choices.look(
        export.dashboard, export.owner, dict(QueryDict(export.query).lists())
    )  # fmt: skip
    zone, locale = definition.zone_and_locale(export.owner)
    day = timezone.now().astimezone(ZoneInfo(zone)).date()
    title = str(export.widget or export.dashboard)
    ending = "zip" if export.format == Format.CSV and not export.widget_id else export.format
    path, name = work / f"export.{ending}", cells.file_name(title, day, ending)
    if export.format in PICTURES:
        pictures.take(export, view, path, progress)
        return Made(path, name)
    tables = _Tables(view, export, progress)
    if export.format == Format.XLSX:
        file = Excel(path)
        written = [file.add(rows, tables.job) for rows in tables]
        file.close(facts(export, view, tables), written + tables.failed, locale)
    elif export.widget_id:
        written = [write_csv(rows, path, tables.job) for rows in tables]
    else:
        written = write_zip(iter(tables), path, tables.job, day)
    note = _note(written, tables.failed, progress, locale)
    return Made(path, name, note, sum(one.rows for one in written))


def _note(written: list[Written], failed: list[Written], progress: Progress, locale: str) -> str:
    if progress.stopped():
        raise ExportRefused("The export was cancelled.")
    if not written:
        raise ExportRefused(failed[0].error if failed else "There are no cards to export.")
    parts = [f"Not in it: {', '.join(f'{one.title} ({one.error})' for one in failed)}"]
    many = partial(formats.count, locale=locale)
    cut = sum(one.cut for one in written)
    longer = f"{many(cut)} texts are longer than a cell of Excel and were cut; CSV has them whole."
    more = [
        f"{one.title} has {many(one.rows)} rows, on {len(one.sheets)} sheets."
        for one in written
        if len(one.sheets) > 1
    ]
    ended = [f"{one.title}: {many(one.rows)} rows, {ENDS}." for one in written if one.ends]
    return " ".join([*(parts if failed else []), *more, *ended, *([longer] if cut else [])])


class _Tables:
    """The rows of the cards, one after the other; those that cannot be read are kept apart."""

    def __init__(self, view: View, export: Export, progress: Progress):
        self.viewer, self.progress = view.viewer, progress
        self.cards = cards(view, export)
        self.failed: list[Written] = []
        self.read: list[Rows] = []
        self.expected: int | None = None
        self.job = Job(progress.stopped, self._advance)
        progress.total = STEPS * len(self.cards)

    def __iter__(self) -> Iterator[Rows]:
        for place, card in enumerate(self.cards):
            if self.progress.stopped():
                return
            self.progress.done = place * STEPS
            try:
                rows = Rows(card)
                rows.columns  # noqa: B018  (or a wrong formula is found too late)
                self.expected = rows.expected()
            except (DashboardError, DatasetError) as error:
                said = render.told(card.widget, self.viewer, error)
                self.failed.append(Written(card.widget.title, error=said))
                continue
            self.read.append(rows)
            yield rows

    def _advance(self, rows: int) -> None:
        begin = self.progress.done // STEPS * STEPS
        part = rows * STEPS // self.expected if self.expected else STEPS // 2
        self.progress.done = begin + min(part, STEPS - 1)


def cards(view: View, export: Export) -> list[render.Card]:
    """The card that is exported, or all of the dashboard, tab after tab."""
    found = render.cards(view, to_make=True, all_tabs=True)
    if export.widget_id:
        return [card for card in found if card.widget.pk == export.widget_id]
    tabs = {tab.pk: place for place, tab in enumerate(view.tabs)}
    return sorted(found, key=lambda card: tabs.get(card.widget.page_id, 0))


def facts(export: Export, view: View, tables: _Tables) -> list[tuple[str, str]]:
    """What the sheet about the file says."""
    zone, locale = definition.zone_and_locale(export.owner)
    address = reverse("dashboard", args=[export.dashboard.slug])
    query = f"?{view.query}" if view.query else ""
    found = [("Dashboard", export.dashboard.title)]
    found += [("Card", export.widget.title)] if export.widget else []
    found += [("Link", f"{export.origin}{address}{query}")]
    found += [(label, bar.capital(text)) for label, text in chosen(view, locale)]
    found += [("Period and time zone", bar.compared(view))]
    datasets = {rows.card.widget.dataset.name: rows.as_of for rows in tables.read}
    found += [(f"Data of {name}", clock(as_of, zone)) for name, as_of in datasets.items()]
    person = export.owner
    found += [("Exported by", person.get_full_name() or person.get_username())]
    return [*found, ("Exported at", clock(timezone.now(), zone))]


def chosen(view: View, locale: str) -> list[tuple[str, str]]:
    """Filters and clicked marks in words."""
    found = [(one.label, bar.said(one, view.values[one.name], locale)) for one in view.filters]
    for pick in view.chosen.picks:
        values = ", ".join(value or "(empty)" for value in pick.values)
        found.append((f"Clicked: {pick.column}", values))
    return found


def clock(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"

"""Tables as files: CSV, a ZIP of several, and Excel. Rows pass through and are not held."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dashboards import render
from dashboards.exports import cells
from dashboards.exports.rows import Column, Rows
from datasets import formats

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_575  # of an Excel sheet below its header; more go on in another sheet
LONGEST_TEXT = 32_767  # characters of an Excel cell
WIDEST, MEASURED_ROWS = 60, 1000
CUT = " [cut: longer than a cell of Excel]"
ENDS = "as many as the card shows; more of them take a right to the rows of its dataset"


@dataclass(slots=True)
class Job:
    """Who is told how far it is, and who is asked whether to go on."""

    stopped: Callable[[], bool] = lambda: False
    done: Callable[[int], None] = lambda rows: None  # after each batch of a card


@dataclass(slots=True)
class Written:
    """What a card became: for the sheet about the file, and for the person."""

    title: str
    rows: int = 0
    sheets: list[str] = field(default_factory=list)
    cut: int = 0  # texts that did not fit
    error: str = ""
    ends: bool = False  # after the rows that its card shows
    about: str = ""  # its period, and what it does not follow


def write_csv(rows: Rows, path: Path, job: Job) -> Written:
    """UTF-8 with a byte order mark, by which Excel knows it; one line of headings."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        return _csv(rows, file, job)


def _csv(rows: Rows, file: TextIO, job: Job) -> Written:
    writer = csv.writer(file)
    written = Written(rows.title)
    writer.writerow([cells.in_csv(column.heading) for column in rows.columns])
    for batch in rows.batches(job.stopped):
        writer.writerows([cells.plain(cell) for cell in row] for row in batch)
        written.rows += len(batch)
        job.done(written.rows)
    written.ends = rows.ends
    return written


def write_zip(tables: Iterator[Rows], path: Path, job: Job, day: date) -> list[Written]:
    """One CSV file per card."""
    found: list[Written] = []
    taken: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for rows in tables:
            name = cells.file_name(rows.title, day, "csv", taken)
            with (
                archive.open(name, "w", force_zip64=True) as raw,
                io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file,
            ):
                found.append(_csv(rows, file, job))
    return found


class Excel:
    """An Excel file: a sheet about it first, then one sheet per card."""

    def __init__(self, path: Path):
        import xlsxwriter

        self.book: Workbook = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                "strings_to_numbers": False, "tmpdir": str(path.parent),
            },
        )  # fmt: skip
        self.taken: set[str] = set()
        self.about = self._sheet("About")
        self.bold = self.book.add_format({"bold": True})
        header = {"bold": True, "bottom": 1, "bottom_color": "#8a93a2", "bg_color": "#f1f3f6"}
        self.header = self.book.add_format(header | {"valign": "vcenter"})

    def _sheet(self, title: str) -> Worksheet:
        return self.book.add_worksheet(cells.sheet_name(title, self.taken))

    def add(self, rows: Rows, job: Job) -> Written:
        """The sheet of a card; as many as its rows need."""
        written = Written(rows.title, about=render.about(rows.card))
        sheet = _Sheet(self, rows.columns, written)
        for batch in rows.batches(job.stopped):
            for row in batch:
                if sheet.rows == MOST_ROWS:
                    sheet.finish()
                    sheet = _Sheet(self, rows.columns, written)
                sheet.write(row)
            job.done(written.rows)
        sheet.finish()
        written.ends = rows.ends
        return written

    def close(self, facts: list[tuple[str, str]], written: list[Written], locale: str) -> None:
        """Write the first sheet, whose facts are known last."""
        sheet, wrap = self.about, self.book.add_format({"text_wrap": True, "valign": "top"})
        top = self.book.add_format({"bold": True, "valign": "top"})
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 1, 80)
        sheet.set_column(2, 2, 40)
        sheet.hide_gridlines(2)
        for at, (name, text) in enumerate(facts):
            sheet.write_string(at, 0, cells.safe(name), top)
            sheet.write_string(at, 1, cells.safe(text)[:LONGEST_TEXT], wrap)
        at = len(facts) + 1
        for place, heading in enumerate(
            ("Card", "Rows and sheet", "Period, and filters that it does not follow")
        ):
            sheet.write_string(at, place, heading, self.header)
        for one in written:
            at += 1
            sheet.write_string(at, 0, cells.safe(one.title), top)
            sheet.write_string(at, 1, cells.safe(_told(one, locale)), wrap)
            sheet.write_string(at, 2, cells.safe(one.about), wrap)
        self.book.close()


def _told(one: Written, locale: str) -> str:
    if one.error:
        return one.error
    rows = "1 row" if one.rows == 1 else f"{formats.count(one.rows, locale)} rows"
    sheets = f"{'sheets' if len(one.sheets) > 1 else 'sheet'} {', '.join(one.sheets)}"
    many = formats.count(one.cut, locale)
    cut = f"; {many} texts are longer than a cell of Excel and end with '{CUT.strip()}'"
    return f"{rows}, {sheets}" + (f"; {ENDS}" if one.ends else "") + (cut if one.cut else "")


class _Sheet:
    """One sheet while its rows come."""

    def __init__(self, file: Excel, columns: list[Column], written: Written):
        self.columns, self.written, self.rows = columns, written, 0
        self.sheet = file._sheet(written.title)
        written.sheets.append(self.sheet.get_name())
        self.formats = [file.book.add_format(_look(column)) for column in columns]
        # The arrow of the filter stands in the cell of the heading.
        self.widths = [len(column.heading) + 4 for column in columns]
        for place, column in enumerate(columns):
            self.sheet.write_string(0, place, cells.safe(column.heading), file.header)
        self.sheet.freeze_panes(1, 0)

    def write(self, row: list[Any]) -> None:
        self.rows += 1
        self.written.rows += 1
        for place, cell in enumerate(row):
            if cell is not None:
                self._cell(place, cell)

    def _cell(self, place: int, cell: Any) -> None:
        at, look = (self.rows, place), self.formats[place]
        width = 12
        match cell:
            case bool():
                self.sheet.write_boolean(*at, cell)
            case int() | float() if abs(cell) < cells.EXACT or isinstance(cell, float):
                self.sheet.write_number(*at, cell, look)
                width = len(f"{cell:,.2f}") + len(self.columns[place].unit)
            case datetime() if cell.date() >= cells.FIRST_DAY:
                self.sheet.write_datetime(*at, cell.replace(tzinfo=None), look)
                width = 19
            case date() if not isinstance(cell, datetime) and cell >= cells.FIRST_DAY:
                self.sheet.write_datetime(*at, cell, look)
            case str():
                text = cells.safe(cell)
                if len(text) > LONGEST_TEXT:
                    text = text[: LONGEST_TEXT - len(CUT)] + CUT
                    self.written.cut += 1
                self.sheet.write_string(*at, text)
                width = len(text)
            case _:  # what a spreadsheet has no number for
                self.sheet.write_string(*at, cells.plain(cell))
                width = len(cells.plain(cell))
        if self.rows <= MEASURED_ROWS:
            self.widths[place] = max(self.widths[place], width + 2)

    def finish(self) -> None:
        for place, width in enumerate(self.widths):
            self.sheet.set_column(place, place, min(width, WIDEST))
        if self.columns:
            self.sheet.autofilter(0, 0, self.rows, len(self.columns) - 1)


def _look(column: Column) -> dict[str, str]:
    match column.kind:
        case "number":
            look = cells.number_format(column.pattern, column.unit, whole=column.whole)
            return {"num_format": look if look != "General" else "#,##0.00"}
        case "integer":
            return {"num_format": cells.number_format(column.pattern, column.unit)}
        case "date":
            return {"num_format": "yyyy-mm-dd"}
        case "datetime":
            return {"num_format": "yyyy-mm-dd hh:mm:ss"}
    return {}

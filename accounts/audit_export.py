"""Audit events as files. Every text stands as a text: no program takes what people wrote for a
formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC

from django.db.models import QuerySet

from accounts.audit_words import kind_label
from accounts.formulas import in_csv, safe

#: Kind of file -> events that one holds at most: measured, 8 s and 100 MB for CSV.
MOST = {"csv": 50_000, "xlsx": 10_000}
LONGEST_CELL = 32_000  # characters; Excel takes few more
HEADINGS = ["when (UTC)", "action", "person", "acting_as", "kind", "key", "name", "note", "changes",
            "details", "address", "agent", "session", "via", "request"]  # fmt: skip


def rows(events: QuerySet) -> Iterator[list[str]]:
    for event in events.defer("words").iterator(1000):
        changes, details = (json.dumps(value, ensure_ascii=False) if value else ""
                            for value in (event.changes, event.details))  # fmt: skip
        yield [
            f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}", event.get_action_display(),
            event.person, event.acting_as, kind_label(event.kind), event.key, event.name,
            event.note, changes, details, event.address or "", event.agent, event.session,
            event.via, event.request,
        ]  # fmt: skip


def as_csv(events: QuerySet) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    writer.writerows([in_csv(text)[:LONGEST_CELL] for text in row] for row in rows(events))
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(events: QuerySet) -> bytes:
    import xlsxwriter  # most processes never need it

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Audit")
        for line, row in enumerate((HEADINGS, *rows(events))):
            for column, text in enumerate(row):
                sheet.write_string(line, column, safe(text)[:LONGEST_CELL])
    return file.getvalue()

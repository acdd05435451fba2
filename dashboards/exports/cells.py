"""Core: what every exported file has in common: safe texts, plain numbers, names, number formats.

A spreadsheet takes a text that begins with ``=`` or the like for a formula, whoever wrote it, so
texts of people are marked as texts. Numbers are never touched."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Container
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.formulas import in_csv, safe  # noqa: F401

EXACT = 10**15  # spreadsheets count with 15 digits; a longer whole number would be another one
SHEET_NAME, FILE_NAME = 31, 100  # characters
RESERVED = {"history"}  # of Excel, in any case of letters
LAST_DAY = date(9999, 12, 31)
FIRST_DAY = date(1900, 3, 1)  # earlier days are counted differently by different programs


def value(raw: Any, zone: str, grain: str = "") -> Any:
    """A value of an answer as text, whole number, number, boolean, day or aware time; None for
    nothing. ``grain``: of a column grouped by time, whose values are clocks of the zone."""
    match raw:
        case None | bool() | int():
            return raw
        case float():
            return raw if math.isfinite(raw) else None
        case Decimal():
            return float(raw) if raw.is_finite() else None
        case datetime():
            return _moment(raw, zone, grain)
        case date() | str():
            return raw
    return str(raw)


def _moment(raw: datetime, zone: str, grain: str) -> datetime | date:
    if grain and grain not in ("hour", "minute"):
        return raw.date()
    if raw.tzinfo:
        return raw.astimezone(ZoneInfo(zone))
    return raw.replace(tzinfo=ZoneInfo(zone)) if grain else raw


def plain(cell: Any) -> str:
    """A cell of a CSV file: numbers with a point and all their digits, times in ISO 8601."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return plain_number(cell)
        case datetime() | date():
            return cell.isoformat()
    return in_csv(str(cell))


def plain_number(number: float) -> str:
    if number.is_integer():
        return str(int(number))
    return format(Decimal(repr(number)), "f")  # never 1e-07


def number_format(pattern: str, unit: str = "", *, whole: bool = False) -> str:
    """The number format of a spreadsheet that a CLDR pattern such as ``#,##0.0`` or ``0.0%`` is."""
    found = re.fullmatch(r"([^#0]*)([#,0]*(?:\.[0#]*)?)([^%]*)(%?)", pattern)
    if not pattern or found is None:
        if not (whole or unit):
            return "General"
        core, before, after, percent = "#,##0" if whole else "#,##0.00", "", "", ""
    else:
        before, core, after, percent = found.groups()
        whole_part, point, decimals = core.partition(".")
        core = whole_part + point + decimals.replace("#", "0")  # "5." would stand for 5
    tail = f" {_quoted(unit)}" if unit and not percent else ""
    return _quoted(before) + core + _quoted(after) + percent + tail


def _quoted(words: str) -> str:
    return '"' + words.replace('"', "") + '"' if words else ""


def sheet_name(title: str, taken: set[str]) -> str:
    """A name that a sheet may have and no other has; ``taken`` learns it."""
    cleaned = re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f]+", " ", title)
    base = re.sub(r"\s+", " ", cleaned).strip(" '") or "Sheet"
    return _unique(base, taken, SHEET_NAME, RESERVED)


def _unique(base: str, taken: set[str], longest: int, reserved: Container[str] = ()) -> str:
    number = 1
    while True:
        tail = f" ({number})" if number > 1 else ""
        name = base[: longest - len(tail)].rstrip(" '") + tail
        if name.lower() not in taken and name.lower() not in reserved:
            taken.add(name.lower())
            return name
        number += 1


def file_name(title: str, day: date, ending: str, taken: set[str] | None = None) -> str:
    """The name of a download: the title as far as every system takes it, and the day. Of several in
    one place no other has it; ``taken`` learns it."""
    normal = unicodedata.normalize("NFC", title)
    kept = re.sub(r"[^\w ().,-]+", " ", normal).replace("_", " ")
    base = re.sub(r"\s+", " ", kept).strip(" .-")[:FILE_NAME].rstrip(" .-") or "Export"
    if taken is not None:
        base = _unique(base, taken, FILE_NAME)
    return f"{base} {day.isoformat()}.{ending}"

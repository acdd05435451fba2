"""Core: numbers, dates and differences as people of a locale write them (CLDR, by Babel)."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, format_compact_decimal, parse_pattern

MISSING = "–"
#: A CLDR pattern: words, digits with or without groups, decimals, words, perhaps a percent sign.
PATTERN = re.compile(r"(?!.*,,)[^#0.,;%‰¤@'E*]*(?=[#0])[#,]*[0,]*(?<!,)(\.0*#*)?[^#0.,;%‰¤@'E*]*%?")


@lru_cache(64)
def locale_of(name: str) -> Locale:
    try:
        return Locale.parse(name, sep="-" if "-" in name else "_")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@lru_cache(256)
def _pattern(pattern: str, locale: str) -> NumberPattern:
    """The parsed pattern; a percent sign stands as the locale writes it (69.4%, 69,4 %)."""
    common = locale_of(locale).percent_formats[None].pattern
    if pattern.endswith(("0%", "#%")) and common.endswith("%"):
        pattern = pattern[:-1] + common[common.rindex("0") + 1 :]
    return parse_pattern(pattern)


def is_pattern(written: str) -> bool:
    """Whether it is one that `number` writes as it says; Babel itself takes any word."""
    return PATTERN.fullmatch(written) is not None


def number(value: float | None, pattern: str = "", locale: str = "en") -> str:
    """``value`` by a CLDR pattern such as ``#,##0.0`` or ``0.0%``; without one, by its size."""
    if value is None or not math.isfinite(value):
        return MISSING
    if not pattern:
        whole = float(value).is_integer() or abs(value) >= 1000
        pattern = "#,##0" if whole else "#,##0.##"
    return str(_pattern(pattern, locale).apply(value, locale_of(locale)))


def compact(value: float | None, locale: str = "en") -> str:
    """Short form for axes and tiles: 148.2K, 1.2M."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) < 1000:
        return number(value, "#,##0.##", locale)
    return format_compact_decimal(value, fraction_digits=1, locale=locale_of(locale))


def text(value: Any, pattern: str = "", locale: str = "en", time_zone: str = "UTC") -> str:
    """Any value of a row as text."""
    match value:
        case None:
            return MISSING
        case bool():
            return "yes" if value else "no"
        case datetime():
            local = value.astimezone(ZoneInfo(time_zone)) if value.tzinfo else value
            return format_datetime(local, "d MMM y HH:mm", locale=locale_of(locale))
        case date():
            return format_date(value, "d MMM y", locale=locale_of(locale))
        case str():
            return value
    try:
        return number(value, pattern, locale)
    except (TypeError, ValueError):
        return str(value)


def name(value: Any, locale: str = "en", time_zone: str = "UTC") -> str:
    """A value that names something, such as a category: whole numbers stay as they are."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value, "", locale, time_zone)


def plain(value: Any) -> Any:
    """Any value of a row as JSON says it without loss: times in ISO 8601, no number as null."""
    match value:
        case Decimal():
            return float(value) if value.is_finite() else None
        case datetime() | date():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return None
    return value

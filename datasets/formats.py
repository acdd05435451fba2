"""Core: numbers, dates and differences as people of a locale write them (CLDR, by Babel)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import (
    NumberPattern,
    format_compact_decimal,
    get_decimal_symbol,
    get_group_symbol,
    parse_pattern,
)

MISSING = "–"
#: A CLDR pattern: words, digits with or without groups, decimals, words, perhaps a percent sign.
PATTERN = re.compile(r"(?!.*,,)[^#0.,;%‰¤@'E*]*(?=[#0])[#,]*[0,]*(?<!,)(\.0*#*)?[^#0.,;%‰¤@'E*]*%?")

MOST_DIGITS = 400  # of the largest number that there is, and of a pattern
LONGEST_QUICK = 16  # characters; with more digits only `_exactly` writes them

#: Patterns of digits alone, and numbers that show how a locale writes them.
PLAIN = re.compile(r"(#,##)?0(?:\.(0*)(#*))?(%?)")
PROBE, QUICK_BELOW = 1234567, 1e15
PROBES = (0, 7, -1, 42.5, 1234, -1234, 12345, 98765.4321, -123456.5, 1e14)


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
    if abs(value) < QUICK_BELOW and (quick := _quick(pattern, locale)):
        return quick.write(value)
    return _exactly(lambda: str(_pattern(pattern, locale).apply(value, locale_of(locale))))


def _exactly(write: Callable[[], str]) -> str:
    """Babel counts with 28 digits, and fails where a number or a pattern has more."""
    try:
        return write()
    except InvalidOperation:
        with localcontext() as digits:
            digits.prec = MOST_DIGITS
            return write()


def count(many: int, locale: str = "en") -> str:
    """How many of something there are."""
    return number(many, "#,##0", locale)


@dataclass(frozen=True, slots=True)
class _Quick:
    """Writes what Babel writes for a plain pattern, in a third of the time."""

    grouped: bool
    decimals: tuple[int, int]  # least and most
    scale: int  # 2 of percentages
    symbols: dict[int, str]
    affixes: tuple[tuple[str, str], tuple[str, str]]  # of positive and negative numbers

    def write(self, value: float) -> str:
        exact = Decimal(str(value)).scaleb(self.scale)
        before, after = self.affixes[exact.is_signed()]
        return before + self.digits(exact) + after

    def digits(self, exact: Decimal) -> str:
        least, most = self.decimals
        text = f"{abs(exact):{',' if self.grouped else ''}.{most}f}"
        if most > least:
            whole, _, decimals = text.partition(".")
            decimals = decimals[:least] + decimals[least:].rstrip("0")
            text = f"{whole}.{decimals}" if decimals else whole
        return text.translate(self.symbols)


@lru_cache(256)
def _quick(pattern: str, locale: str) -> _Quick | None:
    """None where the pattern is another one, or the locale has a way of its own with numbers."""
    found, at = PLAIN.fullmatch(pattern), locale_of(locale)
    if found is None or len(pattern) > LONGEST_QUICK:
        return None
    symbols = {ord(","): get_group_symbol(at), ord("."): get_decimal_symbol(at)}
    least, more = len(found[2] or ""), len(found[3] or "")
    scale = 2 if found[4] else 0
    quick = _Quick(bool(found[1]), (least, least + more), scale, symbols, (("", ""), ("", "")))
    babel = _pattern(pattern, locale)
    digits = quick.digits(Decimal(PROBE).scaleb(quick.scale))
    affixes = [str(babel.apply(sign * PROBE, at)).split(digits) for sign in (1, -1)]
    if any(len(parts) != 2 for parts in affixes):
        return None
    quick = replace(quick, affixes=((affixes[0][0], affixes[0][1]),
                                    (affixes[1][0], affixes[1][1])))  # fmt: skip
    same = all(quick.write(value) == str(babel.apply(value, at)) for value in PROBES)
    return quick if same else None


def compact(value: float | None, locale: str = "en") -> str:
    """Short form for axes and tiles: 148.2K, 1.2M."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) < 1000:
        return number(value, "#,##0.##", locale)
    return _exactly(
        lambda: format_compact_decimal(value, fraction_digits=1, locale=locale_of(locale))
    )


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


def counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"

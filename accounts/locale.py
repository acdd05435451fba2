"""How the person of this request writes times; Django's own formats belong to its languages."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from django.conf import settings
from django.utils import timezone

_current: ContextVar[str] = ContextVar("locale", default="")


def activate(name: str) -> None:
    _current.set(name)


def current() -> str:
    return _current.get() or settings.FORMAT_LOCALE


def deactivate() -> None:
    _current.set("")


def tag(name: str) -> str:
    """As browsers call it. Plain English has a clock of 24 hours and days before months, as all
    pages of the portal; who wants those of the USA writes en-US."""
    return "en-GB" if name == "en" else name.replace("_", "-")


def of(name: str) -> Locale:
    return Locale.parse(tag(name), sep="-")


def clock(moment: datetime, name: str = "", *, seconds: bool = False) -> str:
    """14:05, or 2:05 PM."""
    length = "medium" if seconds else "short"
    return str(format_time(timezone.localtime(moment), length, locale=of(name or current())))


def day(moment: datetime, name: str = "") -> str:
    """27 Nov 2026, 27.11.2026, or Nov 27, 2026."""
    return str(format_date(timezone.localtime(moment), "medium", locale=of(name or current())))


def short_day(moment: datetime, name: str = "") -> str:
    """27 Nov, 27. Nov., or Nov 27."""
    at = of(name or current())
    return str(format_skeleton("MMMd", timezone.localtime(moment), locale=at))


def count(many: int, name: str = "") -> str:
    """1,063 or 1.063."""
    return str(format_decimal(many, "#,##0", locale=of(name or current())))

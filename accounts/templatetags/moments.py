"""Times and counts as the person who looks writes them, in the person's time zone."""

from django import template

from accounts import locale

register = template.Library()


@register.filter
def moment(value) -> str:
    """Day and clock: 27 Nov 2026 14:05."""
    return f"{locale.day(value)} {locale.clock(value)}"


@register.filter
def exact_moment(value) -> str:
    """With seconds: 27 Nov 2026 14:05:09."""
    return f"{locale.day(value)} {locale.clock(value, seconds=True)}"


@register.filter
def near_moment(value) -> str:
    """Without the year: 27 Nov 14:05."""
    return f"{locale.short_day(value)} {locale.clock(value)}"


@register.filter
def clock(value) -> str:
    return locale.clock(value)


@register.filter
def count(many) -> str:
    return locale.count(many)

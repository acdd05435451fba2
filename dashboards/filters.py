"""Core: what viewers choose on a dashboard: how it stands in the page's address, what is allowed,
and what it means to one card.

In the address a filter is its name: ``period=last-month``, ``country=DE&country=AT``,
``value=10..200``; ``*`` is everything (where the filter starts with less), nothing is what the
filter starts with, an empty value is the missing one. ``x.12.device=phone`` is a click on a mark
of card 12, ``compare`` is previous or year, ``tab`` the page."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from dashboards.errors import ChoiceRefused
from datasets import periods
from datasets.query import Filter as Condition

ALL = "*"
COMPARISONS = ("previous", "year")
LONGEST, MOST_VALUES, MOST_PICKS = 200, 200, 20
#: Names that have a meaning of their own in the addresses of a dashboard and its cards.
RESERVED = (
    "at", "bar", "by", "cards", "compare", "descending", "drawn", "every", "order", "page",
    "print", "search", "tab", "view", "wall", "x",
)  # fmt: skip
PERIOD, CHOICE, CHOICES, NUMBERS, TEXT, BOOLEAN = (
    "period", "choice", "choices", "numbers", "text", "boolean",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pick:
    """Marks that were clicked: values of a column, on the card that showed them."""

    widget: int
    column: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """All choices in a page's address; a filter that is not named has what it starts with."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    picks: tuple[Pick, ...] = ()
    compare: str = ""
    tab: str = ""
    plain: bool = False  # on purpose without the view with which roles start


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one card besides what its record says."""

    period: str | None = None  # in place of its own; "" is all times
    compare: str = ""
    conditions: tuple[Condition, ...] = ()
    ignored: tuple[str, ...] = ()  # labels of choices that it does not follow
    locked: bool = False  # the conditions are all that whoever looks may know of

    @property
    def key(self) -> str:
        """Part of cache keys; empty for a card as its record says."""
        if self.period is None and not self.compare and not self.conditions:
            return ""
        conditions = [[c.column, c.op, c.value] for c in self.conditions]
        text = json.dumps([self.period, self.compare, conditions, self.locked], default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(params: Mapping[str, list[str]], filters: Iterable[Any]) -> Chosen:
    """The choices in an address (name -> its values); other parameters are left alone.

    Raises `ChoiceRefused` naming the parameter."""
    values = {
        one.name: _checked(one, tuple(params[one.name])) for one in filters if one.name in params
    }
    compare = (params.get("compare") or [""])[-1]
    if compare and compare not in COMPARISONS:
        raise ChoiceRefused("compare", f"'{compare[:40]}' is none of {', '.join(COMPARISONS)}.")
    tab = (params.get("tab") or [""])[-1][:60]
    picks = tuple(_pick(name, params[name]) for name in params if name.startswith("x."))
    if len(picks) > MOST_PICKS:
        raise ChoiceRefused("x", f"at most {MOST_PICKS} cards may be clicked at once.")
    return Chosen(values, picks, compare, tab)


def write(chosen: Chosen) -> str:
    """The choices as an address has them; the same choices always give the same text."""
    pairs = [(name, value) for name, values in sorted(chosen.values.items()) for value in values]
    for pick in chosen.picks:
        name = f"x.{pick.widget}.{pick.column}"
        pairs += [(name, "" if value is None else value) for value in pick.values]
    pairs += [("compare", chosen.compare)] if chosen.compare else []
    pairs += [("view", ALL)] if chosen.plain and not pairs else []
    pairs += [("tab", chosen.tab)] if chosen.tab else []
    return urlencode(pairs)


def _checked(one: Any, values: tuple[str, ...]) -> tuple[str, ...]:
    """Values that a filter takes."""
    if len(values) > MOST_VALUES or any(len(value) > LONGEST for value in values):
        raise ChoiceRefused(
            one.name, f"at most {MOST_VALUES} values of {LONGEST} characters are taken."
        )
    if ALL in values or not values:
        return () if one.required else (ALL,)
    if one.kind != CHOICES:
        values = values[-1:]
    wrong = next((said for value in values if (said := wrong_value(one.kind, value))), "")
    if wrong:
        raise ChoiceRefused(one.name, wrong)
    return tuple(dict.fromkeys(values))


def is_text(value: str) -> bool:
    """Whether PostgreSQL can keep it: of all that an address can hold, NUL is in no text there."""
    return "\x00" not in value


def wrong_value(kind: str, value: str) -> str:
    """Why a value is none of this kind; empty when it is."""
    if not is_text(value):
        return "a value has a character that no text has."
    shown = value[:40]
    if kind == PERIOD and not periods.is_period(value):
        return (
            f"'{shown}' is no period; write for example 30d, last-month or 2026-10-01..2026-10-31."
        )
    if kind == NUMBERS and _range(value) is None:
        return f"'{shown}' is no range of numbers, the smaller first: 10..200, 10.. or ..200."
    if kind == TEXT and not value:
        return "write the text to search for."
    if kind == BOOLEAN and value not in ("true", "false"):
        return f"'{shown}' is neither true nor false."
    return ""


def _range(value: str) -> tuple[float | None, float | None] | None:
    low, dots, high = value.partition("..")
    if not dots or not (low or high):
        return None
    try:
        ends = tuple(float(end) if end else None for end in (low, high))
    except ValueError:
        return None
    if any(end is not None and not math.isfinite(end) for end in ends):
        return None
    low_end, high_end = ends
    if low_end is not None and high_end is not None and low_end > high_end:
        return None
    return low_end, high_end


def _pick(name: str, values: list[str]) -> Pick:
    parts = name.split(".", 2)
    if len(parts) != 3 or not parts[1].isdecimal() or len(parts[1]) > 9 or not parts[2]:
        raise ChoiceRefused("x", "a click is written x.<card>.<column>.")
    if len(values) > MOST_VALUES or any(len(v) > LONGEST or not is_text(v) for v in values):
        raise ChoiceRefused("x", f"at most {MOST_VALUES} values of {LONGEST} characters are taken.")
    return Pick(int(parts[1]), parts[2][:63], tuple(value or None for value in values))


def column_of(one: Any, columns: Mapping[str, str]) -> str:
    """The column of a dataset that a filter limits; empty when it has none."""
    return next((name for name in one.columns if name in columns), "")


def conditions(one: Any, values: tuple[str, ...], column: str) -> tuple[Condition, ...]:
    """What a filter's choice asks of the rows."""
    if not values or values == (ALL,) or not column:
        return ()
    match one.kind:
        case "choice" | "choices":
            return (Condition(column, "in", [value or None for value in values]),)
        case "numbers":
            low, high = _range(values[0]) or (None, None)
            ends = ((">=", low), ("<=", high))
            return tuple(Condition(column, op, end) for op, end in ends if end is not None)
        case "text":
            return (Condition(column, "contains", values[0]),)
        case "boolean":
            return (Condition(column, "=", values[0]),)
    return (Condition(column, "period", [values[0], 0]),)


def default_values(one: Any, attributes: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What a filter starts with, where no rows need to be read for that; None where they do."""
    match one.default_kind:
        case "fixed":
            found = one.default.split(",") if one.kind in (CHOICE, CHOICES) else [one.default]
        case "attribute":
            held = attributes.get(one.default) or []
            found = held if isinstance(held, list) else [held]
        case "none" if not (one.required and one.kind in (CHOICE, CHOICES)):
            return ()
        case _:
            return None
    values = tuple(str(value).strip() for value in found if str(value).strip())
    kept = tuple(value for value in values if not wrong_value(one.kind, value))
    return kept if one.kind == CHOICES else kept[:1]


def check(one: Any) -> None:
    """Raise `ChoiceRefused` where a filter's record makes no sense."""
    columns = one.columns
    if not isinstance(columns, list) or not all(isinstance(c, str) and c for c in columns):
        raise ChoiceRefused("columns", "Write a list of names of columns.")
    if one.name in RESERVED:
        raise ChoiceRefused("name", f"'{one.name}' has a meaning of its own in links.")
    if one.kind != PERIOD and not columns:
        raise ChoiceRefused("columns", "Name at least one column.")
    if one.default_kind in ("fixed", "attribute") and not one.default:
        raise ChoiceRefused("default", "Write what it starts with.")
    if one.default_kind in ("largest", "frequent") and one.kind not in (CHOICE, CHOICES):
        raise ChoiceRefused("default_kind", "Only lists of values can start with one of them.")
    if one.default_kind == "fixed":
        parts = one.default.split(",") if one.kind in (CHOICE, CHOICES) else [one.default]
        for part in parts:
            if wrong := wrong_value(one.kind, part.strip()):
                raise ChoiceRefused("default", wrong)
    has_default = one.default_kind != "none" or one.kind in (CHOICE, CHOICES)
    if one.required and not has_default:
        raise ChoiceRefused("default_kind", "A filter that is required must start with something.")

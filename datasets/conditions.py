"""Core: conditions on the columns of a row, alone or joined by AND and OR, as rules keep them.

In JSON a condition is ``{"all": [...]}``, ``{"any": [...]}`` or one comparison,
``{"column": "country", "op": "in", "value": ["DE"]}``. Instead of a value it may name an attribute
of the person who looks: ``{"column": "country", "op": "in", "attribute": "country"}``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from datasets.errors import ConditionRefused

DEEPEST, MOST, VALUES_MOST, LONGEST = 4, 50, 1000, 500
#: Comparison -> how it reads.
OPERATORS = {
    "=": "is", "!=": "is not", "in": "is one of", "not_in": "is none of", "<": "is less than",
    "<=": "is at most", ">": "is more than", ">=": "is at least", "contains": "contains",
    "is_null": "is empty", "not_null": "is not empty", "period": "is within",
}  # fmt: skip
ALONE = ("is_null", "not_null")
LISTS = {"=": "in", "!=": "not_in", "in": "in", "not_in": "not_in"}


@dataclass(frozen=True, slots=True)
class Filter:
    """``column op value``.

    op: = != < <= > >= in not_in contains is_null not_null period. A ``period`` is [span, back]: the
    span ("24h", "30d", "12w", "6m") that ends at the data's own time, or lies ``back`` spans
    earlier. Hours roll; days, weeks and months are calendar units in the query's time zone, today
    included, and an earlier span ends at the same time of day."""

    column: str
    op: str
    value: object = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Of no parts it is every row."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Of no parts it is no row."""

    parts: tuple[Condition, ...] = ()


Condition = AllOf | AnyOf | Filter


@dataclass(frozen=True, slots=True)
class Attribute:
    """Stands for what a person's attribute of this name holds."""

    name: str


class Unresolved(Exception):
    """The person has no attribute of this name, so the condition says nothing about any row."""

    def __init__(self, attribute: str):
        self.attribute = attribute
        super().__init__(attribute)


def parse(written: object) -> Condition:
    """The condition that was stored as JSON; ``{}`` is every row. Raises `ConditionRefused`."""
    if written == {}:
        return AllOf()
    found = _parse(written, 0)
    if sum(1 for _ in comparisons(found)) > MOST:
        raise ConditionRefused(f"At most {MOST} comparisons are taken.")
    return found


def _parse(written: object, depth: int) -> Condition:
    if not isinstance(written, dict):
        raise ConditionRefused(f"{written!r} is no condition.")
    if depth > DEEPEST:
        raise ConditionRefused(f"Groups lie in at most {DEEPEST} groups.")
    match written:
        case {"all": list(parts), **rest} if not rest:
            return AllOf(tuple(_parse(part, depth + 1) for part in parts))
        case {"any": list(parts), **rest} if not rest and parts:
            return AnyOf(tuple(_parse(part, depth + 1) for part in parts))
        case {"any": []}:
            raise ConditionRefused("A group of which one must hold needs a comparison.")
        case {"column": str(column), "op": str(op), **rest} if column and op in OPERATORS:
            return Filter(column, op, _value(op, rest, column))
    raise ConditionRefused(
        'A condition is {"all": [...]}, {"any": [...]} or {"column": ..., "op": ..., "value": ...}.'
    )


def _value(op: str, rest: Mapping[str, object], column: str) -> object:
    match rest:
        case {} if not rest and op in ALONE:
            return None
        case {"attribute": str(name), **more} if name and not more and op not in (*ALONE, "period"):
            return Attribute(name)
        case {"value": list(values), **more} if not more and op in ("in", "not_in"):
            if not values or len(values) > VALUES_MOST or not all(map(_is_plain, values)):
                raise ConditionRefused(f"{column}: write 1 to {VALUES_MOST} values.")
            return list(values)
        case {"value": [str(span), int(back)], **more} if not more and op == "period":
            return [span, back]
        case {"value": value, **more} if not more and op not in (*ALONE, *LISTS, "period"):
            if _is_plain(value):
                return value
        case {"value": value, **more} if not more and op in ("=", "!=") and _is_plain(value):
            return value
    raise ConditionRefused(f"{column} {OPERATORS[op]}: its value is missing or is of no use there.")


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST and "\0" not in value
    return isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))


def comparisons(condition: Condition) -> Iterator[Filter]:
    if isinstance(condition, Filter):
        yield condition
    else:
        for part in condition.parts:
            yield from comparisons(part)


def resolve(condition: Condition, attributes: Mapping[str, object]) -> Condition:
    """The condition with a person's own values. Raises `Unresolved` where one is missing: a rule
    that cannot be evaluated gives no rows, also where another part of it could be."""
    if isinstance(condition, AllOf | AnyOf):
        return type(condition)(tuple(resolve(part, attributes) for part in condition.parts))
    if not isinstance(condition.value, Attribute):
        return condition
    name = condition.value.name
    values = values_of(attributes, name)
    if not values:
        raise Unresolved(name)
    if condition.op in LISTS:
        return replace(condition, op=LISTS[condition.op], value=values)
    if len(values) > 1:  # less than which of them?
        raise Unresolved(name)
    return replace(condition, value=values[0])


def values_of(attributes: Mapping[str, object], name: str) -> list[str]:
    """What a person's attribute holds; empty texts are no values."""
    held = attributes.get(name)
    found = held if isinstance(held, list) else [held]
    return [value for value in found if isinstance(value, str) and value]


def plain(condition: Condition) -> Any:
    """As lists, for keys of caches: equal only where the meaning is."""
    if isinstance(condition, Filter):
        value = condition.value
        if isinstance(value, Attribute):
            value = {"attribute": value.name}
        return [condition.column, condition.op, value]
    return [type(condition).__name__, [plain(part) for part in condition.parts]]


def words(condition: Condition, labels: Mapping[str, str], inside: bool = False) -> str:
    """As a person reads it; ``labels``: column -> its label."""
    if isinstance(condition, Filter):
        return _comparison(condition, labels.get(condition.column, condition.column))
    if not condition.parts:
        return "every row" if isinstance(condition, AllOf) else "no row"
    join = " and " if isinstance(condition, AllOf) else " or "
    text = join.join(words(part, labels, len(condition.parts) > 1) for part in condition.parts)
    return f"({text})" if inside and len(condition.parts) > 1 else text


def _comparison(one: Filter, label: str) -> str:
    verb = OPERATORS.get(one.op, one.op)
    match one.op, one.value:
        case op, _ if op in ALONE:
            return f"{label} {verb}"
        case _, Attribute(name=name):
            return f"{label} {verb} the person's {name}"
        case "period", [span, 0]:
            return f"{label} is within the last {span}"
        case "period", [span, back]:
            return f"{label} is within {span}, {back} back"
        case "in" | "not_in", [only]:
            return f"{label} {'is' if one.op == 'in' else 'is not'} {only}"
        case _, list(values):
            shown = ", ".join(map(str, values[:10])) + (" ..." if len(values) > 10 else "")
            return f"{label} {verb} {shown}"
    return f"{label} {verb} {one.value}"

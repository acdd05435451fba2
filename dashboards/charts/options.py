"""Typed options of chart types: one dataclass per type; forms are made and JSON is read by it."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any

from dashboards.charts.theme import TOKENS
from dashboards.errors import OptionsRefused


@dataclass(frozen=True, slots=True)
class Role:
    """What an option means to a form: a column of some types, a measure, a choice, ..."""

    #: column(s) | measure(s) | choice | text(s) | number | integer | boolean | colors
    kind: str
    label: str
    help: str = ""
    types: tuple[str, ...] = ()  # of columns that fit
    choices: tuple[tuple[str, str], ...] = ()
    least: int | None = None  # of an integer
    most: int | None = None
    #: Of a measure: what stands before the names of the options with its pattern and its unit; None
    #: where it has those of its column only.
    look: str | None = ""


def option(role: Role, default: Any = MISSING) -> Any:
    """A field of an options dataclass; without a default it is required."""
    return dataclasses.field(default=default, metadata={"role": role}, kw_only=True)


def column(
    label: str, *, types: tuple[str, ...] = (), help: str = "", default: Any = MISSING
) -> Any:
    return option(Role("column", label, help, types=types), default)


def measure(label: str, *, help: str = "", default: Any = MISSING, look: str | None = "") -> Any:
    help = help or "For example: sum(value) or count()"
    return option(Role("measure", label, help, look=look), default)


def columns(label: str, *, types: tuple[str, ...] = (), help: str = "", default: Any = ()) -> Any:
    return option(Role("columns", label, help, types=types), default)


def measures(label: str, *, help: str = "", default: Any = MISSING, look: str = "") -> Any:
    """Formulas, perhaps with label and pattern; `dashboards.charts.formulas` reads them."""
    example = "One per line, for example: Recovered: sum(recovered) / count() | 0.0%"
    return option(Role("measures", label, help or example, look=look), default)


def choice(
    label: str, choices: list[tuple[str, str]], *, help: str = "", default: Any = MISSING
) -> Any:
    return option(Role("choice", label, help, choices=tuple(choices)), default)


def text(label: str, *, help: str = "", default: Any = "") -> Any:
    return option(Role("text", label, help), default)


def texts(label: str, *, help: str = "", default: Any = ()) -> Any:
    return option(Role("texts", label, help), default)


def colors(label: str, *, help: str = "", default: Any = ()) -> Any:
    known = "Such as #3b5bdb or cat-1 to cat-10."
    return option(Role("colors", label, f"{help} {known}".strip()), default)


def number(label: str, *, help: str = "", default: Any = None) -> Any:
    return option(Role("number", label, help), default)


def integer(label: str, *, help: str = "", default: Any, least: int = 1, most: int) -> Any:
    return option(Role("integer", label, help, least=least, most=most), default)


def boolean(label: str, *, help: str = "", default: bool = False) -> Any:
    return option(Role("boolean", label, help), default)


def unstored(default: Any) -> Any:
    """A field that no form asks and no record keeps; only a reader's look at the card has it."""
    return dataclasses.field(default=default, kw_only=True)


def roles(options: type) -> dict[str, Role]:
    fields = dataclasses.fields(options)
    return {field.name: field.metadata["role"] for field in fields if "role" in field.metadata}


def browsed(options: Any, names: tuple[str, ...], wanted: Mapping[str, str]) -> Any:
    """The options with what a reader asks for, such as another order, in place of ``names``.

    ``wanted`` comes from a link, so every value is a text and none can be trusted."""
    found: dict[str, Any] = {}
    for name in names:
        text = wanted.get(name)
        if text is None:
            continue
        match getattr(options, name):
            case bool():
                found[name] = text in ("1", "true")
            case int() if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII):
                raise OptionsRefused(name, "must be a whole number from 1 on.")
            case int():
                found[name] = int(text)
            case _:
                found[name] = text
    return dataclasses.replace(options, **found)


def read(options: type, values: dict[str, Any], columns: dict[str, str] | None = None) -> Any:
    """An options object from stored JSON; raises `OptionsRefused` naming the option that is wrong.

    ``columns`` (name -> type) lets column options be checked against the dataset."""
    known = roles(options)
    fields = {field.name: field for field in dataclasses.fields(options) if field.name in known}
    for name in values:
        if name not in fields:
            raise OptionsRefused(name, f"is not an option here. Options: {', '.join(fields)}.")
    hints = typing.get_type_hints(options)
    found = {}
    for name, field in fields.items():
        if name not in values or values[name] in ("", None, []):
            if field.default is MISSING:
                raise OptionsRefused(name, "is required.")
            continue
        found[name] = _checked(name, values[name], hints[name], known[name], columns)
    return options(**found)


def _checked(name: str, value: Any, hint: Any, role: Role, columns: dict[str, str] | None) -> Any:
    if role.kind == "texts" and isinstance(value, str):
        value = (value,)  # an option that once took a single one
    if role.kind in ("columns", "measures", "texts", "colors"):
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise OptionsRefused(name, "must be a list of texts.")
        value = tuple(_color(name, v) if role.kind == "colors" else v for v in value)
    elif not isinstance(value, _plain(hint)) or (
        isinstance(value, bool) and role.kind != "boolean"
    ):
        raise OptionsRefused(name, f"does not take {value!r}.")
    if role.kind == "choice" and value not in dict(role.choices):
        raise OptionsRefused(name, f"must be one of {', '.join(dict(role.choices))}.")
    if role.kind == "integer" and not (role.least or 0) <= value <= (role.most or value):
        raise OptionsRefused(name, f"{value} is not from {role.least} to {role.most}.")
    if role.kind in ("column", "columns") and columns is not None:
        for item in [value] if isinstance(value, str) else value:
            if item not in columns:
                raise OptionsRefused(name, f"the dataset has no column '{item}'.")
            if role.types and columns[item] not in role.types:
                raise OptionsRefused(
                    name, f"'{item}' is {columns[item]}, not {' or '.join(role.types)}."
                )
    return value


def _color(name: str, written: str) -> str:
    """A colour, or the token of one of the page's, such as cat-3, which follows theme and brand."""
    tokens = {css: token for token, css in TOKENS.items()}
    if written in tokens:
        return tokens[written]
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", written):
        raise OptionsRefused(name, f"'{written}' is no colour such as #3b5bdb or cat-1.")
    return written


def _plain(hint: Any) -> tuple[type, ...]:
    """The classes that isinstance may test for a hint such as ``float | None``."""
    parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    classes = tuple(part for part in parts if isinstance(part, type))
    return (*classes, int) if float in classes else classes

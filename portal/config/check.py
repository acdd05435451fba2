"""A file against its schema; what is wrong is said in words, at its JSON path."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from portal.config import schema
from portal.config.errors import DefinitionRefused, Problem
from portal.config.reading import step

MOST = 20  # problems that are told at once
KINDS = {"object": "an object in braces", "array": "a list", "string": "a text",
         "number": "a number", "integer": "a whole number", "boolean": "true or false",
         "null": "null"}  # fmt: skip


def check(found: Any, file: str) -> None:
    """Raise `DefinitionRefused` unless this is what ``file``, a schema, describes."""
    if not isinstance(found, dict):
        raise DefinitionRefused(f"It must be an object in braces, not {shown(found)}.")
    errors = sorted(_validator(file).iter_errors(found), key=_place)
    problems = [problem for error in errors for problem in _told(error)]
    if problems:
        raise DefinitionRefused("", problems=list(dict.fromkeys(problems))[:MOST])


@cache
def _validator(file: str):
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema.all_schemas()[file])


def _place(error) -> list[str]:
    return [f"{part:06}" if isinstance(part, int) else part for part in error.absolute_path]


def path_of(parts) -> str:
    path = "$"
    for part in parts:
        path = step(path, part)
    return path


def shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) < 60 else f"{said[:57]}..."


def _told(error) -> Iterator[Problem]:
    path, value = path_of(error.absolute_path), error.validator_value
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema.get("properties", {}))
            for key in sorted(set(error.instance) - set(known)):
                close = get_close_matches(key, known, n=1)
                hint = f"Did you mean '{close[0]}'?" if close else f"Known: {', '.join(known)}."
                yield Problem(step(path, key), f"There is no such key here. {hint}")
        case "required":
            for key in value:
                if key not in error.instance:
                    yield Problem(step(path, key), "It is missing.")
        case _:
            yield Problem(path, _words(error.validator, value, error.instance))


def _words(rule: str, value: Any, found: Any) -> str:
    match rule:
        case "type":
            kinds = [value] if isinstance(value, str) else value
            words = " or ".join(KINDS[kind] for kind in kinds)
            return f"It must be {words}, not {shown(found)}."
        case "enum":
            return f"It must be one of {', '.join(map(str, value))}, not {shown(found)}."
        case "minimum" | "maximum" | "exclusiveMinimum":
            word = {"minimum": "at least", "maximum": "at most"}.get(rule, "more than")
            return f"It must be {word} {value}, not {shown(found)}."
        case "minLength":
            return "It must not be empty."
        case "maxLength":
            return f"It has {len(found)} characters; {value} are taken."
        case "minItems" | "maxItems":
            word = "at least" if rule == "minItems" else "at most"
            return f"It must have {word} {value} items, not {len(found)}."
        case "pattern":
            return f"{shown(found)} is not written as it must be: {value}"
    return f"{shown(found)} is not taken here."

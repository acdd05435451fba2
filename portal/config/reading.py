"""Core: the text of a file as JSON, within limits, saying where what is wrong."""

from __future__ import annotations

import json
import math
from typing import Any

from portal.config.errors import DefinitionRefused

LARGEST = 2 * 1024 * 1024  # bytes
DEEPEST = 24  # levels of lists and objects


def parse(text: str | bytes) -> Any:
    """The JSON of a file; raises `DefinitionRefused`. No key may stand twice, no text may hold what
    no database stores."""
    size = len(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    if size > LARGEST:
        raise DefinitionRefused(f"The file has {size:,} bytes; {LARGEST:,} are taken.")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_number)
    except DefinitionRefused:
        raise
    except RecursionError as error:
        raise DefinitionRefused(f"It is nested deeper than {DEEPEST} levels.") from error
    except ValueError as error:  # of JSON and of UTF-8
        raise DefinitionRefused(f"This is no JSON: {error}") from error
    _look(found, "$", 1)
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DefinitionRefused(f"The key '{key[:60]}' stands twice in one object.")
        found[key] = value
    return found


def _no_number(text: str) -> Any:
    raise DefinitionRefused(f"{text} is no number of JSON.")


def _look(value: Any, path: str, depth: int) -> None:
    if depth > DEEPEST:
        raise DefinitionRefused(f"It is nested deeper than {DEEPEST} levels.", path[:200])
    match value:
        case dict():
            for key, item in value.items():
                _check_text(key, path)
                _look(item, step(path, key), depth + 1)
        case list():
            for index, item in enumerate(value):
                _look(item, step(path, index), depth + 1)
        case str():
            _check_text(value, path)
        case float() if not math.isfinite(value):
            raise DefinitionRefused("This number is too large.", path)


def _check_text(text: str, path: str) -> None:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise DefinitionRefused("It holds a character that no text has.", path)


def step(path: str, key: str | int) -> str:
    """A JSON path, one step further; keys that are no plain words stand in quotes."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    plain = key.replace("_", "a").isalnum() and key.isascii() and not key[:1].isdigit()
    return f"{path}.{key}" if plain else f"{path}[{json.dumps(key, ensure_ascii=False)[:80]}]"

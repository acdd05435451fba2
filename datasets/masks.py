"""Core: how the values of a column are shown to people who may not see them, as SQL.

A mask keeps the column's type, so that charts and tools do not mind; where it does not fit the
type, nothing is left of the value. Missing values stay missing."""

from __future__ import annotations

from dataclasses import dataclass

HIDDEN = "***"
#: Mask -> what it leaves; the stricter first.
MASKS = {
    "empty": "Nothing",
    "stars": f"{HIDDEN} instead of texts",
    "pseudonym": "A made-up name, the same for equal texts",
    "first": f"The first letter and {HIDDEN}",
    "last": f"{HIDDEN} and the last four characters",
    "domain": f"{HIDDEN}@ and the domain of an e-mail address",
    "coarse": "Numbers with one digit, days as their month",
}


@dataclass(frozen=True, slots=True)
class Mask:
    column: str
    kind: str
    key: str = ""  # of pseudonyms: who has it not cannot try names

    def takes_key(self, kind: str) -> bool:
        return self.kind == "pseudonym" and kind == "text"


def expression(column: str, kind: str, mask: str) -> str:
    """SQL of the masked value; ``column`` is quoted. A pseudonym takes its key as a bound value,
    ``?``."""
    text = kind == "text"
    if text:  # what is no text in the snapshot, such as a time of day or a list, is called one
        column = f"CAST({column} AS VARCHAR)"
    match mask:
        case "stars" if text:
            found = f"'{HIDDEN}'"
        case "pseudonym" if text:
            found = f"'p' || substr(sha256(? || ':' || {column}), 1, 12)"
        case "first" if text:
            found = f"left({column}, 1) || '{HIDDEN}'"
        case "last" if text:
            # Of a short text the last four would be nearly all.
            found = (
                f"'{HIDDEN}' || CASE WHEN length({column}) > 8 THEN right({column}, 4) ELSE '' END"
            )
        case "domain" if text:
            found = (
                f"'{HIDDEN}' || CASE WHEN contains({column}, '@') "
                f"THEN '@' || split_part({column}, '@', -1) ELSE '' END"
            )
        case "coarse" if kind in ("integer", "number"):
            size = f"pow(10, floor(log10(abs(CAST({column} AS DOUBLE)))))"
            rounded = f"round(CAST({column} AS DOUBLE) / {size}) * {size}"
            found = f"CASE WHEN {column} = 0 OR NOT isfinite(CAST({column} AS DOUBLE)) "
            found += f"THEN {column} ELSE {rounded} END"
            if kind == "integer":
                found = f"TRY_CAST({found} AS BIGINT)"
        case "coarse" if kind in ("date", "datetime"):
            found = f"date_trunc('month', {column})"
            if kind == "date":
                found = f"CAST({found} AS DATE)"
        case _:
            return f"CASE WHEN FALSE THEN {column} END"
    return f"CASE WHEN {column} IS NOT NULL THEN {found} END"

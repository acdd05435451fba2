"""Core: Arrow columns from SQLite's values, which have a type each and not per column.

The declared type of a column says what it means; where it has none (an expression), or where the
first rows are of another kind, the values decide. A later value that does not fit is refused with
its column, never changed in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from datasets.jailed import Refused

DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
LARGEST = 38  # digits of Arrow's decimal128


def kind_of(declared: str, values: Sequence[Any]) -> pa.DataType:
    """The type of a column by its declaration, if the values (the first ones) agree."""
    wanted = _declared(declared.upper(), values)
    if wanted is not None:
        try:
            array(values, wanted, "")
        except Refused:
            pass
        else:
            return wanted
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        return pa.float64() if float in kinds else pa.int64()
    return pa.string()


def _declared(declared: str, values: Sequence[Any]) -> pa.DataType | None:
    if "BOOL" in declared:
        return pa.bool_()
    if declared == "DATE":
        return pa.date32()
    if "DATETIME" in declared or "TIMESTAMP" in declared:
        zoned = any(isinstance(value, str) and _instant(value).tzinfo for value in values[:1000]
                    if isinstance(value, str) and _is_instant(value))  # fmt: skip
        return pa.timestamp("us", tz="UTC") if zoned else pa.timestamp("us")
    if found := DECIMAL.match(declared):
        digits, scale = int(found[1]), int(found[2] or 0)
        return pa.decimal128(digits, scale) if scale <= digits <= LARGEST else pa.float64()
    if "INT" in declared:
        return pa.int64()
    if any(word in declared for word in ("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL")):
        return pa.float64()
    return pa.string() if any(w in declared for w in ("CHAR", "CLOB", "TEXT", "BLOB")) else None


def array(values: Sequence[Any], kind: pa.DataType, name: str) -> pa.Array:
    convert = _converter(kind)
    kept: list[Any] = []
    for value in values:
        try:
            kept.append(None if value is None else convert(value))
        except (ValueError, TypeError, InvalidOperation, OverflowError) as error:
            raise Refused(
                f"The column '{name}' holds {str(value)[:50]!r}, which is no {kind}. Cast the "
                "column to one type, for example CAST(... AS TEXT)."
            ) from error
    try:
        return pa.array(kept, kind)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise Refused(f"A value of the column '{name}' is no {kind}: {error}") from error


def _converter(kind: pa.DataType) -> Callable[[Any], Any]:
    types = pa.types
    if types.is_boolean(kind):
        return _boolean
    if types.is_date(kind):
        return date.fromisoformat
    if types.is_timestamp(kind):
        return _in_utc if kind.tz else _wall
    if types.is_decimal(kind):
        return lambda value: _decimal(value, kind.precision, kind.scale)
    if types.is_integer(kind):
        return _integer
    if types.is_floating(kind):
        return _float
    return _text


def _boolean(value: Any) -> bool:
    if value in (0, 1):
        return bool(value)
    raise ValueError


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return value
    raise ValueError


def _float(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise ValueError


def _decimal(value: Any, digits: int, scale: int) -> Decimal:
    if not isinstance(value, int | float | str):
        raise ValueError
    made = Decimal(str(value)).quantize(Decimal(1).scaleb(-scale))
    if len(made.as_tuple().digits) > digits or abs(made - Decimal(str(value))) > Decimal("1e-9"):
        raise ValueError  # it would lose digits
    return made


def _is_instant(value: str) -> bool:
    try:
        _instant(value)
    except ValueError:
        return False
    return True


def _instant(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _wall(value: str) -> datetime:
    made = _instant(value)
    if made.tzinfo:
        raise ValueError
    return made


def _in_utc(value: str) -> datetime:
    made = _instant(value)
    if not made.tzinfo:
        raise ValueError
    return made.astimezone(UTC)


def _text(value: Any) -> str:
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)

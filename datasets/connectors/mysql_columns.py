"""Arrow columns from the texts in which MySQL and MariaDB send their values."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pymysql.constants import FIELD_TYPE as T
from pymysql.constants import FLAG

from datasets.errors import QueryFailed

BINARY = 63  # the character set of bytes
LARGEST = 38  # digits of Arrow's decimal128
KINDS = {
    T.SHORT: pa.int32(), T.LONG: pa.int64(), T.INT24: pa.int32(), T.YEAR: pa.int16(),
    T.FLOAT: pa.float64(), T.DOUBLE: pa.float64(), T.DATE: pa.date32(), T.NEWDATE: pa.date32(),
    T.DATETIME: pa.timestamp("us"), T.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}  # fmt: skip


class Columns:
    """The columns of a query, as the server describes them."""

    def __init__(self, fields):
        self.fields = fields
        self.names = [field.name for field in fields]
        # The snapshot's engine does not tell upper from lower case in names.
        lower = [name.lower() for name in self.names]
        if twice := sorted({name for name in lower if lower.count(name) > 1}):
            raise QueryFailed(f"Two columns are named {', '.join(twice)}. Rename one with AS.")
        self.schema = pa.schema([(field.name, kind_of(field)) for field in fields])

    @property
    def selected(self) -> str:
        """The columns as they are asked for: instants counted, so that no hour comes twice."""
        names = [f"`{name.replace('`', '``')}`" for name in self.names]
        return ", ".join(
            f"CAST(UNIX_TIMESTAMP({name}) * 1000000 AS SIGNED) AS {name}"
            if field.type_code == T.TIMESTAMP
            else name
            for name, field in zip(names, self.fields, strict=True)
        )

    def batch(self, rows: list[tuple]) -> pa.RecordBatch:
        columns = zip(*rows, strict=True)
        arrays = [
            _array(values, field, wanted)
            for values, field, wanted in zip(columns, self.fields, self.schema, strict=True)
        ]
        return pa.record_batch(arrays, schema=self.schema)


def kind_of(field) -> pa.DataType:
    code, unsigned = field.type_code, field.flags & FLAG.UNSIGNED
    if code == T.TINY:
        return pa.bool_() if field.length == 1 else pa.int16()
    if code == T.LONGLONG:
        return pa.uint64() if unsigned else pa.int64()
    if code == T.BIT:
        return pa.bool_() if field.length == 1 else pa.uint64()
    if code in (T.DECIMAL, T.NEWDECIMAL):
        # What it is shown in: digits, a point and a sign.
        digits = field.length - (field.scale > 0) - (not unsigned)
        fits = 0 < digits <= LARGEST and field.scale <= digits
        return pa.decimal128(digits, field.scale) if fits else pa.float64()
    return KINDS.get(code, pa.string())


def _array(values: tuple, field, wanted: pa.Field) -> pa.Array:
    kind = wanted.type
    if field.type_code == T.BIT:
        numbers = [None if v is None else int.from_bytes(v, "big") for v in values]
        return pa.array(numbers, pa.uint64()).cast(kind)
    if pa.types.is_string(kind):
        return pa.array([_readable(value) for value in values], kind)
    texts = pa.array([_readable(value) for value in values], pa.string())
    try:
        return _typed(texts, field, kind)
    except pa.ArrowInvalid as error:
        raise QueryFailed(
            f"The column '{wanted.name}' holds a value that a snapshot cannot keep as {kind}: "
            f"{error} Cast it to text, or make it NULL."
        ) from error


def _typed(texts: pa.Array, field, kind: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(kind):  # TINYINT(1)
        numbers = texts.cast(pa.int16())
        odd = pc.not_equal(pc.cast(pc.cast(numbers, pa.bool_()), pa.int16()), numbers)
        if pc.any(odd).as_py():
            raise pa.ArrowInvalid("TINYINT(1) is read as yes or no, and it is neither 0 nor 1.")
        return numbers.cast(pa.bool_())
    if field.type_code == T.TIMESTAMP:
        micros = texts.cast(pa.int64())
        zero = pc.equal(micros, 0)  # '0000-00-00 00:00:00'; the type begins a second after 1970
        return pc.if_else(zero, pa.scalar(None, pa.int64()), micros).cast(kind)
    if pa.types.is_temporal(kind):
        zero = pc.starts_with(texts, "0000-00-00")
        texts = pc.if_else(zero, pa.scalar(None, pa.string()), texts)
    return texts.cast(kind)


def _readable(value: str | bytes | None) -> str | None:
    """Bytes, which have no characters, in hexadecimal."""
    return "\\x" + value.hex() if isinstance(value, bytes) else value

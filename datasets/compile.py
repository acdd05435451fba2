"""Core: a structured `Query` under a `Policy` as one DuckDB statement with bound values.

Names come from the snapshot's own schema and are quoted, values are bound; no text of a person
reaches the statement in another way."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from datasets import bins, clocks, periods
from datasets.conditions import AllOf, Condition, Filter
from datasets.errors import ColumnMissing, FilterRefused
from datasets.masks import expression
from datasets.measures import compile_formula, quote

if TYPE_CHECKING:
    from datasets.models import Snapshot
    from datasets.policies import Policy
    from datasets.query import Group, Query

log = logging.getLogger(__name__)

COMPARISONS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
TRUNCATIONS = ("minute", "hour", "day", "week", "month", "quarter", "year")
PARTS = {"hour_of_day": "hour", "day_of_week": "isodow"}
WIDEST = 127  # bits of a whole number, besides its sign


def to_duckdb(
    query: Query, snapshot: Snapshot, policy: Policy, dataset: str
) -> tuple[str, list[Any]]:
    """Statement over the table ``snapshot``, which the store names in the WITH before it, and its
    values in order."""
    schema = {column["name"]: column["type"] for column in snapshot.schema}
    return _Compiler(query, schema, policy, dataset, snapshot.as_of).statement()


def check_filters(filters: tuple[Filter, ...], columns: dict[str, str], dataset: str) -> None:
    """Raise `DatasetError` where a filter does not fit these columns, name -> type."""
    from datasets.policies import FREE
    from datasets.query import Query

    compiler = _Compiler(Query(), columns, FREE, dataset, datetime.now(UTC))
    for one in filters:
        compiler._filter(one)


class _Compiler:
    def __init__(
        self, query: Query, schema: dict[str, str], policy: Policy, dataset: str, as_of: datetime
    ):
        self.query, self.policy, self.dataset, self.as_of = query, policy, dataset, as_of
        self.all_columns = schema  # row rules may use what the viewer may not see
        hidden = policy.hides(schema)
        self.columns = {name: kind for name, kind in schema.items() if name not in hidden}
        self.values: list[Any] = []
        self.beside: list[str] = []  # one-row tables of the bins' edges

    def statement(self) -> tuple[str, list[Any]]:
        permitted = self._permitted()
        grouped = bool(self.query.group_by or self.query.measures)
        selected = self._grouped() if grouped else self._rows()
        names = [name for _, name in selected]
        parts = [f"SELECT {', '.join(f'{text} AS {quote(name)}' for text, name in selected)}"]
        parts.append(", ".join([f"FROM {self.rows}", *self.beside]))
        if where := self._where():
            parts.append(f"WHERE {where}")
        if self.query.group_by:
            parts.append(
                f"GROUP BY {', '.join(str(i + 1) for i in range(len(self.query.group_by)))}"
            )
        if order := self._order(names):
            if not all(one.is_plain for one in self.query.order):
                # There names mean columns of the answer, never those of the snapshot.
                parts = ["SELECT * FROM (", *parts, ") AS answer"]
            parts.append(f"ORDER BY {order}")
        limits = [n for n in (self.query.limit, self.query.sample) if n is not None]
        if limits:
            parts.append(f"LIMIT {int(min(limits))}")
        if self.query.offset:
            parts.append(f"OFFSET {int(self.query.offset)}")
        if self.query.count:
            parts = ["SELECT count(*) AS total FROM (", *parts, ") AS answer"]
        return " ".join([*permitted, *parts]), self.values

    def _permitted(self) -> list[str]:
        """A table beside ``snapshot`` with what the rules leave of it. All that is asked is asked
        of that table, so nothing that is asked can reach what the rules keep."""
        self.rows = "snapshot"
        if self.policy.is_free:
            return []
        self.rows = "permitted"
        shown = []
        masks = {mask.column: mask for mask in self.policy.masks}
        for name, kind in self.columns.items():
            column = quote(name)
            if mask := masks.get(name):
                self.values += [mask.key] if mask.takes_key(kind) else []
                column = f"{expression(column, kind, mask.kind)} AS {column}"
            shown.append(column)
        # Inside of its own SELECT, where the columns are still the snapshot's own.
        rows = f"(FROM snapshot{self._rule()})"
        return [f", permitted AS NOT MATERIALIZED (SELECT {', '.join(shown)} FROM {rows})"]

    def _rule(self) -> str:
        if self.policy.rows is None:
            return ""
        given = " OR ".join(f"({self._given(one)})" for one in self.policy.rows)
        return f" WHERE {given or 'FALSE'}"

    def _given(self, one: Condition) -> str:
        """A rule that does not fit the snapshot gives no rows; others may."""
        before = len(self.values)
        try:
            return self._condition(one)
        except (ColumnMissing, FilterRefused) as error:
            del self.values[before:]
            log.warning("A row rule of dataset %s gives no rows: %s", self.dataset, error)
            return "FALSE"

    def _condition(self, one: Condition) -> str:
        if isinstance(one, Filter):
            return self._filter(one)
        empty, join = ("TRUE", " AND ") if isinstance(one, AllOf) else ("FALSE", " OR ")
        return join.join(f"({self._condition(part)})" for part in one.parts) or empty

    def _grouped(self) -> list[tuple[str, str]]:
        groups = [(self._group(group), group.output) for group in self.query.group_by]
        fewest = self.policy.fewest
        # With the visible columns only: a hidden one is refused in the words for an unknown one.
        measures = [
            (compile_formula(m.formula, self.columns, fewest), m.name) for m in self.query.measures
        ]
        return groups + measures

    def _rows(self) -> list[tuple[str, str]]:
        names = self.query.select or [n for n in self.columns if n not in self.policy.fewest]
        return [(self._visible(name), name) for name in names]

    def _group(self, group: Group) -> str:
        column = self._visible(group.column)
        if group.bins:
            return self._bins(group, column)
        if not group.grain:
            return column
        if self.columns[group.column] not in ("date", "datetime"):
            raise FilterRefused(f"{group.column} is no time, so it has no {group.grain}.")
        column = self._local(group.column)
        if group.grain in PARTS:
            return f"date_part('{PARTS[group.grain]}', {column})"
        if group.grain not in TRUNCATIONS:
            raise FilterRefused(f"There is no grain '{group.grain}'.")
        return f"CAST(date_trunc('{group.grain}', {column}) AS TIMESTAMP)"

    def _bins(self, group: Group, column: str) -> str:
        kind, (low, high) = self.columns[group.column], group.within
        if kind not in ("integer", "number"):
            raise FilterRefused(f"{group.column} is no number, so it has no bins.")
        if not (1 <= group.bins <= bins.MOST and 0 <= low < high <= 1):
            raise FilterRefused(f"Bins are 1 to {bins.MOST}, between quantiles from 0 to 1.")
        whole = kind == "integer"
        name = f"bins {len(self.beside)}"
        while name in self.all_columns:
            name += "_"
        # The values of this WHERE are bound before those of the statement's own, as they stand.
        table = bins.edges(column, whole, group.bins, group.within, self.rows, self._where())
        self.beside.append(f"({table}) AS {quote(name)}({quote(name)})")
        return bins.bin_of(column, quote(name), whole, (low, high) != (0, 1))

    def _local(self, name: str) -> str:
        """A time as the wall clock of the query's zone shows it; one without a zone is UTC."""
        if self.columns[name] == "date":
            return quote(name)
        return clocks.local(quote(name), self.query.time_zone, self.as_of)

    def _visible(self, name: str) -> str:
        if name not in self.columns:
            raise ColumnMissing(name, self.dataset, list(self.columns))
        if name in self.policy.fewest:
            raise FilterRefused(
                f"Of {name} only totals of at least {self.policy.fewest[name]} rows are shown."
            )
        return quote(name)

    def _where(self) -> str:
        for wanted in self.query.filters:
            self._visible(wanted.column)
        return " AND ".join(f"({self._filter(wanted)})" for wanted in self.query.filters)

    def _filter(self, wanted: Filter) -> str:
        if wanted.column not in self.all_columns:
            raise ColumnMissing(wanted.column, self.dataset, list(self.columns))
        column, kind = quote(wanted.column), self.all_columns[wanted.column]
        match wanted.op, wanted.value:
            case "is_null", _:
                return f"{column} IS NULL"
            case "not_null", _:
                return f"{column} IS NOT NULL"
            case "in" | "not_in", list() | tuple() as values:
                return self._in(column, kind, wanted, list(values))
            case "contains", str() as text:
                mark = self._bind(text, "text", wanted)
                return f"contains(lower(CAST({column} AS VARCHAR)), lower({mark}))"
            case "period", [str() as span, int() | str() as back]:
                return self._period(column, kind, span, back)
            case op, value if op in COMPARISONS:
                return f"{column} {COMPARISONS[op]} {self._bind(value, kind, wanted)}"
        raise FilterRefused(
            f"The filter {wanted.column} {wanted.op} {wanted.value!r} is not understood."
        )

    def _in(self, column: str, kind: str, wanted: Filter, values: list[Any]) -> str:
        """One of the values; None among them is the missing value."""
        known = [value for value in values if value is not None]
        marks = ", ".join(self._bind(value, kind, wanted) for value in known)
        parts = [f"{column} IN ({marks})"] if known else []
        parts += [f"{column} IS NULL"] if len(known) < len(values) else []
        if wanted.op == "in":
            return " OR ".join(parts) or "FALSE"
        # Of `NOT IN` rows without a value are none, as in SQL, unless they are named.
        return f"NOT ({' OR '.join(parts)})" if parts else "TRUE"

    def _period(self, column: str, kind: str, span: str, back: periods.Back) -> str:
        if kind not in ("date", "datetime"):
            raise FilterRefused(f"{column} is no time, so it has no period.")
        try:
            start, end = periods.bounds(span, back, self.as_of, self.query.time_zone)
        except (ValueError, OverflowError) as error:
            raise FilterRefused(
                f"The period {span}, {back} back, begins before all time."
            ) from error
        if kind == "date":
            zone = ZoneInfo(self.query.time_zone)
            last = (end - periods.TICK).astimezone(zone)
            self.values += [start.astimezone(zone).date(), last.date()]
            return f"{column} BETWEEN ? AND ?"
        self.values += [start, end]
        return f"{column} >= ? AND {column} < ?"

    def _bind(self, value: Any, kind: str, wanted: Filter) -> str:
        self.values.append(_typed(value, kind, wanted.column, self.query.time_zone))
        return "?"

    def _order(self, names: list[str]) -> str:
        parts = []
        if self.query.sample is not None:
            # By the rows' places, not by what is in them: equal rows are as likely as others.
            parts.append("hash(row_number() OVER ())")
        for order in self.query.order:
            if order.name not in names and (self.query.group_by or self.query.measures):
                raise ColumnMissing(order.name, self.dataset, names)
            column = quote(order.name) if order.name in names else self._visible(order.name)
            if order.within:
                column = f"sum({column}) OVER (PARTITION BY {quote(order.within)})"
            elif order.values:
                self.values.append(list(order.values))
                column = f"list_position(?, CAST({column} AS VARCHAR))"
            parts.append(f"{column} {'DESC' if order.descending else 'ASC'} NULLS LAST")
        return ", ".join(parts)


def _typed(value: Any, kind: str, column: str, zone: str) -> Any:
    """A filter's value as the type of its column; texts come from links and forms. A day or time
    without a zone is one of the query's zone."""
    try:
        match kind:
            case "integer" if isinstance(value, float) and not value.is_integer():
                return value  # compared as it is: 1.5 is more than 1
            case "integer":
                return _in_range(int(value))
            case "number":
                return float(value)
            case "boolean":
                return (
                    value
                    if isinstance(value, bool)
                    else {"true": True, "false": False}[value.lower()]
                )
            case "date":
                day = value if isinstance(value, date) else date.fromisoformat(value)
                return day.date() if isinstance(day, datetime) else day
            case "datetime":
                return _moment(value, zone)
            case _ if value is None or isinstance(value, list | tuple | dict):
                raise ValueError
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise FilterRefused(f"{value!r} is no {kind}, as {column} is.") from error
    return str(value)


def _in_range(number: int) -> int:
    """The engine's widest whole number has 128 bits; a wider one would fail there."""
    if number.bit_length() > WIDEST:
        raise OverflowError
    return number


def _moment(value: Any, zone: str) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()  # stands for its first moment
    moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))

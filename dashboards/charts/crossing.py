"""Values where rows and columns cross, with all their totals: their order, and what is cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.charts.formulas import Formula

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Mark:
    """A key that is no value of a column."""

    name: str


ALL, OTHER = Mark("Total"), Mark("Other")


@dataclass(frozen=True, slots=True)
class Dimension:
    column: str
    label: str
    grain: str = ""
    is_time: bool = False
    numeric: bool = False

    @property
    def has_order(self) -> bool:
        """Times and numbers have an order of their own."""
        return self.is_time or self.numeric


@dataclass(frozen=True, slots=True)
class Cut:
    """Keys that are shown, in order; ``rest`` others are in `OTHER`, if that is among them."""

    keys: list[Any]
    every: int

    @property
    def rest(self) -> int:
        return self.every - len([key for key in self.keys if key not in (OTHER, (OTHER,))])


class Crossing:
    """``values``: (row, column) -> one value per measure. A row is a tuple of one value per
    dimension, of fewer for totals; a column is a value, or `ALL`."""

    def __init__(
        self,
        down: list[Dimension],
        across: Dimension | None,
        formulas: list[Formula],
        *,
        by_name: bool = False,
    ):
        self.down, self.across, self.formulas, self.by_name = down, across, formulas, by_name
        self.adds_up = all(formula.adds_up for formula in formulas)
        self.values: dict[tuple[tuple, Any], tuple[float | None, ...]] = {}

    def add(self, table: pa.Table) -> None:
        """One answer: its columns say which level of totals it is."""
        names = table.column_names
        levels = [table.column(n).to_pylist() for n in names if n.startswith("row_")]
        rows = list(zip(*levels, strict=True)) if levels else [()] * table.num_rows
        columns = table.column("column").to_pylist() if "column" in names else [ALL] * len(rows)
        measures = [table.column(f"value_{i}").to_pylist() for i in range(len(self.formulas))]
        values = zip(*measures, strict=True)
        for row, column, found in zip(rows, columns, values, strict=True):
            self.values[row, column] = found

    def of(self, row: tuple, column: Any) -> tuple[float | None, ...]:
        return self.values.get((row, column), (None,) * len(self.formulas))

    def weight(self, row: tuple, column: Any = ALL) -> float:
        found = self.of(row, column)[0]
        return float("-inf") if found is None else found

    def columns(self, most: int) -> Cut:
        """The columns that have room; of times the newest."""
        if self.across is None:
            return Cut([ALL], 1)
        keys = list(dict.fromkeys(column for _, column in self.values if column is not ALL))
        ranked = sorted(keys, key=lambda key: -self.weight((), key))
        natural = self.across.has_order or self.by_name
        if self.across.is_time:
            kept = sorted(keys, key=_natural)[-most:] if len(keys) > most else keys
        else:
            kept = ranked if len(keys) <= most + self.adds_up else ranked[:most]
        shown = sorted(kept, key=_natural) if natural else [key for key in ranked if key in kept]
        if len(kept) < len(keys) and self.adds_up and not self.across.is_time:
            self._add_other(set(keys) - set(kept))
            shown.append(OTHER)
        return Cut(shown, len(keys))

    def _add_other(self, rest: set) -> None:
        sums: dict[tuple, list[float]] = {}
        for (row, column), found in self.values.items():
            if column in rest:
                own = sums.setdefault(row, [0.0] * len(self.formulas))
                sums[row] = [a + (b or 0) for a, b in zip(own, found, strict=True)]
        for row, found in sums.items():
            self.values[row, OTHER] = tuple(found)

    def rows(self, most: int) -> Cut:
        depth = len(self.down)
        keys = [row for row, column in self.values if column is ALL and len(row) == depth]
        keys.sort(key=self._rank(keys))
        if len(keys) <= most + (self.adds_up and depth == 1):
            return Cut(keys, len(keys))
        shown = keys[:most]
        if self.adds_up and depth == 1:
            self._sum_rows(keys[most:])
            shown = [*shown, (OTHER,)]
        return Cut(shown, len(keys))

    def _sum_rows(self, rest: list[tuple]) -> None:
        gone, columns = set(rest), {column for _, column in self.values}
        for column in columns:
            found = [self.values[row, column] for row in gone if (row, column) in self.values]
            sums = zip(*found, strict=True)
            if found:
                self.values[(OTHER,), column] = tuple(sum(v or 0 for v in one) for one in sums)

    def _rank(self, keys: list[tuple]) -> Callable[[tuple], tuple]:
        """Sorts rows so that those of one group stand together, groups by their own totals."""
        totals: dict[tuple, float] = {}
        for key in keys:
            for depth in range(1, len(key)):
                own = self.weight(key)
                known = totals.get(key[:depth], 0.0)
                totals[key[:depth]] = known + (own if own > float("-inf") else 0.0)

        def rank(key: tuple) -> tuple:
            found = []
            for depth, dimension in enumerate(self.down, 1):
                part = key[:depth]
                weight = 0.0
                if not (dimension.has_order or self.by_name):
                    asked = (part, ALL) in self.values
                    weight = self.weight(part) if asked else totals[part]
                found.append((-weight, _natural(part[-1])))
            return tuple(found)

        return rank


def _natural(key: Any) -> tuple:
    """Texts without regard to case; nothing comes last."""
    if isinstance(key, str):
        return (key is None, key.casefold(), key)
    return (key is None, 0 if key is None else key)

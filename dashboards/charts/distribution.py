"""Counts of a numeric column's bins, read from the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboards.charts import scales
from datasets import formats

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Counts:
    """Rows of one series; ``by_edge`` has the bins within the scale by their lower edges."""

    name: str
    by_edge: dict[float, float] = field(default_factory=dict)
    below: float = 0
    above: float = 0
    color: str = ""
    median: float | None = None

    @property
    def total(self) -> float:
        return sum(self.by_edge.values()) + self.below + self.above


@dataclass(frozen=True, slots=True)
class Scale:
    """The bins: the first one's lower edge, their width, how many there are."""

    first: float
    step: float
    count: int
    named: bool  # whole numbers with a bar each, which stands over its number
    whole: bool

    def edge(self, index: int) -> float:
        return scales.tidy(self.first + index * self.step)

    def middle(self) -> float:
        """How far a bar is moved to the left."""
        return self.step / 2 if self.named or self.count == 1 and not self.whole else 0.0


def read(table: pa.Table, locale: str) -> tuple[list[Counts], int, float]:
    """Rows by series, how many have no value, and the width of a bin."""
    bins, counts = table.column("bin").to_pylist(), table.column("count").to_pylist()
    keys = (
        table.column("series").to_pylist() if "series" in table.column_names else [""] * len(bins)
    )
    by_name: dict[str, Counts] = {}
    unknown, step = 0, 0.0
    for found, key, count in zip(bins, keys, counts, strict=True):
        name = formats.name(key, locale)
        one = by_name.setdefault(name, Counts(name))
        count = max(count or 0, 0)
        if found is None:
            unknown += int(count)
        elif found["from"] is None:
            one.below += count
        elif found["to"] is None:
            one.above += count
        elif count:
            start = scales.tidy(found["from"])
            one.by_edge[start] = one.by_edge.get(start, 0) + count
            step = max(step, found["to"] - found["from"])
    return list(by_name.values()), unknown, scales.tidy(step)

"""Columns of a table: where they come from, how their cells are written, which one is meant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboards.charts.formulas import Formula, read_formula
from dashboards.errors import OptionsRefused
from datasets import formats

if TYPE_CHECKING:
    from dashboards.charts.registry import Context

MOST_COLUMNS = 50
NUMERIC = ("integer", "number")
TIMES = ("date", "datetime")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the answer as it is shown."""

    name: str  # in the answer
    label: str
    formula: Formula | None = None
    pattern: str = ""
    unit: str = ""
    kind: str = "number"

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC

    @property
    def heading(self) -> str:
        return f"{self.label}, {self.unit}" if self.unit else self.label

    def text(self, value: Any, context: Context) -> str:
        if self.formula:
            return formats.number(value, self.pattern, context.locale)
        return formats.text(value, self.pattern, context.locale, context.time_zone)

    def rank(self, value: Any) -> str | None:
        """What the page sorts by, as JavaScript reads it: nothing for a missing value. Texts are
        sorted by themselves."""
        if value is None:
            return ""
        return str(formats.plain(value)) if self.numeric or self.kind in TIMES else None


def of(
    names: tuple[str, ...],
    measures: tuple[str, ...],
    patterns: tuple[str, ...],
    context: Context,
) -> list[Column]:
    """Columns of the dataset, then measures; at most `MOST_COLUMNS`."""
    found = []
    for name in names:
        info = context.columns.get(name)
        if info is None:
            raise OptionsRefused("columns", f"the dataset has no column '{name}'.")
        unit = info.unit if info.type in NUMERIC and not info.format.endswith("%") else ""
        found.append(Column(name, info.label, None, info.format, unit, info.type))
    for index, written in enumerate(measures):
        formula = read_formula(written, context.columns)
        name = f"measure_{index}"
        found.append(Column(name, formula.label, formula, formula.pattern, formula.unit))
    if len(found) > MOST_COLUMNS:
        raise OptionsRefused("columns", f"there are {len(found)}; at most {MOST_COLUMNS}.")
    for written in patterns:
        label, column = _pattern(written, found)
        found[next(i for i, c in enumerate(found) if label in (c.name, c.label))] = column
    return found


def _pattern(written: str, known: list[Column]) -> tuple[str, Column]:
    """``Label: pattern | unit`` as the column with them; the unit may be left out."""
    label, colon, rest = written.rpartition(":")
    if not colon:
        raise OptionsRefused("patterns", f"'{written}' is no line such as Price: #,##0.00 | EUR.")
    pattern, bar, unit = (part.strip() for part in rest.partition("|"))
    if pattern and not formats.is_pattern(pattern):
        raise OptionsRefused("patterns", f"'{pattern}' is no number format such as #,##0.0.")
    column = named(label.strip(), "patterns", known)
    unit = unit if bar else "" if pattern.endswith("%") else column.unit
    return label.strip(), replace(column, pattern=pattern or column.pattern, unit=unit)


def named(name: str, option: str, known: list[Column]) -> Column:
    """The column that is meant by its label or by its name in the answer."""
    for column in known:
        if name in (column.name, column.label):
            return column
    labels = ", ".join(column.label for column in known)
    raise OptionsRefused(option, f"there is no '{name}'. There are {labels}.")


def measure_named(name: str, option: str, known: list[Column]) -> Column:
    column = named(name, option, known)
    if not column.numeric:
        raise OptionsRefused(option, f"'{column.label}' has no numbers.")
    return column

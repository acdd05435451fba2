"""A measure as charts use it: its formula with a label, a pattern and a unit.

Measures are written ``sum(value)`` or, where several stand side by side,
``Recovered: sum(recovered) / count() | 0.0%``: label before the colon, pattern after the bar.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from dashboards.charts.registry import ColumnInfo
from dashboards.errors import OptionsRefused
from datasets import formats, measures
from datasets.errors import FormulaRefused

CALL = re.compile(r"\s*(\w+)\(\s*(\w*)\s*(?:,\s*([\d.]+)\s*)?\)\s*")
#: Aggregate -> words around the label of its column.
WORDS = {"sum": "{}", "count": "Rows with {}", "count_distinct": "Distinct {}", "avg": "Average {}",
         "median": "Median {}", "min": "Smallest {}", "max": "Largest {}",
         "stddev": "Standard deviation of {}", "quantile": "Quantile {q} of {}",
         **{f"p{at}": f"Percentile {at} of {{}}" for at in (5, 10, 25, 75, 90, 95)}}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formula:
    label: str
    formula: str
    pattern: str = ""
    unit: str = ""

    @property
    def is_share(self) -> bool:
        return self.pattern.endswith("%")

    @property
    def adds_up(self) -> bool:
        """Whether the values of parts sum to that of the whole: counts and sums do."""
        return _adds_up(ast.parse(self.formula.strip(), mode="eval").body)

    def number(self, value: float | None, locale: str) -> str:
        return formats.number(value, self.pattern, locale)

    def short(self, value: float | None, locale: str) -> str:
        """For tight places such as bar ends: 148.2K."""
        if self.pattern:
            return self.number(value, locale)
        if value is not None and 100 <= abs(value) < 1000:
            return formats.number(value, "#,##0", locale)
        return formats.compact(value, locale)

    def shortest(self, value: float | None, locale: str) -> str:
        """Without decimals and percent sign, for bars under which an axis says the rest."""
        if value is not None and self.is_share:
            return formats.number(value * 100, "#,##0", locale)
        return (
            formats.number(value, "#,##0", locale)
            if abs(value or 0) < 1000
            else formats.compact(value, locale)
        )

    def text(self, value: float | None, locale: str) -> str:
        written = self.number(value, locale)
        return f"{written} {self.unit}" if self.unit and value is not None else written

    def cell(self, value: float | None, locale: str) -> tuple[str, float | None]:
        """For the table of the same numbers: as it is written, and as it is."""
        return self.text(value, locale), value


def refuse_stack(formulas: list[Formula]) -> None:
    """Parts that stand on each other say that their sum is something."""
    for formula in formulas:
        if not formula.adds_up:
            raise OptionsRefused(
                "stack",
                f"values of '{formula.formula}' do not add up, so they cannot stand on each other. "
                "Take count() or sum(...), or side by side.",
            )


def share_cell(share: float | None, locale: str) -> tuple[str, float | None]:
    """A share in the table of the same numbers."""
    return formats.number(share, "0.0%", locale), share


def read_formula(
    written: str, columns: dict[str, ColumnInfo], *, pattern: str = "", unit: str = ""
) -> Formula:
    """The measure that ``written`` says; what it leaves out comes from the column it reads."""
    # A formula has neither colons nor bars, so the last ones end the label and begin the pattern.
    head, bar, tail = written.rpartition("|")
    body, own_pattern = (head, tail.strip()) if bar else (written, "")
    label, _, formula = body.rpartition(":")
    try:
        measures.check_names(formula.strip())  # before it is asked whether its values add up
    except FormulaRefused as error:
        raise OptionsRefused("measure", str(error)) from error
    call = CALL.fullmatch(formula)
    function, name = (call[1], call[2]) if call else ("", "")
    column = columns.get(name) if function in WORDS else None
    if column is not None and "count" not in function:
        pattern, unit = pattern or column.format, unit or column.unit
    if not label.strip():
        label = (
            WORDS[function].format(column.label, q=call[3] if call else "")
            if column
            else _plain(formula)
        )
    pattern = own_pattern or pattern
    if pattern and not formats.is_pattern(pattern):
        raise OptionsRefused("pattern", f"'{pattern}' is no number format such as #,##0.0 or 0.0%.")
    return Formula(label.strip(), formula.strip(), pattern, "" if pattern.endswith("%") else unit)


def _plain(formula: str) -> str:
    return "Count" if re.fullmatch(r"\s*count\(\s*\)\s*", formula) else formula.strip()


def _adds_up(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="sum" | "count")):
            return True
        case ast.UnaryOp(operand=operand):
            return _adds_up(operand)
        case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
            return _adds_up(left) and _adds_up(right)
        case ast.BinOp(op=ast.Mult() | ast.Div(), left=left, right=ast.Constant()):
            return _adds_up(left)
        case ast.BinOp(op=ast.Mult(), left=ast.Constant(), right=right):
            return _adds_up(right)
    return False

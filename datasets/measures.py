"""Core: a measure's formula, such as ``sum(recovered) / count()``, to one aggregate expression.

The grammar is Python's for arithmetic and calls, cut down to numbers, columns, the four operations
and the aggregates below; the text that reaches the engine is generated from the tree, never pasted.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from datasets.errors import FormulaRefused

LONGEST = 500  # characters
LARGEST = 10**300  # of a number in a formula
NUMERIC = ("integer", "number", "boolean")
#: Name -> (expression around its column, types of columns that it takes; None: all).
AGGREGATES = {
    "count": ("count({})", None),
    "count_distinct": ("count(DISTINCT {})", None),
    "sum": ("sum({})", NUMERIC),
    "avg": ("avg({})", NUMERIC),
    "median": ("median({})", NUMERIC),
    "min": ("min({})", None),
    "max": ("max({})", None),
    "stddev": ("stddev_samp({})", NUMERIC),
    **{
        f"p{at}": (f"quantile_cont(CAST({{}} AS DOUBLE), {at / 100})", NUMERIC)
        for at in (5, 10, 25, 75, 90, 95)
    },
}
QUANTILE = "quantile"  # (column, share): the one aggregate with a second argument
#: Of what is aggregated already, such as the width of an interval; below zero there is no root.
ROOT = "nullif(pow(CAST({} AS DOUBLE), 0.5), CAST('nan' AS DOUBLE))"
NO_LIMITS: Mapping[str, int] = MappingProxyType({})
OPERATIONS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


#: Aggregates of which no value of a single row can be read.
TOTALS = ("count", "count_distinct", "sum", "avg", "stddev")


def compile_formula(
    formula: str, columns: dict[str, str], fewest: Mapping[str, int] = NO_LIMITS
) -> str:
    """The formula as a DuckDB aggregate expression of type DOUBLE; division by zero gives NULL.

    ``columns``: name -> type (`datasets.models.ColumnType`). ``fewest``: columns that are shown
    only as totals of at least so many rows; of fewer they are NULL. Raises `FormulaRefused`."""
    tree = _parse(formula)
    text, aggregated = _expression(tree, columns, formula, fewest)
    if not aggregated:
        raise FormulaRefused(f"'{formula}' needs an aggregate, such as sum(...) or count().")
    return f"CAST({text} AS DOUBLE)"


def check_names(formula: str) -> None:
    """Raise `FormulaRefused` where a formula is none, or calls what is no aggregate."""
    for node in ast.walk(_parse(formula)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id != "sqrt"
        ):
            _check_aggregate(node.func.id)


def columns_of(formula: str) -> set[str]:
    """Columns that the formula reads."""
    tree = _parse(formula)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called)
    return {name.id for name in names}


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _parse(formula: str) -> ast.expr:
    if len(formula) > LONGEST:
        raise FormulaRefused(f"A formula has at most {LONGEST} characters.")
    try:
        return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if re.search(r"\bcount\(\s*\*\s*\)", formula, re.IGNORECASE):
            raise FormulaRefused("Write count() for the number of rows, without a star.") from error
        raise FormulaRefused(
            f"'{formula}' is not understood. Write for example: sum(revenue) / count()"
        ) from error


def _expression(
    node: ast.expr, columns: dict[str, str], formula: str, fewest: Mapping[str, int]
) -> tuple[str, bool]:
    """SQL of a node, and whether an aggregate is in it."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _number(number, formula), False
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            text, aggregated = _expression(operand, columns, formula, fewest)
            return f"(-{text})", aggregated
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            a, a_aggregated = _expression(left, columns, formula, fewest)
            b, b_aggregated = _expression(right, columns, formula, fewest)
            if isinstance(op, ast.Div):
                if isinstance(right, ast.Constant) and not right.value:
                    raise FormulaRefused(f"'{formula}' divides by zero.")
                a, b = f"CAST({a} AS DOUBLE)", f"nullif({b}, 0)"
            return f"({a} {OPERATIONS[type(op)]} {b})", a_aggregated or b_aggregated
        case ast.Call(func=ast.Name(id="sqrt"), args=[operand], keywords=[]):
            text, aggregated = _expression(operand, columns, formula, fewest)
            return ROOT.format(text), aggregated
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _aggregate(name, args, columns, fewest), True
        case ast.Name(id=name):
            raise FormulaRefused(f"Put the column {name} into an aggregate, such as sum({name}).")
    raise FormulaRefused(
        f"'{formula}' has a part that is no number, column, operation or aggregate. "
        f"Aggregates: {', '.join([*AGGREGATES, QUANTILE])}."
    )


def _number(number: int | float, formula: str) -> str:
    if abs(number) > LARGEST:
        raise FormulaRefused(f"'{formula}' has a number that is too large.")
    return repr(float(number))


def _check_aggregate(name: str) -> None:
    known = [*AGGREGATES, QUANTILE]
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]}()?" if close else f"Known: {', '.join(known)}."
        raise FormulaRefused(f"There is no aggregate {name}(). {hint}")


def _aggregate(
    name: str, args: list[ast.expr], columns: dict[str, str], fewest: Mapping[str, int]
) -> str:
    _check_aggregate(name)
    if name == "count" and not args:
        return "count(*)"
    template, types = AGGREGATES.get(name, ("", NUMERIC))
    match name, args:
        case "quantile", [ast.Name(id=column), ast.Constant(value=int() | float() as share)]:
            if isinstance(share, bool) or not 0 <= share <= 1:
                raise FormulaRefused(f"quantile() is from 0 to 1, not {share}.")
            template = f"quantile_cont(CAST({{}} AS DOUBLE), {float(share)!r})"
        case "quantile", _:
            raise FormulaRefused("quantile() takes a column and a share: quantile(value, 0.9).")
        case _, [ast.Name(id=column)]:
            pass
        case _:
            raise FormulaRefused(f"{name}() takes the name of one column.")
    if column not in columns:
        close = get_close_matches(column, columns, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(columns)}."
        raise FormulaRefused(f"There is no column {column}. {hint}")
    if types and columns[column] not in types:
        raise FormulaRefused(f"{name}() wants numbers; {column} is {columns[column]}.")
    operand = quote(column)
    if columns[column] == "boolean" and types:
        operand = f"CAST({operand} AS INTEGER)"
    found = template.format(operand)
    if column not in fewest:
        return found
    if name not in TOTALS:
        raise FormulaRefused(
            f"{name}() shows a single value of {column}, of which only totals are shown."
        )
    return f"CASE WHEN count({quote(column)}) >= {int(fewest[column])} THEN {found} END"

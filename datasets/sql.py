"""Core: exactly one query, its canonical text, and its bound parameters.

A parser is no wall (see the engine's own guards in the connectors); it refuses what is plainly not
a query, tells the author where, and what it lets through is sent in its own regenerated text,
without comments and hints, so that no engine reads something else than what was checked. Names are
looked up in `datasets.denied`, in the tree and once more in the text that will be sent.
"""

from __future__ import annotations

import functools
import itertools
import logging
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, ParamSpec, TypeVar

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from datasets.denied import RULES, Rules
from datasets.errors import SqlRefused

LONGEST = 200_000  # characters
DEEPEST = 200  # levels of brackets; the parser recurses

FORBIDDEN = (
    exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Set, exp.Pragma, exp.Use, exp.Copy,
    exp.Attach, exp.Detach, exp.Drop, exp.Alter, exp.Describe, exp.Transaction, exp.Commit,
    exp.Rollback, exp.NextValueFor, exp.Kill, exp.Execute,
)  # fmt: skip

ONE_UNIT = re.compile(r"^\s*[-+]?\d+(\.\d+)?\s*[a-z]+\s*$", re.IGNORECASE)  # of an interval
TokenType = sqlglot.TokenType
BITS = (TokenType.HEX_STRING, TokenType.BIT_STRING)
UNITS = {
    "postgres": ("year", "month", "day", "hour", "minute", "second"),
    "duckdb": tuple(f"{unit}{s}" for s in ("", "s") for unit in (
        "year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond",
        "microsecond", "decade", "century", "millennium")),
}  # fmt: skip
MARK = "\x00"  # cannot be in a statement, so it can hold the place of a parameter

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # refusals are told to the author, not the log


P = ParamSpec("P")
R = TypeVar("R")


def _not_too_deep(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except RecursionError as error:
            raise SqlRefused(
                "The statement is nested too deep. Write it with fewer levels."
            ) from error

    return guarded


@_not_too_deep
def canonical(text: str, dialect: str) -> str:
    """The statement as it will be sent: one query, regenerated without comments.

    Raises `SqlRefused` with line and column where the parser knows them."""
    tree = _parse(text, dialect)
    rules = RULES[dialect]
    for node in tree.find_all(*FORBIDDEN):
        raise SqlRefused(f"Only reading is allowed; {_name(node)} is not a part of a plain query.")
    _refuse_tables(tree, dialect, rules)
    for function in tree.find_all(exp.Func):
        for name in _function_names(function):
            if rules.functions.fullmatch(name) or (
                isinstance(function, exp.Anonymous) and rules.refuse_function(name)
            ):
                raise _function_refused(name)
    if not rules.variables and tree.find(exp.Parameter, exp.SessionParameter):
        raise SqlRefused("Variables such as @name are not allowed. Parameters are written :name.")
    for node in tree.find_all(exp.Select):
        node.set("hint", None)
    sent = _text(tree, dialect)
    for name in _called(sent, dialect):
        if rules.functions.fullmatch(name):
            raise _function_refused(name)
    return sent


def _refuse_tables(tree: exp.Expr, dialect: str, rules: Rules) -> None:
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            name = _called_first(table.this.sql(dialect))
            if rules.in_from is not None and name.lower() not in rules.in_from:
                raise SqlRefused(f"The function {name.lower()}() cannot stand for a table here.")
        elif rules.refuse_table(table.db, table.name):
            raise SqlRefused(f"The system table {table.name.lower()} is not allowed in a dataset.")


def _text(tree: exp.Expr, dialect: str) -> str:
    """The tree as text of its engine, without comments."""
    if dialect == "mysql":  # MariaDB knows REGEXP only as an operator
        for node in reversed(list(tree.find_all(exp.RegexpLike))):
            if not node.args.get("flag"):
                sides = [side.sql(dialect, comments=False) for side in (node.this, node.expression)]
                node.replace(exp.var(f"({sides[0]} REGEXP {sides[1]})"))
    return tree.sql(dialect, comments=False)


def _called_first(text: str) -> str:
    return text.partition("(")[0].strip().strip('`"')


def _called(text: str, dialect: str) -> Iterable[str]:
    """What stands before an opening bracket, whatever the tree took it for."""
    tokens = _tokens(text, dialect)
    for token, following in itertools.pairwise(tokens):
        if following.token_type == TokenType.L_PAREN and token.token_type != TokenType.STRING:
            yield token.text


def _function_refused(name: str) -> SqlRefused:
    return SqlRefused(f"The function {name.lower()}() is not allowed in a dataset.")


@_not_too_deep
def parameters(text: str, dialect: str) -> list[str]:
    """Names of the parameters, written ``:name``, in the order in which they appear."""
    names = (node.name for node in _parse(text, dialect).find_all(exp.Placeholder))
    return list(dict.fromkeys(names))


@_not_too_deep
def pyformat(canonical_text: str, dialect: str) -> str:
    """The canonical text in the form of drivers that fill it in: parameters ``%(name)s``, other
    percent signs doubled."""
    marked = _parse(canonical_text, dialect).transform(
        lambda node: (
            exp.var(f"{MARK}{node.name}{MARK}") if isinstance(node, exp.Placeholder) else node
        )
    )
    text = _text(marked, dialect).replace("%", "%%")
    return re.sub(f"{MARK}(\\w+){MARK}", r"%(\1)s", text)


def for_psycopg2(canonical_text: str) -> str:
    return pyformat(canonical_text, "postgres")


@_not_too_deep
def nulled(canonical_text: str, dialect: str) -> str:
    """The canonical text with NULL for each parameter: a query of the same columns."""
    tree = _parse(canonical_text, dialect).transform(
        lambda node: exp.null() if isinstance(node, exp.Placeholder) else node
    )
    return _text(tree, dialect)


@_not_too_deep
def keep_order(canonical_text: str, dialect: str, rows: int) -> str:
    """The canonical text, such that its order outlives being put into brackets.

    MariaDB, MySQL and SQLite are free to ignore an ORDER BY within them, but not with a LIMIT."""
    tree = _parse(canonical_text, dialect)
    if not tree.args.get("order") or tree.args.get("limit") or tree.args.get("offset"):
        return canonical_text
    tree.set("limit", exp.Limit(expression=exp.Literal.number(rows)))
    return _text(tree, dialect)


def require_values(canonical_text: str, dialect: str, values: dict[str, Any]) -> None:
    if missing := [name for name in parameters(canonical_text, dialect) if name not in values]:
        raise SqlRefused(f"Give a value to the parameter {', '.join(missing)}.")


def typed(text: str, kind: str) -> Any:
    """A parameter's text as a value of its type; raises ValueError when it is none."""
    match kind:
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "boolean":
            if text.lower() not in ("true", "false"):
                raise ValueError("Write true or false.")
            return text.lower() == "true"
        case "date":
            return date.fromisoformat(text)
        case "datetime":
            return datetime.fromisoformat(text)
    return text


def locate(
    position: int, canonical_text: str, original: str, dialect: str
) -> tuple[int, int] | None:
    """Line and column in the author's text of what stands at ``position`` (from 0) in the
    canonical.

    The same word in the same turn: the n-th "revenu" of one text is the n-th of the other."""
    if (found := _token_at(position, _tokens(canonical_text, dialect))) is None:
        return None
    word, turn = found
    same = [token for token in _tokens(original, dialect) if token.text.lower() == word]
    if turn >= len(same):
        return None
    token = same[turn]
    before = original[: token.start]
    return before.count("\n") + 1, token.start - (before.rfind("\n") + 1) + 1


def _token_at(position: int, tokens: Iterable[Any]) -> tuple[str, int] | None:
    seen: dict[str, int] = {}
    for token in tokens:
        word = token.text.lower()
        if token.end >= position:
            return word, seen.get(word, 0)
        seen[word] = seen.get(word, 0) + 1
    return None


def _tokens(text: str, dialect: str) -> list[Any]:
    return sqlglot.tokenize(text, read=dialect)


def _parse(text: str, dialect: str) -> exp.Expr:
    _refuse_text(text, dialect)
    try:
        statements = _statements(text, dialect)
        if (kept := _keep_literals(text, dialect)) != text:
            statements = _statements(
                kept, dialect
            )  # the errors of the author's own text come first
    except SqlglotError as error:
        first = getattr(error, "errors", [{}])[0]
        message = _in_words(first.get("description"))
        near = first.get("highlight")
        line = first.get("line")
        column = first["col"] - len(near or "") + 1 if line else None
        place = f", near {near!r}." if near else ""
        raise SqlRefused(message + place, line, column) from error
    if len(statements) != 1:
        raise SqlRefused(f"Write exactly one query; this has {len(statements)} statements.")
    tree = statements[0]
    if not isinstance(tree, exp.Query) or not tree.find(exp.Select):
        raise SqlRefused("Write a SELECT, or a WITH that ends in one; nothing else is run.")
    return tree


def _statements(text: str, dialect: str) -> list[exp.Expr]:
    return [tree for tree in sqlglot.parse(text, read=dialect) if tree is not None]


def _keep_literals(text: str, dialect: str) -> str:
    """The text in a form whose literals the parser does not change in silence.

    Of ``interval '30 days ago'`` it keeps 30 days, of ``1_000`` it makes 1 named _000."""
    tokens = _tokens(text, dialect)
    if any(token.token_type in BITS and text[token.start] == "0" for token in tokens):
        raise SqlRefused("Write numbers such as 0x1F with digits only.")
    for index in range(len(tokens) - 2, -1, -1):
        first, second, *rest = tokens[index : index + 3]
        if first.token_type == TokenType.NUMBER and first.end + 1 == second.start:
            if second.token_type == TokenType.VAR:
                raise SqlRefused(f"Write the number {first.text}{second.text} with digits only.")
        elif dialect not in UNITS:
            continue
        elif first.token_type == TokenType.INTERVAL and second.token_type == TokenType.STRING:
            unit = bool(rest) and rest[0].text.lower() in UNITS[dialect]
            if not unit and not ONE_UNIT.match(second.text):
                literal = text[second.start : second.end + 1]
                text = f"{text[: first.start]}CAST({literal} AS INTERVAL){text[second.end + 1 :]}"
    return text


def _in_words(said: str | None) -> str:
    """What the parser said, without the names of its own classes."""
    if not said:
        return "This is not understood as SQL. Is each quote, bracket and comment closed?"
    if "missing for <class" in said:
        return "Something is missing or too much"
    return said.partition(" but got <")[0]


def _refuse_text(text: str, dialect: str) -> None:
    if len(text) > LONGEST:
        raise SqlRefused(f"A statement has at most {LONGEST:,} characters; this has {len(text):,}.")
    if MARK in text:
        raise SqlRefused("A statement cannot hold the character NUL.")
    if dialect == "mysql" and re.search(r"/\*M?!", text):
        raise SqlRefused("Version comments are not allowed.")
    if re.search(r"""\bU&["']""", text, re.IGNORECASE):
        raise SqlRefused('Unicode escapes in names, U&"...", are not allowed.')
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise SqlRefused(f"Brackets are nested more than {DEEPEST} deep.")


def _function_names(function: exp.Func) -> list[str]:
    if isinstance(function, exp.Anonymous):
        return [function.name]
    return function.sql_names() if type(function) is not exp.Func else []


def _name(node: exp.Expr) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__).upper()

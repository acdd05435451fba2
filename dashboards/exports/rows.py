"""The rows behind a card: its chart's own questions, without the limits of a picture for those who
may see the dataset's rows, and for all others as far as the card itself shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from dashboards import definition, explore
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.options import roles
from dashboards.charts.registry import Chart, Context
from dashboards.exports import cells
from dashboards.render import Card
from datasets import policies
from datasets.errors import NoSnapshot
from datasets.query import Group, Measure, Order, Query, run, stream

PARTS = ("pattern", "unit")  # of a measure, by the options of its chart
GRAINS = {"hour_of_day": "hour of day", "day_of_week": "weekday, 1 is Monday"}
AGGREGATE = re.compile(r"(count|count_distinct|sum|min|max)\(\s*(\w*)\s*\)")
PART = "Part"  # heading of the column that tells several answers of one card apart


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an exported table."""

    name: str
    heading: str  # with the unit
    kind: str  # text, integer, number, boolean, date, datetime
    pattern: str = ""
    unit: str = ""
    grain: str = ""
    whole: bool = False  # a number that counts
    measured: bool = False


class Rows:
    """What a card shows to its viewer, complete where the viewer may see rows. Raises
    `DashboardError` or `DatasetError` when it is made, where the card could not be drawn either.

    ``ends``: after its batches, whether there may be more rows than this viewer gets."""

    def __init__(self, card: Card):
        widget, self.card, self.ends = card.widget, card, False
        if widget.dataset.current_snapshot is None:
            raise NoSnapshot(widget.dataset.name)
        known = definition.context(
            widget.dataset, as_of=widget.dataset.current_snapshot.as_of, viewer=card.viewer
        )
        begins = definition.begins(widget, known, card.viewer, card.wish)
        self.known = known = replace(known, compare=card.wish.compare, begins=begins)
        self.chart, self.options = definition.read(widget, known, card.wish)
        asked = definition.queries(widget, self.chart, self.options, known, card.wish)
        hidden = policies.of(widget.dataset, card.viewer).unlisted(known.columns)
        names = self.chart.exported(self.options) or dict.fromkeys(list(asked)[:1], "")
        may_see_rows = explore.may_see_rows(widget, card.viewer)
        reach = None if may_see_rows else self.chart.reach(self.options)
        #: (what it is, its question, how many of its rows) in the order of the file
        self.parts = [
            (said, *_whole(asked[name], known, hidden, may_see_rows, reach))
            for name, said in names.items()
            if name in asked
        ]

    @property
    def title(self) -> str:
        return self.card.widget.title

    @property
    def as_of(self) -> datetime:
        return self.known.as_of

    @cached_property
    def columns(self) -> list[Column]:
        """Of all parts; one with the same name is the same column."""
        found = {PART: Column(PART, PART, "text")} if len(self.parts) > 1 else {}
        labels = _formulas(self.chart, self.options, self.known)
        every = [c for _, query, _ in self.parts for c in _columns(query, labels, self.known)]
        # What numbers are of stands before them, also where the first part is one number.
        for column in sorted(every, key=lambda column: column.measured):
            found.setdefault(column.name, column)
        return list(found.values())

    def expected(self) -> int | None:
        """How many rows there will be, where that is quickly said."""
        if len(self.parts) != 1 or not self.parts[0][1].select:
            return None
        _, asked, most = self.parts[0]
        query = replace(asked, select=(), order=(), measures=(Measure("n", "count()"),))
        table = run(query, self.card.widget.dataset, self.card.viewer).table
        count = int(table.column("n").to_pylist()[0] or 0)
        return count if most is None else min(count, most)

    def batches(self, stopped: Callable[[], bool]) -> Iterator[list[list[Any]]]:
        """The rows, some thousands at once; typed as `Column.kind` says."""
        zone = self.known.time_zone
        places = {column.name: index for index, column in enumerate(self.columns)}
        for said, query, most in self.parts:
            count = 0
            with stream(query, self.card.widget.dataset, self.card.viewer, stopped) as batches:
                for found in batches:
                    batch = found if most is None else found.slice(0, max(0, most - count))
                    count += found.num_rows
                    rows: list[list[Any]] = [[None] * len(places) for _ in range(batch.num_rows)]
                    for name, values in zip(batch.schema.names, batch.columns, strict=True):
                        column = self.columns[places[name]]
                        for row, raw in zip(rows, values.to_pylist(), strict=True):
                            row[places[name]] = cells.value(raw, zone, column.grain)
                    for row in rows if PART in places else ():
                        row[0] = said
                    yield rows
            self.ends |= most is not None and count > most
            self.ends |= query.sample is not None and count >= query.sample


def _whole(
    query: Query, known: Context, hidden: frozenset[str], may_see_rows: bool, reach: int | None
) -> tuple[Query, int | None]:
    """The question without the limits of a page, and how many of its rows this viewer gets."""
    most = None if may_see_rows else reach or query.limit
    sample = None if may_see_rows else query.sample
    # One row more than is written tells whether there are more.
    query = replace(query, limit=None if most is None else most + 1, offset=0, sample=sample)
    return _ordered(query, known, hidden), most


def _ordered(query: Query, known: Context, hidden: frozenset[str]) -> Query:
    """In an order that is always the same, and of columns that are named."""
    if query.group_by:
        ordered = {order.name for order in query.order}
        rest = [Order(g.output) for g in query.group_by if g.output not in ordered]
        return replace(query, order=(*query.order, *rest))
    if not query.measures and not query.select:
        return replace(query, select=tuple(name for name in known.columns if name not in hidden))
    return query


def _columns(query: Query, labels: dict[str, Formula], known: Context) -> Iterator[Column]:
    for name in query.select:
        yield _plain_column(name, name, known)
    for group in query.group_by:
        yield _grouped(group, known)
    for measure in query.measures:
        formula = labels.get(measure.formula) or read_formula(measure.formula, known.columns)
        heading = f"{formula.label}, {formula.unit}" if formula.unit else formula.label
        whole = _counts(formula.formula, known)
        kind = ("number", formula.pattern, formula.unit)
        yield Column(measure.name, heading, *kind, whole=whole, measured=True)


def _counts(formula: str, known: Context) -> bool:
    """Whether the values are whole: a count, or a sum or end of whole numbers."""
    found = AGGREGATE.fullmatch(formula)
    if found is None:
        return False
    column = known.columns.get(found[2])
    return "count" in found[1] or (column is not None and column.type == "integer")


def _plain_column(name: str, output: str, known: Context) -> Column:
    info = known.columns.get(name)
    if info is None:
        return Column(output, name, "text")
    heading = f"{info.label}, {info.unit}" if info.unit else info.label
    return Column(output, heading, info.type, info.format, info.unit)


def _grouped(group: Group, known: Context) -> Column:
    if not group.grain:
        return _plain_column(group.column, group.output, known)
    heading = f"{known.label(group.column)}, {GRAINS.get(group.grain, group.grain)}"
    if group.grain in GRAINS:
        return Column(group.output, heading, "integer", grain=group.grain)
    kind = "datetime" if group.grain in ("hour", "minute") else "date"
    return Column(group.output, heading, kind, grain=group.grain)


def _formulas(chart: Chart, options: Any, known: Context) -> dict[str, Formula]:
    """Formula -> the measure with the label, pattern and unit that the card's options give it."""
    found: dict[str, Formula] = {}
    for name, role in roles(chart.Options).items():
        if role.kind not in ("measure", "measures"):
            continue
        written = getattr(options, name)
        own = {}
        if role.look is not None:
            own = {part: getattr(options, role.look + part, "") or "" for part in PARTS}
        for one in (written,) if isinstance(written, str) else written or ():
            if one:
                formula = read_formula(one, known.columns, **own)
                found.setdefault(formula.formula, formula)
    return found

"""A pivot as its template and its table twin take it: headings that span, cells, totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.charts import buckets, ramps
from dashboards.charts.crossing import ALL, OTHER, Crossing, Cut, Dimension
from dashboards.charts.formulas import Formula
from dashboards.charts.registry import NO_PICK, TWIN_ROWS, Context, State
from datasets import formats

if TYPE_CHECKING:
    from dashboards.charts.pivot import PivotOptions


@dataclass(frozen=True, slots=True)
class View:
    crossing: Crossing
    shown: Cut
    across: Cut
    options: PivotOptions
    context: Context

    @property
    def formulas(self) -> list[Formula]:
        return self.crossing.formulas

    @property
    def columns(self) -> list[Any]:
        """Those of the body; last the totals of rows, which without columns are the body."""
        if self.crossing.across and self.options.totals:
            return [*self.across.keys, ALL]
        return self.across.keys

    def state(self) -> State:
        state = State()
        body = self.body()
        if len(self.options.group_by) == 1:
            values = [NO_PICK if key[0] is OTHER else formats.plain(key[0])
                      for key in self.shown.keys]  # fmt: skip
            state.picks = {"source": "", "column": self.options.group_by[0], "values": values}
        state.view = {
            "caption": self.caption(),
            "head": self.head(),
            "body": body,
            "foot": self.cells((), heads=[self.heading("Total", len(self.crossing.down))])
            if self.options.totals else None,
        }  # fmt: skip
        self.tell(state)
        state.note = self.note()
        state.summary = self.summary()
        return state

    def caption(self) -> str:
        down = ", ".join(dimension.label for dimension in self.crossing.down)
        measures = ", ".join(_named(formula) for formula in self.formulas)
        across = self.crossing.across
        return f"{measures} by {down}" + (f" and {across.label}" if across else "")

    def name(self, key: Any, dimension: Dimension) -> str:
        if key is ALL:
            return "Total"
        if key is OTHER:
            cut = self.across if dimension == self.crossing.across else self.shown
            return f"Other ({formats.count(cut.rest, self.context.locale)})"
        context = self.context
        if key is not None and dimension.grain in buckets.LONGEST:
            start = buckets.as_time(key)
            title = buckets.title(start, dimension.grain, context.locale)
            period = self.options.period if self.options.time == dimension.column else ""
            grows = buckets.is_unfinished(
                start, dimension.grain, period, context.as_of, context.time_zone
            )
            return f"{title} (so far)" if grows else title
        return formats.name(key, context.locale, context.time_zone)

    def head(self) -> list[list[dict[str, Any]]]:
        """Rows of headings: dimensions, columns over them, measures below those."""
        several = len(self.formulas) > 1
        across = self.crossing.across
        rows = 2 if across else 1
        first = [
            {
                "text": d.label,
                "scope": "col",
                "rows": rows,
                "columns": 1,
                "kind": "" if i else "dim",
            }
            for i, d in enumerate(self.crossing.down)
        ]
        measures = [{"text": _named(f), "scope": "col", "rows": 1, "columns": 1, "kind": "num"}
                    for f in self.formulas]  # fmt: skip
        if not across:
            return [[*first, *measures]]
        if not several:
            # Of one measure the upper row says what the cells are of.
            title = f"{_named(self.formulas[0])} by {across.label}"
            wide = {"text": title, "scope": "colgroup", "rows": 1, "columns": len(self.columns),
                    "kind": "over"}  # fmt: skip
            below = [
                {"text": self.name(key, across), "scope": "col", "rows": 1, "columns": 1,
                 "kind": "num total" if key is ALL else "num"}
                for key in self.columns
            ]  # fmt: skip
            return [[*first, wide], below]
        groups = [
            {"text": self.name(key, across), "scope": "colgroup", "rows": 1,
             "columns": len(self.formulas), "kind": "total" if key is ALL else ""}
            for key in self.columns
        ]  # fmt: skip
        return [[*first, *groups], measures * len(self.columns)]

    @staticmethod
    def heading(text: str, columns: int = 1, rows: int = 1, first: bool = True) -> dict[str, Any]:
        return {"text": text, "columns": columns, "rows": rows, "first": first}

    def body(self) -> list[dict[str, Any]]:
        heat, keys, found = self.heat(), self.shown.keys, []
        depth = len(self.crossing.down)
        names = [self.names(key) for key in keys]
        for index, key in enumerate(keys):
            heads = []
            for level in range(depth):
                same = key[: level + 1]
                if level < depth - 1 and index and keys[index - 1][: level + 1] == same:
                    continue  # the heading above spans this row
                rows = 1
                if level < depth - 1:
                    rows = sum(other[: level + 1] == same for other in keys)
                heads.append(self.heading(names[index][level], rows=rows, first=not level))
            found.append(
                self.cells(key, heads=heads, heat=heat, pick=index if depth == 1 else None)
            )
            ends = index == len(keys) - 1 or keys[index + 1][:1] != key[:1]
            if self.has_subtotals and ends:
                title = self.heading(f"Total of {names[index][0]}", depth)
                found.append(self.cells(key[:1], heads=[title]) | {"sub": True})
        return found

    @property
    def has_subtotals(self) -> bool:
        return self.options.subtotals and len(self.crossing.down) > 1

    def names(self, key: tuple) -> list[str]:
        pairs = zip(key, self.crossing.down, strict=True)
        return [self.name(part, dimension) for part, dimension in pairs]

    def cells(
        self, row: tuple, *, heads: list, heat: list | None = None, pick: int | None = None
    ) -> dict[str, Any]:
        found = []
        across = self.crossing.across
        for column in self.columns:
            is_total = bool(across) and column is ALL
            for index, (formula, value) in enumerate(
                zip(self.formulas, self.crossing.of(row, column), strict=True)
            ):
                kinds = ["total"] if is_total else []
                kinds += ["edge"] if is_total and index == 0 else []
                if heat and not is_total and value is not None:
                    kinds += ["heat", f"k{ramps.step(value, *heat[index])}"]
                if value is None:
                    kinds.append("muted")
                text = formula.number(value, self.context.locale)
                found.append({"text": text, "kind": " ".join(kinds)})
        return {"heads": heads, "cells": found, "pick": pick, "sub": False}

    def heat(self) -> list[tuple[float, float]] | None:
        """Lowest and highest value of the body, per measure; from zero unless far from it."""
        if not self.options.heat:
            return None
        found = []
        for index in range(len(self.formulas)):
            values = [
                value for row in self.shown.keys for column in self.across.keys
                if (value := self.crossing.of(row, column)[index]) is not None
            ]  # fmt: skip
            low, high = min(values, default=0.0), max(values, default=0.0)
            found.append((0.0 if 0 <= low < 0.5 * high else low, high))
        return found

    def tell(self, state: State) -> None:
        """The same numbers as a plain table: every row has its names, and totals are last."""
        across, locale = self.crossing.across, self.context.locale
        headings = [dimension.label for dimension in self.crossing.down]
        for column in self.columns:
            for formula in self.formulas:
                name = self.name(column, across) if across else ""
                several = len(self.formulas) > 1 or not name
                headings.append(", ".join(filter(None, [name, _named(formula) if several else ""])))
        rows: list[list] = []
        for key in self.shown.keys[:TWIN_ROWS]:
            rows.append([*self.names(key), *self.told(key, locale)])
        if self.options.totals:
            blank = [""] * (len(self.crossing.down) - 1)
            rows.append(["Total", *blank, *self.told((), locale)])
        state.tell(headings, rows)

    def told(self, row: tuple, locale: str) -> list[tuple[str, float | None]]:
        return [
            (formula.number(value, locale), value)
            for column in self.columns
            for formula, value in zip(self.formulas, self.crossing.of(row, column), strict=True)
        ]

    def note(self) -> str:
        notes = []
        for cut, word in ((self.shown, "rows"), (self.across, "columns")):
            if cut.rest and cut.keys[-1] not in (OTHER, (OTHER,)):
                every = formats.count(cut.every, self.context.locale)
                notes.append(f"{len(cut.keys)} of {every} {word}")
        return ", ".join(notes)

    def summary(self) -> str:
        formula, locale = self.formulas[0], self.context.locale
        largest = max(self.shown.keys, key=lambda key: self.crossing.weight(key))
        value = self.crossing.of(largest, ALL)[0]
        whole = self.crossing.of((), ALL)[0]
        name = ", ".join(self.names(largest))
        said = f"{self.caption()}: {name} is largest with {formula.text(value, locale)}"
        return f"{said}; all together {formula.text(whole, locale)}."


def _named(formula: Formula) -> str:
    return f"{formula.label}, {formula.unit}" if formula.unit else formula.label

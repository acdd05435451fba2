"""Where bars stand: categories at 0, 1, 2 ..., the bars of one share 0.76 of the step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.charts import buckets, scales
from dashboards.charts.bars import Bars, Content
from dashboards.charts.registry import TWIN_ROWS, Context, State
from dashboards.charts.theme import TOKEN_THEME
from datasets import formats

if TYPE_CHECKING:
    from dashboards.charts.bar import BarOptions

#: Pixels that the frame has at least across lying bars, and that such a bar wants.
FRAME_HEIGHT, THICK = 250, 14
#: Of stacks, whose parts carry their values.
STACK_THICK = 24
#: Pixels that the frame of standing bars has at least, in wide and in narrow cards.
WIDE, NARROW = 390, 260
#: The same along lying bars, and the height of standing ones.
LYING_WIDE, LYING_NARROW, STANDING_HEIGHT = 250, 130, 190
LABEL_WIDTH = 130
#: Pixels that a value inside a bar needs, besides its own width.
CHIP, CHIP_HEIGHT = 10, 17
COLUMNS = ("at", "value", "base", "thick", "color", "alpha", "hatch", "title", "text")


@dataclass(frozen=True, slots=True)
class Picture:
    content: Content
    options: BarOptions
    context: Context

    @property
    def names(self) -> list[str]:
        return self.content.names

    @property
    def bars(self) -> list[Bars]:
        return self.content.bars

    @property
    def locale(self) -> str:
        return self.context.locale

    @property
    def lying(self) -> bool:
        return self.options.lying

    @property
    def shares(self) -> bool:
        return self.options.stack == "percent"

    @property
    def stacked(self) -> bool:
        parts = bool(self.options.series or len(self.bars) > 1)
        return self.shares or (self.options.stack == "stacked" and parts)

    def state(self) -> State:
        rows = self.rows()
        state = State()
        state.sources["bars"] = {name: [row[name] for row in rows] for name in COLUMNS}
        state.sources["labels"] = self.labels(rows)
        if self.lying:
            self.lie(state, rows)
        else:
            self.stand(state, rows)
        if self.options.stack in ("stacked", "percent"):
            self.fill(state, rows)
        if len(self.bars) > 1:
            state.legend_at = "top"
            state.legend = [{"label": b.name, "color": b.color, "value": ""} for b in self.bars]
        if not self.options.grain:
            values = [self.content.picks[row["index"]] for row in rows]
            state.picks = {"source": "bars", "column": self.options.category, "values": values}
        self.tell(state)
        state.summary = self.summary()
        return state

    def tell(self, state: State) -> None:
        """The same numbers as a table; over time the newest first."""
        grain, zone = self.options.grain, self.context.time_zone
        order = range(len(self.names))
        if grain:
            order = order[::-1]
        rows = []
        for i in order[:TWIN_ROWS]:
            name: Any = self.names[i]
            if grain:
                name = buckets.cell(self.content.starts[i], grain, zone, name)
            rows.append([name, *(b.formula.cell(b.values[i], self.locale) for b in self.bars)])
        heading = grain.capitalize() or self.context.label(self.options.category)
        state.tell([heading, *(one.name for one in self.bars)], rows)

    def span(self) -> float:
        """Step of one category, in steps, that its bars fill."""
        count = len(self.names)
        if not self.lying or (len(self.bars) > 1 and not self.stacked):
            return 0.76
        thick = STACK_THICK if self.stacked else THICK
        return min(thick * max(count, 4) / FRAME_HEIGHT, 0.7)

    def rows(self) -> list[dict]:
        """One row per bar, in the order of drawing."""
        return [row for index in range(len(self.names)) for row in self.rows_of(index)]

    def rows_of(self, index: int) -> list[dict]:
        lanes = 1 if self.stacked else len(self.bars)
        lane = self.span() / lanes
        whole = sum(one.values[index] or 0 for one in self.bars) if self.shares else 1.0
        alone, last = len(self.bars) == 1, index == len(self.names) - 1
        other, part = self.content.has_other and last and alone, index in self.content.partial
        above, below, found = 0.0, 0.0, []
        for position, one in enumerate(self.bars):
            value = one.values[index]
            if value is None or not whole:
                continue
            base, size = 0.0, value / whole
            if self.stacked:
                base = above if size >= 0 else below
                above, below = above + max(size, 0), below + min(size, 0)
            text = f"{one.name}: {one.formula.text(value, self.locale)}"
            if self.shares:
                text += f", {formats.number(size, '0.0%', self.locale)}"
            found.append({
                "at": index + (0 if self.stacked else (position - (lanes - 1) / 2) * lane),
                "value": base + size, "base": base, "own": value, "share": size,
                "formula": one.formula, "index": index,
                "thick": lane * (0.92 if lanes > 1 else 1),
                "color": TOKEN_THEME.border_strong if other else one.color,
                "alpha": 0.3 if part else 1.0, "hatch": "/" if part else " ",
                "title": self.names[index], "text": text,
                "strong": index == 0 if alone else position == len(self.bars) - 1,
            })  # fmt: skip
        return found

    def labels(self, rows: list[dict]) -> dict[str, list]:
        """Values at the bars' ends; of stacks, their totals, and nothing where all are 100 %."""
        columns = ("x", "y", "text", "short", "dx", "dy", "align", "style")
        found: dict[str, list] = {name: [] for name in columns}
        ends = [] if self.shares else self.totals(rows) if self.stacked else rows
        for row in ends:
            sign = -1 if row["own"] < 0 else 1
            place = (row["value"], row["at"]) if self.lying else (row["at"], row["value"])
            offset = (7 * sign, 0) if self.lying else (0, -9 * sign)
            align = ("left" if sign > 0 else "right") if self.lying else "center"
            formula, strong = row["formula"], row["strong"] and not self.options.grain
            text, short = (
                write(row["own"], self.locale) for write in (formula.short, formula.shortest)
            )
            if not self.lying:
                text = text.rstrip("%\xa0\u202f ")  # the axis has the percent sign
            cells = (*place, text, short, *offset, align, "bold" if strong else "normal")
            for column, value in zip(found.values(), cells, strict=True):
                column.append(value)
        return found

    def totals(self, rows: list[dict]) -> list[dict]:
        by_index: dict[int, list[dict]] = {}
        for row in rows:
            by_index.setdefault(row["index"], []).append(row)
        found = []
        for index, own in by_index.items():
            total = sum(row["own"] for row in own)
            end = (max if total >= 0 else min)(row["value"] for row in own)
            found.append(own[-1] | {"own": total, "value": end, "strong": index == 0})
        return found

    def fill(self, state: State, rows: list[dict]) -> None:
        """Values inside the parts of stacks, where they fit."""
        across = "y_range" if not self.lying else "x_range"
        ends = state.props[across]
        length = abs(ends["end"] - ends["start"]) or 1
        for name, frames in (("inside", (LYING_WIDE, WIDE)), ("inside_narrow",
                             (LYING_NARROW, NARROW))):  # fmt: skip
            found: dict[str, list] = {"x": [], "y": [], "text": []}
            for row in self.parts(rows):
                text = self.part_text(row)
                size = abs(row["value"] - row["base"]) / length
                if self.lying:
                    step = FRAME_HEIGHT / max(len(self.names), 4)
                    room = (size * frames[0], row["thick"] * step)
                else:
                    step = frames[1] / max(len(self.names), 3)
                    room = (row["thick"] * step, size * STANDING_HEIGHT)
                if scales.width(text) + CHIP > room[0] or room[1] < CHIP_HEIGHT:
                    continue
                middle = (row["base"] + row["value"]) / 2
                place = (middle, row["at"]) if self.lying else (row["at"], middle)
                for column, value in zip(found.values(), (*place, text), strict=True):
                    column.append(value)
            state.sources[f"{name}_texts"] = found
        state.props |= {"inside": {"visible": True}, "inside_narrow": {"visible": False}}
        state.narrow |= {"inside": {"visible": False}, "inside_narrow": {"visible": True}}

    def parts(self, rows: list[dict]) -> list[dict]:
        """Those of stacks of several: the value of an only one stands at its end."""
        if self.shares or not self.stacked:
            return rows if self.shares else []
        counts = Counter(row["index"] for row in rows if row["own"])
        return [row for row in rows if row["own"] and counts[row["index"]] > 1]

    def part_text(self, row: dict) -> str:
        if self.shares:
            return formats.number(row["share"], "0%", self.locale)
        return row["formula"].short(row["own"], self.locale)

    def lie(self, state: State, rows: list[dict]) -> None:
        values = [row["value"] for row in rows]
        count, low, high = len(self.names), min(0, *values, 0), max(0, *values, 0)
        names = [scales.cut(name, LABEL_WIDTH) for name in self.names]
        left = round(max(map(scales.width, names))) + 12
        labels = state.sources["labels"]["text"]
        right = round(max((scales.width(t, bold=True) for t in labels), default=0)) + 12
        state.sources["names"] = {
            "y": list(range(count)), "text": names, "x_offset": [-left] * count,
        }  # fmt: skip
        room = 0.25 * (high - low) if low < 0 else 0  # for the values left of negative bars
        end = 1 if self.shares else high if high > low else low + 1
        state.props = {
            "y_range": {"start": max(count, 4) - 0.5, "end": -0.5},
            "x_range": {"start": low - room, "end": end},
            "plot": {"min_border_left": left, "min_border_right": right if high > 0 else 0},
            "zero": {"visible": low < 0},
        }

    def stand(self, state: State, rows: list[dict]) -> None:
        count, formula = len(self.names), self.bars[0].formula
        values = [row["value"] for row in rows]
        whole = not formula.is_share and all(float(value).is_integer() for value in values)
        ticks, pattern = scales.scale(values, from_zero=True, whole=whole), formula.pattern
        if self.shares:
            ticks, pattern = [0, 0.25, 0.5, 0.75, 1], "0%"
        empty = max(0, 3 - count) / 2
        wide, narrow = (self.ticks(frame) for frame in (WIDE, NARROW))
        texts = state.sources["labels"]
        state.props = {
            "x_range": {"start": -0.5 - empty, "end": count - 0.5 + empty},
            "y_range": {"start": ticks[0], "end": ticks[-1]},
            "x_ticks": {"ticks": [int(tick) for tick in wide]},
            "x_axis": {"major_label_overrides": wide},
            "y_ticks": {"ticks": ticks},
            "y_axis": {"major_label_overrides": scales.tick_texts(ticks, pattern, self.locale)},
            "values": {"visible": self.fits(texts["text"], WIDE)},
            "values_narrow": {"visible": False},
        }
        state.narrow = {
            "x_axis": {"major_label_overrides": narrow},
            "values": {"visible": False},
            "values_narrow": {"visible": self.fits(texts["short"], NARROW)},
        }

    def ticks(self, frame: int) -> dict[str, str]:
        """Names below standing bars; of buckets those that read well."""
        grain, starts = self.options.grain, self.content.starts
        if not grain:
            room = frame / max(len(self.names), 3) - 6
            return {str(i): scales.wrapped(name, room) for i, name in enumerate(self.names)}
        chosen = set(buckets.ticks(starts, grain, 5 if len(starts) > 7 else 7))
        found = {
            str(i): buckets.label(start, grain, self.locale)
            for i, start in enumerate(starts)
            if start in chosen
        }
        last = len(starts) - 1
        if grain == "day" and last in self.content.partial:
            found[str(last)] = "today"
        return found

    def fits(self, texts: list[str], frame: int) -> bool:
        """Whether values fit above standing bars."""
        lanes = 1 if self.stacked else len(self.bars)
        room = (
            frame / max(len(self.names), 3) * (0.95 if lanes == 1 else self.span() / lanes + 0.02)
        )
        return all(scales.width(text) <= room for text in texts)

    def summary(self) -> str:
        one = self.bars[0]
        known = [(v, i) for i, v in enumerate(one.values) if v is not None]
        if self.content.has_other:
            known = [(v, i) for v, i in known if i < len(self.names) - 1] or known
        if not known:
            return f"{one.name}: no values."
        value, index = max(known, key=lambda item: item[0])
        count = len(self.names)
        written = one.formula.text(value, self.locale)
        if self.options.grain:
            span = f"{self.names[0]} to {self.names[-1]}"
            said = f"{one.name} per {self.options.grain}, {span}"
            return f"{said}: highest {self.names[index]} with {written}."
        return f"{one.name}: {self.names[index]} is first of {count} with {written}."

"""Chart types. A type is one module in this package; importing it registers it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from dashboards.charts.options import browsed as read_browsed
from dashboards.errors import UnknownChart
from datasets import formats
from datasets.periods import Back
from datasets.query import Filter, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

    from dashboards.charts.theme import Theme


#: A card below this width, in pixels, takes the props of `State.narrow`.
NARROW = 420
#: Rows of the table twin.
TWIN_ROWS = 200
#: In `State.picks`: a mark that stands for no one value.
NO_PICK = {"none": True}


def in_order(_column: str, names: list[str]) -> list[int]:
    return list(range(len(names)))


def during(column: str, period: str, back: Back = 0) -> tuple[Filter, ...]:
    """The filter of a chart's period, if it has one; all times otherwise."""
    return (Filter(column, "period", [period, back]),) if column and period else ()


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """What a chart may know of a column of its dataset."""

    name: str
    type: str
    label: str
    unit: str = ""
    format: str = ""  # number pattern of CLDR, such as #,##0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation as charts draw it: what happened, from when, and until when if it lasted."""

    title: str
    start: datetime  # aware
    end: datetime | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything besides rows and options that a picture depends on."""

    columns: dict[str, ColumnInfo]
    time_zone: str
    locale: str
    as_of: datetime  # aware; the data's own time, which stands for "now"
    #: (column, its values in a picture) -> their places in the palette; by default in order
    places: Callable[[str, list[str]], list[int]] = in_order
    compare: str = ""  # what the page compares with: previous, year, or nothing
    marks: tuple[Mark, ...] = ()  # of the dataset, oldest first
    begins: datetime | None = None  # aware; see `dashboards.charts.coverage`

    @property
    def back(self) -> Back:
        """How far back lies what a total is compared with."""
        return "year" if self.compare == "year" else 1

    def label(self, column: str) -> str:
        return self.columns[column].label if column in self.columns else column


@dataclass(slots=True)
class State:
    """What changes with the data, apart from the drawing; plain JSON values only.

    ``sources``: name of a ColumnDataSource -> column -> list; times are milliseconds since the
    epoch of the local wall clock (Bokeh knows no zones). ``props``: name of any other model ->
    property -> value (start, end, ticks, major_label_overrides, visible). ``narrow``: props that
    replace those where the card is narrower than `NARROW` pixels. Colours are tokens
    (`theme.TOKEN_THEME`). ``view``: for types drawn as HTML, the context of their template.
    ``legend``: rows of {label, color, value}, and ``legend_at`` says where it belongs: "rows"
    under the picture, "top" in one line above it, "narrow" as rows under it in narrow cards
    only. ``picks`` says what a click on a mark means: {source, column, values}, one value per row
    of that source; a `NO_PICK` stands for no one value (such as Other). ``empty`` says why there
    is nothing to draw. ``summary`` is one sentence for those who do not see the picture,
    ``headings`` and ``rows`` the same numbers as a table of texts, and ``values`` the cells of
    ``rows`` as JSON values: numbers unrounded, times in ISO 8601."""

    sources: dict[str, dict[str, list]] = field(default_factory=dict)
    props: dict[str, dict[str, Any]] = field(default_factory=dict)
    narrow: dict[str, dict[str, Any]] = field(default_factory=dict)
    view: dict[str, Any] = field(default_factory=dict)
    legend: list[dict[str, str]] = field(default_factory=list)
    legend_at: str = "rows"
    picks: dict[str, Any] = field(default_factory=dict)
    note: str = ""  # right end of the card's foot
    summary: str = ""
    empty: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)

    def tell(self, headings: list[str], rows: list[list[str | tuple[str, Any]]]) -> None:
        """The table of the same numbers; a cell is a text, or a text and the value behind it."""
        pairs = [[(cell, cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
        self.headings = headings
        self.rows = [[text for text, _ in row] for row in pairs]
        self.values = [[formats.plain(value) for _, value in row] for row in pairs]


class Chart:
    """One chart type. Without ``template`` it is drawn by Bokeh, else by that HTML template."""

    name: ClassVar[str]
    label: ClassVar[str]
    Options: ClassVar[type]
    template: ClassVar[str] = ""
    size: ClassVar[tuple[int, int]] = (6, 7)  # columns and rows that a new card takes
    least: ClassVar[tuple[int, int]] = (4, 6)  # in which it can still be read
    #: Options that a reader may replace for one look, such as a table's page.
    browse: ClassVar[tuple[str, ...]] = ()

    def browsed(self, options: Any, wanted: Mapping[str, str], context: Context) -> Any:
        """The options for what a reader wants to see of it; raises `OptionsRefused`."""
        return read_browsed(options, self.browse, wanted)

    def limited(self, options: Any, context: Context) -> Any:
        """The options where a viewer chose another period or some of the rows, or where the data
        begin within the period."""
        return options

    def fitted(self, options: Any, grain: str, context: Context) -> Any:
        """The options with the grain that fits their period."""
        return replace(options, grain=grain)

    def exported(self, options: Any) -> dict[str, str]:
        """Of its queries those that an export holds, and what each one is; none for the first
        alone."""
        return {}

    def reach(self, options: Any) -> int | None:
        """How many rows or marks of its first question readers get to see, on all pages together;
        None where that question's own limit says it."""
        return None

    def queries(self, options: Any, context: Context) -> dict[str, Query]:
        """What it asks the dataset, by a name of its own; ``context.as_of`` may be missing here."""
        raise TypeError(f"{type(self).__name__} asks nothing")

    def state(self, tables: dict[str, pa.Table], options: Any, context: Context) -> State:
        """The answers as what the drawing shows; handles no rows, one row, nulls, negatives."""
        raise TypeError(f"{type(self).__name__} shows nothing")

    def figure(self, options: Any, theme: Theme) -> Figure:
        """The drawing without data; its models carry the names that `State` uses."""
        raise TypeError(f"{type(self).__name__} is drawn by {self.template}")


_charts: dict[str, Chart] = {}


def chart_type(name: str, *, label: str):
    def register(cls: type[Chart]) -> type[Chart]:
        if name in _charts:
            raise ValueError(f"Two chart types are named '{name}'.")
        cls.name, cls.label = name, label
        _charts[name] = cls()
        return cls

    return register


@cache
def load() -> dict[str, Chart]:
    package = importlib.import_module("dashboards.charts")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"dashboards.charts.{module.name}")
    return _charts


def get(name: str) -> Chart:
    known = load()
    if name not in known:
        raise UnknownChart(name, list(known))
    return known[name]


def choices() -> list[tuple[str, str]]:
    return [(chart.name, chart.label) for chart in load().values()]

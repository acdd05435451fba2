"""Charts in Python: rows of a query on a source, drawn as the portal draws its cards.

Nothing is kept: the statement goes through the same checks and limits as the preview of a
dataset."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import OperationalError

from dashboards.charts import drawing, registry
from dashboards.charts import options as chart_options
from dashboards.charts.registry import ColumnInfo, Context
from dashboards.charts.theme import LIGHT
from dashboards.errors import DashboardError, OptionsRefused
from datasets.models import Dataset, Source
from datasets.preview import ROWS, preview

if TYPE_CHECKING:
    from bokeh.plotting import figure as Figure

HEIGHT = 420  # pixels
NUMBERS = ("integer", "number")


class Answer:
    """Rows of a query by column."""

    def __init__(self, statement: str, source: str):
        if not isinstance(statement, str) or not statement.strip():
            raise OptionsRefused("data_query", "write a SELECT.")
        try:
            found = Source.objects.filter(name=source).first()
        except OperationalError as error:
            raise DashboardError(
                "The portal's database does not answer; start it with `python manage.py serve`."
            ) from error
        if found is None:
            raise DashboardError(f"There is no source '{source}'. Make it in the admin first.")
        answer = preview(Dataset(source=found, sql=statement), {})
        if answer.more:
            raise DashboardError(f"The query has more than {ROWS} rows: group them in its SQL.")
        self.types = {column["name"]: column["type"] for column in answer.columns}
        self.rows = [dict(zip(self.types, row, strict=True)) for row in answer.rows]

    def column(self, config: dict, key: str, *, numeric: bool, but: tuple[str, ...] = ()) -> str:
        """The column that the configuration names, or the first that fits."""
        fitting = [name for name, kind in self.types.items()
                   if (kind in NUMBERS) is numeric and name not in but]  # fmt: skip
        wanted = config.get(key) or (fitting[0] if fitting else "")
        if wanted not in fitting:
            kind = "numbers" if numeric else "names"
            known = ", ".join(self.types)
            raise OptionsRefused(key, f"no column with {kind} for it; the query has {known}.")
        return wanted

    def table(self, **columns: str):
        import pyarrow as pa

        return pa.table({name: [row[of] for row in self.rows] for name, of in columns.items()})


def funnel(config: dict[str, Any], source: str) -> Figure:
    answer = Answer(config.get("data_query", ""), source)
    count = answer.column(config, "measure", numeric=True)
    stage = answer.column(config, "stage", numeric=False)
    options = {"stage": stage, "measure": f"sum({count})"}
    options |= {"stages": config.get("stages"), "colors": config.get("colors")}
    return _drawn("funnel", options, answer, {"stages": answer.table(stage=stage, count=count)})


def segments(config: dict[str, Any], source: str) -> Figure:
    """A pie with its names beside it; on pages the card names them."""
    from bokeh.models import Legend, LegendItem

    answer = Answer(config.get("data_query", ""), source)
    value = answer.column(config, "measure", numeric=True)
    category = answer.column(config, "category", numeric=False)
    options = {"category": category, "measure": f"sum({value})", "colors": config.get("colors")}
    plot = _drawn("pie", options, answer, {"slices": answer.table(category=category, value=value)})
    marks = next(r for r in plot.renderers if getattr(r, "data_source", None)
                 and r.data_source.name == "slices")  # fmt: skip
    names = marks.data_source.data["title"]
    items = [LegendItem(label=name, renderers=[marks], index=i) for i, name in enumerate(names)]
    plot.add_layout(Legend(items=items, border_line_color=None), "right")
    return plot


def heatmap(config: dict[str, Any], source: str) -> Figure:
    """Of three columns: rows, columns, values."""
    answer = Answer(config.get("data_query", ""), source)
    value = answer.column(config, "measure", numeric=True)
    y = answer.column(config, "y", numeric=False)
    x = answer.column(config, "x", numeric=False, but=(y,))
    options = {"x": x, "y": y, "measure": f"sum({value})"}
    cells = answer.table(row=y, column=x, value=value)
    return _drawn("heatmap", options, answer, {"cells": cells})


def _drawn(name: str, wanted: dict[str, Any], answer: Answer, tables: dict) -> Figure:
    chart = registry.get(name)
    options = chart_options.read(
        chart.Options, {k: v for k, v in wanted.items() if v is not None}, answer.types
    )
    columns = {n: ColumnInfo(n, kind, n) for n, kind in answer.types.items()}
    known = Context(columns, settings.TIME_ZONE, settings.FORMAT_LOCALE, datetime.now(UTC))
    state = chart.state(tables, options, known)
    if state.empty:
        raise DashboardError(state.empty)
    plot = drawing.apply(chart.figure(options, LIGHT), state, LIGHT)
    # On pages the card gives the size and the ground.
    plot.update(sizing_mode="stretch_width", height=HEIGHT, background_fill_color=LIGHT.surface,
                border_fill_color=LIGHT.surface)  # fmt: skip
    return plot

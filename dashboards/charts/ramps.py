"""Values as colours of the sequential palette, and the line under a picture that explains them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from dashboards.charts import drawing, scales
from dashboards.charts.formulas import Formula
from dashboards.charts.theme import TOKEN_THEME, Theme

if TYPE_CHECKING:
    from bokeh.plotting import figure as Figure

STEPS = 7  # of the sequential palette
#: Pixels under the frame that the line takes, and where it stands.
HEIGHT, OFFSET = 52, 43


def bounds(values: Collection[float]) -> tuple[float, float]:
    """Values of the lightest and the darkest colour; from zero unless all are far from it."""
    low, high = min(values), max(values)
    return (0.0 if 0 <= low < 0.5 * high else low), high


def step(value: float, low: float, high: float, steps: int = STEPS) -> int:
    """Of values that are all the same, none or less is the lightest and the others the darkest."""
    share = (value - low) / (high - low) if high > low else float(value > 0)
    return min(max(int(share * steps), 0), steps - 1)


def color(value: float, low: float, high: float) -> str:
    return TOKEN_THEME.sequential[step(value, low, high)]


def readable(value: float, low: float, high: float) -> tuple[str, str]:
    """The colour of a cell that holds words, and theirs, at a contrast of 4.5 in both themes."""
    colors = TOKEN_THEME.sequential
    at = step(value, low, high, STEPS - 1)
    # On the last but one neither dark nor light words can be read, so it is left out.
    return (colors[-1], TOKEN_THEME.on_cat_1) if at == STEPS - 2 else (colors[at], TOKEN_THEME.text)


def sources(low: float, high: float, formula: Formula, locale: str) -> dict[str, dict[str, list]]:
    """The colours with their ends at the right of the caption, in pixels from the right; of values
    that are all the same, their one colour."""
    same = low == high
    colors = [color(high, low, high)] if same else list(TOKEN_THEME.sequential)
    texts = ["" if same else formula.short(low, locale), formula.short(high, locale)]
    right = -round(scales.width(texts[1])) - 8
    swatches = [right - place * 14 for place in range(len(colors))][::-1]
    return {
        "ramp": {"text": [" " * 6] * len(colors), "x_offset": swatches, "color": colors},
        "ramp_ends": {"text": texts, "x_offset": [swatches[0] - 20, 0]},
    }


def caption(long: str, short: str, left: int) -> dict[str, dict[str, list]]:
    return {"caption": {"text": [long], "short": [short], "x_offset": [-left]}}


def shown(narrow: bool) -> dict[str, dict[str, bool]]:
    return {"caption_wide": {"visible": not narrow}, "caption_narrow": {"visible": narrow}}


def foot(plot: Figure, theme: Theme, *, offset: int = OFFSET) -> None:
    """A caption at the left and the ramp at the right, ``offset`` pixels under the frame."""
    from bokeh.core.properties import value

    foot = {
        "y": 0,
        "y_offset": offset,
        "y_range_name": drawing.FRAME,
        "x_range_name": drawing.FRAME,
    }
    at_left = {"x": 0, "x_offset": "x_offset"}
    data = drawing.source("caption", "text", "short", "x_offset")
    drawing.words(plot, data, theme, **at_left | foot, name="caption_wide")
    drawing.words(plot, data, theme, **at_left | foot, text="short", name="caption_narrow",
                  visible=False)  # fmt: skip
    ends = drawing.source("ramp_ends", "text", "x_offset")
    drawing.words(plot, ends, theme, x=1, x_offset="x_offset", text_align="right",
                  text_color=theme.muted, **foot)  # fmt: skip
    # Swatches are texts of spaces on a ground: only texts take places in pixels.
    ramp = drawing.source("ramp", "text", "x_offset", "color")
    drawing.words(plot, ramp, theme, x=1, x_offset="x_offset", text_align="right",
                  text_font_size=value("7px"), background_fill_color="color", border_radius=2,
                  **foot)  # fmt: skip

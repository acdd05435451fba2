"""Annotations on charts over time: what happened, as a thin line or a pale band with its title.

A chart over time calls `draw` in its figure, below its own lines, and `put` in its state; the axis
of y ends `HEAD` pixels above the data where `put` says that there are any."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboards.charts import buckets, drawing, scales
from dashboards.charts.theme import Theme
from datasets import formats

if TYPE_CHECKING:
    from bokeh.plotting import figure as Figure

    from dashboards.charts.registry import Context, Mark, State

#: More are no help; the newest are shown.
MOST = 12
#: Pixels: the strip for titles over the data, from a line to its title, and the shortest title.
HEAD, ASIDE, LEAST = 22, 6, 72
#: Pixels of height that a frame has at least.
FRAME_HEIGHT = 225
LONGEST = 190
#: Of the frame's height: about where zero stands, and just below its top.
FOOT, TOP = 0.022, 0.985


def draw(plot: Figure, theme: Theme, *, told: bool = True) -> None:
    """The figure's part. ``told``: a dot tells its mark under the pointer; without it the chart
    says so in a tooltip of its own (`words`)."""
    from bokeh.models import Quad, Scatter, Segment

    frame: dict[str, Any] = {"y_range_name": drawing.FRAME}
    bands = drawing.source("mark_bands", "left", "right")
    band = Quad(left="left", right="right", bottom=FOOT, top=1, line_color=None,
                fill_color=theme.muted, fill_alpha=0.12)  # fmt: skip
    marks = drawing.source("marks", "x", "word", "align", "aside", "title", "text")
    line = Segment(x0="x", x1="x", y0=FOOT, y1=TOP, line_color=theme.border_strong,
                   line_width=1, line_dash=[3, 3])  # fmt: skip
    head = Scatter(x="x", y=TOP, size=5, fill_color=theme.muted, line_color=None)
    plot.add_glyph(bands, band, **frame)
    plot.add_glyph(marks, line, **frame)
    heads = plot.add_glyph(marks, head, **frame)
    drawing.words(plot, marks, theme, x="x", y=1, text="word", text_align="align",
                  x_offset="aside", y_offset=1, text_baseline="top", level="glyph",
                  name="mark_words", **frame)  # fmt: skip
    if told:
        plot.add_tools(drawing.hover(theme, [heads], name="mark_hover"))


def put(
    state: State,
    context: Context,
    first: datetime,
    last: datetime,
    *,
    width: float,
    until: datetime | None = None,
    place: Callable[[datetime], float] = buckets.ms,
) -> list[Mark]:
    """The state's part: the marks between two local times of the axis, which are returned.

    Those after the axis's end but before ``until``, the end of its newest bucket, stand at its
    end. ``width`` is about how many pixels the axis has; titles that find no room there are cut
    or left to the tooltip. ``place`` says where a local time stands on the axis."""
    found = within(context, first, until or last)
    shown = found[-MOST:]
    low, high = place(first), place(last)

    def at(moment: datetime) -> float:
        return min(max(place(buckets.local(moment, context.time_zone)), low), high)

    xs = [at(mark.start) for mark in shown]
    ends = [at(mark.end) if mark.end else None for mark in shown]
    scale = width / max(high - low, 1)
    words = titles([(x - low) * scale for x in xs], [mark.title for mark in shown], width)
    lasting = [(x, end) for x, end in zip(xs, ends, strict=True) if end is not None]
    state.sources["mark_bands"] = {
        "left": [x for x, _ in lasting],
        "right": [end for _, end in lasting],
    }
    state.sources["marks"] = {
        "x": xs,
        "word": [word for word, _ in words],
        "align": ["left" if right else "right" for _, right in words],
        "aside": [ASIDE if right else -ASIDE for _, right in words],
        "title": [mark.title for mark in shown],
        "text": [when(mark, context) for mark in shown],
    }
    state.props["mark_words"] = {"visible": True}
    state.narrow["mark_words"] = {"visible": False}
    add_note(state, note(len(shown), len(found)))
    return shown


def put_on_bars(
    state: State, context: Context, starts: list[datetime], grain: str, *, width: float
) -> None:
    """The same for bars over time, which stand at 0, 1, 2 ...; the range "y_range" makes room."""
    until = buckets.following(starts[-1], grain)
    edges = [*starts, until]

    def place(moment: datetime) -> float:
        index = min(max(bisect_right(edges, moment) - 1, 0), len(starts) - 1)
        share = (moment - edges[index]) / (edges[index + 1] - edges[index])
        return index - 0.5 + min(max(share, 0.0), 1.0)

    if put(state, context, starts[0], until, width=width, place=place):
        for name in {"y_range", "right_range"} & set(state.props):
            span = state.props[name]
            span["end"] += (span["end"] - span["start"]) * HEAD / FRAME_HEIGHT


def within(context: Context, first: datetime, last: datetime) -> list[Mark]:
    """Marks that lie or last between two local times, oldest first."""
    found = []
    for mark in context.marks:
        start = buckets.local(mark.start, context.time_zone)
        end = buckets.local(mark.end, context.time_zone) if mark.end else start
        if start <= last and end >= first:
            found.append(mark)
    return sorted(found, key=lambda mark: mark.start)


def titles(xs: list[float], written: list[str], width: float) -> list[tuple[str, bool]]:
    """(title as it fits, whether right of its line) for lines at these pixels, left to right.

    The newest come first. A title takes the free room to the next line on its right, else that on
    its left; where both are short it is left out."""
    found = [("", True)] * len(xs)
    taken: list[tuple[float, float]] = []
    for index in reversed(range(len(xs))):
        x = xs[index]
        wanted = min(scales.width(written[index]), LONGEST)
        after = min([other for other in xs[index + 1 :] if other > x] + [width])
        before = max([other for other in xs[:index] if other < x] + [0.0])
        rooms = {
            True: min([after] + [a for a, _ in taken if a >= x]) - x - ASIDE - 4,
            False: x - max([before] + [b for _, b in taken if b <= x]) - ASIDE - 4,
        }
        right = rooms[True] >= min(wanted, rooms[False])
        room = rooms[right]
        hidden = any(other == x for other in xs[index + 1 :])
        if hidden or room < min(wanted, LEAST):
            continue
        word = scales.cut(written[index], min(room, LONGEST))
        size = scales.width(word) + ASIDE
        taken.append((x, x + size) if right else (x - size, x))
        found[index] = (word, right)
    return found


def when(mark: Mark, context: Context) -> str:
    """Day of a mark, with its time if it has one, and its end."""
    parts = [_moment(moment, context) for moment in (mark.start, mark.end) if moment]
    return " to ".join(dict.fromkeys(parts))


def words(shown: list[Mark], left: float, right: float, context: Context) -> list[str]:
    """Lines for a tooltip that spans two times of the axis, in milliseconds."""
    found = []
    for mark in shown:
        start = buckets.ms(buckets.local(mark.start, context.time_zone))
        end = buckets.ms(buckets.local(mark.end, context.time_zone)) if mark.end else start
        if start < right and end >= left:
            found.append(f"{mark.title} ({when(mark, context)})")
    return found


def note(shown: int, found: int) -> str:
    if not found:
        return ""
    if shown < found:
        return f"the newest {shown} of {found} annotations"
    return "1 annotation" if found == 1 else f"{found} annotations"


def add_note(state: State, words: str) -> None:
    """One more word at the right end of the card's foot."""
    state.note = "; ".join(part for part in (state.note, words) if part)


def _moment(moment: datetime, context: Context) -> str:
    local = buckets.local(moment, context.time_zone)
    is_day = local == buckets.floor(local, "day")
    return formats.text(local.date() if is_day else local, locale=context.locale)

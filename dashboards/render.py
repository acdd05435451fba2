"""Draw widgets: the drawing of a widget's version, and its body, which is what the data says.

Both are cached as finished JSON. The drawing has no data and no colours in it, so one serves all
snapshots, viewers and themes; the body holds for (widget version, snapshot, policy, zone,
locale)."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from dashboards import colors, definition
from dashboards.charts import buckets, coverage, registry, words
from dashboards.charts import drawing as drawing_of
from dashboards.charts.registry import Context, Mark, State
from dashboards.charts.theme import TOKEN_THEME
from dashboards.choices import View
from dashboards.definition import PLAIN
from dashboards.errors import DashboardError, OptionsRefused, RulesChanged
from dashboards.filters import Wish
from dashboards.models import Widget
from datasets import cache, formats, policies
from datasets.errors import DatasetError, NoSnapshot
from datasets.query import run

log = logging.getLogger(__name__)

FAILED_KEEP = 30  # seconds in which a failed card is not tried again
NOTHING: Mapping[str, str] = MappingProxyType({})
FORMAT = 1  # raise it when bodies or drawings change their form


def _code() -> str:
    """Changes with all that makes pictures: drawings and caches outlive the process."""
    root = Path(__file__).parent.parent
    parts = ("dashboards/**/*.py", "datasets/*.py", "templates/**/*.html")
    paths = sorted(path for part in parts for path in root.glob(part))
    digest = hashlib.sha256(f"{version('bokeh')} {version('babel')}".encode())
    for path in paths:
        digest.update(path.read_bytes())
    return f"{FORMAT}-{digest.hexdigest()[:12]}"


CODE = _code()
FAILS = orjson.dumps({"error": "This card fails; the log of the portal says why."})
# What a page and the keys of its caches need. The rest is read when a body must be made.
SHOWN = (
    "dashboard", "page", "title", "subtitle", "chart_type", "options", "width", "height", "places",
    "changed_at",
    "dataset__name", "dataset__owner", "dataset__changed_at", "dataset__fresh_for",
    "dataset__failures", "dataset__failing_since", "dataset__failing_because",
    "dataset__current_snapshot__as_of",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """One widget for one viewer, with the keys under which its parts are cached."""

    widget: Widget
    viewer: Any
    drawing_key: str
    body_key: str  # empty while the dataset has no snapshot
    rules: str  # of the viewer on the dataset, zone and locale: who shares them shares the body
    wish: Wish = PLAIN  # what the viewer chose, as far as it concerns this card


def cards(view: View, *, to_make: bool = False, all_tabs: bool = False) -> list[Card]:
    """Cards on the tab in view of a dashboard that the viewer was found to be allowed to see.

    ``to_make`` reads at once what the making of many bodies needs, which is three times as much."""
    widgets = view.dashboard.widgets.all() if all_tabs else view.widgets()
    widgets = widgets.select_related("dataset__current_snapshot")
    if to_make:
        widgets = widgets.select_related("dataset__owner").prefetch_related("dataset__columns")
        widgets = widgets.defer("dataset__sql", "dataset__canonical_sql", "dataset__description")
    else:
        widgets = widgets.only(*SHOWN)
    return [card(widget, view.viewer, view.wish(widget)) for widget in widgets]


def card(widget: Widget, viewer, wish: Wish = PLAIN) -> Card:
    snapshot = widget.dataset.current_snapshot_id
    rules = _rules(widget, viewer)
    # Labels, units and formats of columns are part of the picture, and so are annotations.
    made_of = f"{widget.version}:{widget.dataset.changed_at.timestamp():.6f}:{snapshot}"
    body_key = f"body:{CODE}:{made_of}:{rules}:{wish.key}" if snapshot else ""
    return Card(widget, viewer, f"drawing:{CODE}:{widget.version}", body_key, rules, wish)


def _rules(widget: Widget, viewer) -> str:
    policy = policies.of(widget.dataset, viewer).fingerprint
    return ":".join([policy, *definition.zone_and_locale(viewer)])


def bodies(wanted: list[Card]) -> list[bytes]:
    """The body of each card as JSON, from the cache where it is there."""
    found = peek(wanted)
    return [body or _make_body(card) for body, card in zip(found, wanted, strict=True)]


class _Failed(Exception):
    """The card failed a moment ago; ``body`` is what was said."""

    def __init__(self, body: bytes):
        self.body = body


def peek(wanted: list[Card]) -> list[bytes | None]:
    """Bodies that are ready; nothing is made."""
    return _ready([card.body_key for card in wanted])


def drawings(wanted: list[Card]) -> list[bytes]:
    """The Bokeh document of each card as JSON, or ``null`` for cards that are HTML.

    Workers have them ready; only while Redis is away or was just emptied are they made here."""
    found = _ready([card.drawing_key for card in wanted])
    return [ready or _make_drawing(card) for ready, card in zip(found, wanted, strict=True)]


def parts(wanted: list[Card]) -> list[tuple[bytes, bytes]]:
    """Body and drawing of each card; one whose drawing fails says so in its body."""
    found = zip(bodies(wanted), drawings(wanted), strict=True)
    return [(body, picture) if picture else (FAILS, b"null") for body, picture in found]


def warm(widget: Widget) -> None:
    """Have the drawing of a widget ready before somebody asks for it."""
    wanted = card(widget, policies.ServiceViewer("draw"))
    drawings([wanted])


def _ready(keys: list[str]) -> list[bytes | None]:
    present = [key for key in keys if key]
    values = dict(zip(present, cache.get_many(present), strict=True))
    return [values.get(key) for key in keys]


def _make_body(card: Card) -> bytes:
    """The body, made now. A card that fails says so on the page and in the log, and is left
    alone for a while: many pages that ask for a slow failure would take every thread."""
    if not card.body_key:
        return orjson.dumps({"pending": str(NoSnapshot(card.widget.dataset.name))})
    failed_key = f"failed:{card.body_key}:{getattr(card.viewer, 'is_staff', False)}"

    def make() -> bytes:
        if known := cache.get(failed_key):
            raise _Failed(known)
        return _fresh(card)

    try:
        return cache.once(card.body_key, make)
    except RulesChanged as error:
        return orjson.dumps({"pending": str(error)})
    except _Failed as failed:
        return failed.body
    except (DashboardError, DatasetError) as error:
        log.warning("Widget %s cannot be drawn: %s", card.widget.pk, error)
        said = orjson.dumps({"error": told(card.widget, card.viewer, error)})
    except Exception:
        log.exception("Widget %s fails", card.widget.pk)
        said = FAILS
    cache.put(failed_key, said, seconds=FAILED_KEEP)
    return said


def _fresh(card: Card, **more) -> bytes:
    """The body as its key says. Made under rules that changed since, it would be kept for others,
    for whom the old ones still hold."""
    made = orjson.dumps(body(card.widget, card.viewer, card.wish, **more))
    if _rules(card.widget, card.viewer) != card.rules:
        raise RulesChanged
    return made


def _make_drawing(card: Card) -> bytes:
    """A drawing that cannot be made is none; its body says why, except where the code fails: then
    it is empty."""
    try:
        return cache.once(card.drawing_key, lambda: _kept_drawing(card.widget))
    except DashboardError:
        return b"null"
    except Exception:
        log.exception("The drawing of widget %s fails", card.widget.pk)
        return b""


def _kept_drawing(widget: Widget) -> bytes:
    """The drawing from the data folder: a portal that starts again has an empty Redis, and need
    not load Bokeh, which takes 2 s and 17 MB in every process that draws."""
    folder = Path(settings.DATA_FOLDER) / "drawings"
    kept = folder / f"{widget.version}.{CODE}.json"
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        made = drawing(widget)
    part = folder / f".{uuid.uuid4().hex}"
    try:
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"{widget.pk}-*"):
            old.unlink(missing_ok=True)
        part.write_bytes(made)
        part.replace(kept)
    except OSError as error:
        log.warning("The drawing of widget %s cannot be kept: %s", widget.pk, error)
    return made


def told(widget: Widget, viewer, error: Exception) -> str:
    """The cause for those who can mend it, a plain word for all others."""
    if isinstance(error, NoSnapshot) or getattr(viewer, "is_staff", False):
        return str(error)
    if definition.is_kept(widget, viewer):
        return "A rule keeps from you what this card shows."
    owner = widget.dataset.owner
    who = f" Owner: {owner.get_full_name() or owner}." if owner else ""
    return f"The settings of this card do not fit its data any more.{who}"


def body(
    widget: Widget, viewer, wish: Wish = PLAIN, *, is_preview: bool = False, browse=NOTHING
) -> dict[str, Any]:
    """What the data says on this widget: state of its drawing or its HTML, and words for all
    readers. ``browse`` is what a reader wants to see of a table: order and page."""
    made = compute(widget, viewer, wish, is_preview=is_preview, browse=browse)
    chart, state, as_of, snapshot = made
    html = ""
    if chart.template and not state.empty:
        html = render_to_string(
            chart.template, {"state": state, "view": state.view, "widget": widget}
        )
    return {
        "snapshot": snapshot,
        "as_of": as_of.isoformat(),
        "html": html,
        "sources": state.sources,
        "props": state.props,
        "narrow": state.narrow,
        "legend": state.legend,
        "legend_at": state.legend_at,
        "picks": state.picks,
        "note": state.note,
        "summary": state.summary,
        "empty": state.empty,
    }


def compute(
    widget: Widget, viewer, wish: Wish = PLAIN, *, is_preview: bool = False, browse=NOTHING
):
    """(chart, state, time of the data, snapshot's id) of a widget, past all caches of pictures."""
    snapshot = widget.dataset.current_snapshot
    known = definition.context(widget.dataset, snapshot and snapshot.as_of, viewer)
    if snapshot is not None:
        begins = definition.begins(widget, known, viewer, wish)
        known = replace(known, begins=begins)
    chart, options = definition.read(widget, known, wish)
    if browse:
        options = chart.browsed(options, browse, known)
    if snapshot is None:
        raise NoSnapshot(widget.dataset.name)
    places = colors.of(widget.dashboard_id, keep=not is_preview)
    marks = _marks(widget) if definition.has_time(widget) else ()
    known = replace(known, places=places, compare=wish.compare, marks=marks)
    if not coverage.covers(known, getattr(options, "period", "")):
        options = chart.limited(options, known)
    asked = definition.queries(widget, chart, options, known, wish)
    tables = {name: run(query, widget.dataset, viewer).table for name, query in asked.items()}
    if any(table.num_rows > definition.GROUPS_MOST for table in tables.values()):
        most = formats.count(definition.GROUPS_MOST, known.locale)
        raise OptionsRefused("group", f"more than {most} groups; take a "
                             "column with fewer values or a shorter period.")  # fmt: skip
    state: State = chart.state(tables, options, known)
    if widget.options.get("grain") == buckets.AUTO and not (chart.template or state.empty):
        _note(state, f"Per {options.grain}")
    _note(state, coverage.days(getattr(options, "period", ""), definition.time_of(widget), known))
    _say_what_is_missing(state, options, known, wish)
    return chart, state, snapshot.as_of, snapshot.pk


def _note(state: State, said: str) -> None:
    """Before what else the foot says: there is not always room for all of it."""
    state.note = "; ".join(part for part in (said, state.note) if part)


def _say_what_is_missing(state: State, options: Any, known: Context, wish: Wish) -> None:
    """Why there are no rows, or none in the first part of the period."""
    period = getattr(options, "period", "")
    if wish.conditions and state.empty == words.empty_words(period, known.locale):
        state.empty = words.no_match(period, known.locale)
    if coverage.covers(known, period):
        return
    begin = f"Data begin {coverage.day(known)}"
    if state.empty:
        state.empty += f" {begin}."
    else:
        _note(state, begin)


def _marks(widget: Widget) -> tuple[Mark, ...]:
    noted = widget.dataset.annotations.order_by("start")
    return tuple(Mark(one.title, one.start, one.end, one.kind) for one in noted)


def drawing(widget: Widget) -> bytes:
    """The Bokeh document of a widget without data, as JSON; ``null`` for types that are HTML."""
    chart = registry.get(widget.chart_type)
    if chart.template:
        return b"null"
    _, options = definition.read(widget, definition.context(widget.dataset))
    return orjson.dumps({"doc": drawing_of.as_json(chart.figure(options, TOKEN_THEME))})


def etag(wanted: list[Card], *more: str) -> str:
    """Changes when any part of these cards changes for this viewer."""
    parts = [part for card in wanted for part in (card.drawing_key, card.body_key)]
    return hashlib.sha256("\n".join([*parts, *more]).encode()).hexdigest()[:32]


def as_json(card: Card, body: bytes, picture: bytes | None, now) -> bytes:
    """One card for the page: its cached parts as they are, and what changes with the clock."""
    version = card.widget.version  # another than the page's: then its make-up changed
    said = {
        "id": card.widget.pk,
        "version": version,
        "stale": stale(card, now),
        "about": about(card),
    }
    head = orjson.dumps(said)[:-1]
    tail = b',"drawing":' + picture if picture is not None else b""
    return head + b',"body":' + body + tail + b"}"


def about(card: Card) -> str:
    """Which period a card shows, and which choices of the page it does not follow."""
    parts = []
    if definition.has_time(card.widget):
        own = card.widget.options.get("period", "")
        period = own if card.wish.period is None else card.wish.period
        parts = [words.name(period, definition.zone_and_locale(card.viewer)[1])] if period else []
    if card.wish.ignored:
        parts.append(f"ignores {', '.join(card.wish.ignored)}")
    return "; ".join(parts)


def stale(card: Card, now) -> str:
    dataset = card.widget.dataset
    if not dataset.is_stale(now):
        return ""
    with timezone.override(definition.zone_and_locale(card.viewer)[0]):  # workers have none
        return dataset.stale_reason(now)


def browsed(card: Card, browse: Mapping[str, str]) -> bytes:
    """The body of a card as its reader wants to see it, as JSON."""
    wanted = json.dumps(sorted(browse.items()))
    key = f"{card.body_key}:{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"
    return cache.once(key, lambda: _fresh(card, browse=browse))


def table(widget: Widget, viewer, wish: Wish = PLAIN, browse=NOTHING) -> dict[str, Any]:
    """The table twin of a widget: the same numbers as texts and as values."""
    _, state, as_of, _ = compute(widget, viewer, wish, browse=browse)
    parts = ("headings", "rows", "values", "empty")
    return {"as_of": as_of} | {name: getattr(state, name) for name in parts}

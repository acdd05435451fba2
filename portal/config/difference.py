"""What a file would change, record by record, before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from accounts.admin_history import Change
from accounts.models import User
from dashboards.models import ChartTemplate, Dashboard, SavedView, Theme
from datasets.models import Dataset, Source
from portal.config import kinds, matching, parts, wanted, write
from portal.config.check import check
from portal.config.errors import Problem
from portal.config.kinds import Kind
from portal.config.parts import Part
from portal.config.wanted import Wanted
from portal.config.words import NOTHING, changes

CREATE, CHANGE, SAME, DELETE, KEPT = "create", "change", "unchanged", "delete", "kept"
WORDS = {CREATE: "new", CHANGE: "changes", SAME: "unchanged", DELETE: "is deleted",
         KEPT: "exists and stays as it is"}  # fmt: skip


INSIDE = (kinds.PAGE, kinds.CARD, kinds.FILTER, kinds.SAVED_VIEW)  # of a dashboard


@dataclass(slots=True)
class Entry:
    """One record and what becomes of it. ``conflict`` says what somebody did to it since the file
    was exported."""

    part: Part
    verb: str
    changes: list[Change] = field(default_factory=list)
    conflict: str = ""

    @property
    def word(self) -> str:
        return WORDS[self.verb]

    @property
    def title(self) -> str:
        found = self.part.values
        name = found.get("title") or found.get("label") or found.get("name") or self.part.key
        return f"{self.part.kind.word.capitalize()} {name}"


@dataclass(slots=True)
class Difference:
    """``problems`` stand in the way; ``notes`` are told."""

    name: str
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    new_roles: list[str] = field(default_factory=list)
    wanted: Wanted | None = None
    #: What a difference was made of, so that the same can be applied and no other.
    made_of: str = ""
    dashboard: Dashboard | None = None

    @property
    def conflicts(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.conflict]

    @property
    def is_empty(self) -> bool:
        return not (self.new_roles or any(e.verb not in (SAME, KEPT) for e in self.entries))

    def of(self, kind: Kind) -> list[Entry]:
        return [entry for entry in self.entries if entry.part.kind is kind]

    def counts(self) -> dict[str, int]:
        verbs = [entry.verb for entry in self.entries]
        return {verb: verbs.count(verb) for verb in WORDS if verb in verbs}


@dataclass(frozen=True, slots=True)
class Wish:
    """How to read files: who asks (None: the operator), whether what exists is overwritten, and
    which sources stand for those that the files name."""

    person: User | None = None
    replace: bool = True
    sources: tuple[tuple[str, str], ...] = ()


def compute(definition: dict[str, Any], wish: Wish) -> Difference:
    """Raises `DefinitionRefused` for a file that is none."""
    if not isinstance(definition, dict):
        check(definition, "dashboard.schema.json")
    if "chart_templates" in definition:
        check(definition, "chart-templates.schema.json")
        found = _simple(kinds.TEMPLATE, definition["chart_templates"], "$.chart_templates", "slug",
                        wish)  # fmt: skip
    elif "themes" in definition:
        check(definition, "brand.schema.json")
        found = _simple(kinds.THEME, definition["themes"], "$.themes", "name", wish)
    else:
        found = _dashboard(definition, wish)
    found.made_of = _made_of(definition, wish, found)
    return found


def _made_of(definition, wish: Wish, found: Difference) -> str:
    stored = [(e.part.name, e.verb, e.part.more["stored"].digest if "stored" in e.part.more else "")
              for e in found.entries]  # fmt: skip
    text = json.dumps([definition, wish.replace, wish.sources, stored], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _simple(kind: Kind, found: list[dict], path: str, name: str, wish: Wish) -> Difference:
    """Records that stand alone: chart templates and themes."""
    made = Difference(f"{len(found)} {kind.word}{'' if len(found) == 1 else 's'}")
    model: type[ChartTemplate] | type[Theme] = kind.model
    stored = [Part(kind, getattr(r, name), kind.plain(r), record=r) for r in model.objects.all()]
    wanted_parts = wanted.each(kind, found, path, name)
    matching.by_key(wanted_parts, stored)
    made.entries = [_entry(part, wish.replace) for part in wanted_parts]
    return made


def _entry(part: Part, replace: bool, base: dict[str, str] | None = None) -> Entry:
    stored: Part | None = part.more.get("stored")
    if stored is None:
        gone = part.kind in INSIDE and base is not None and part.name in base
        told = [c for c in changes(part.kind, {}, part.values) if c.lines or c.after != NOTHING]
        return Entry(part, CREATE, told, "was deleted here since" if gone else "")
    if not replace:
        return Entry(part, KEPT)
    told = changes(part.kind, stored.values, part.values)
    if not told:
        return Entry(part, SAME)
    return Entry(part, CHANGE, told, _since(stored, base))


def _since(stored: Part, base: dict[str, str] | None) -> str:
    """What somebody did since the export; nothing is known of files that no export made."""
    if base is None:
        return ""
    exported: Part = stored.more.get("exported", stored)
    if exported.name not in base:
        return "was made here since"
    return "" if base[exported.name] == exported.digest else "was changed here since"


def _dashboard(definition: dict[str, Any], wish: Wish) -> Difference:
    asked = wanted.read(definition)
    made = Difference(f"dashboard {asked.dashboard.key}", wanted=asked, notes=asked.notes)
    existing = Dashboard.objects.filter(slug=asked.dashboard.key).first()
    made.dashboard = existing
    if existing is not None:
        asked.dashboard.more["stored"] = parts.of_dashboard(existing)
        asked.dashboard.record = existing
    elif not asked.dashboard.values.get("title"):
        asked.dashboard.values["title"] = asked.dashboard.key.replace("-", " ").capitalize()
    made.entries.append(_entry(asked.dashboard, wish.replace, asked.base))
    if existing is not None and not wish.replace:
        made.notes = ["The dashboard exists, so nothing of the file is applied."]
        return made
    made.entries += _datasets(asked, wish, made)
    if existing is None:
        asked.base = None  # its cards were not deleted, they were never here
    made.entries += _inside(asked, existing)
    return made


def _datasets(asked: Wanted, wish: Wish, made: Difference) -> Iterator[Entry]:
    """Found by their slugs; a reference must lead somewhere, and new ones need their source."""
    for part in asked.datasets.values():
        stored = Dataset.objects.filter(slug=part.key).select_related("source", "owner").first()
        if stored is not None:
            part.record, part.more["stored"] = stored, parts.of_dataset(stored)
            if "columns" in part.values:  # those that only the runs of its SQL know stay
                known = part.more["stored"].values["columns"]
                part.values["columns"] = known | part.values["columns"]
        if part.more.get("reference"):
            if stored is None:
                made.problems.append(
                    Problem(
                        f"{part.path}.dataset",
                        f"There is no dataset '{part.key}' that you may use.",
                    )
                )
            continue
        source = _source(part, wish, made)
        if source is not None:
            part.more["source"] = source
            part.values["source"] = source.name
        yield _entry(part, wish.replace, asked.base)


def _source(part: Part, wish: Wish, made: Difference) -> Source | None:
    """The source of a query, or its stand-in; None with a problem where there is none."""
    name, kind, at = part.more["connection"], part.more["kind"], part.more["at"]
    stands_in = dict(wish.sources).get(name, name)
    found = Source.objects.filter(name=stands_in)
    if kind:
        found = found.filter(kind=kind)
    source = found.first()
    may = wish.person is None or wish.person.has_perm("datasets.view_source")
    if source is not None and may:
        return source
    of = f" of the kind {kind}" if kind else ""
    if name:
        said = f"There is no source '{stands_in}'{of} that you may use. Make it in the admin "
        said += "first, or name one that stands in for it."
    else:
        said = "Its queries need a source: it is missing."
    problem = Problem(f"{at}.connection", said)
    if problem not in made.problems:
        made.problems.append(problem)
    return None


def _inside(asked: Wanted, existing: Dashboard | None) -> Iterator[Entry]:
    """Tabs, cards, filters, saved views and annotations."""
    own = parts.card_ids(existing) if existing else {}
    stored_cards = parts.of_cards(existing, own) if existing else []
    left = matching.cards(asked.cards, stored_cards) if asked.cards is not None else []
    ids = own | {part.record.pk: part.key for part in asked.cards or [] if part.record}
    yield from _listed(asked.pages, parts.of_pages(existing) if existing else [], asked.base)
    yield from _entries(asked.cards, left, asked.base)
    stored_filters = parts.of_filters(existing, ids) if existing else []
    exported = parts.of_filters(existing, own) if existing else []
    for one, other in zip(stored_filters, exported, strict=True):
        one.more["exported"] = other
    yield from _listed(asked.filters, stored_filters, asked.base)
    if asked.views is not None:
        views = write.shared_views(existing, None) if existing else []
        known = [_view(view, ids, own) for view in views]
        matching.by_key(asked.views, known)
        yield from _entries(asked.views, [], asked.base)
    if asked.annotations is not None:
        slugs = [part.key for part in asked.datasets.values()]
        matching.by_key(asked.annotations, write.annotations(slugs))
        yield from _entries(asked.annotations, [], asked.base)


def _view(view: SavedView, ids: dict[int, str], own: dict[int, str]) -> Part:
    found = parts.of_view(view, ids)
    found.more["exported"] = parts.of_view(view, own)
    return found


def _listed(asked: list[Part] | None, stored: list[Part], base) -> Iterator[Entry]:
    if asked is not None:
        yield from _entries(asked, matching.by_key(asked, stored), base)


def _entries(asked: list[Part] | None, left: list[Part], base) -> Iterator[Entry]:
    for part in asked or []:
        yield _entry(part, True, base)
    for part in left:
        part.more["stored"] = part
        yield Entry(part, DELETE, conflict=_since(part, base))

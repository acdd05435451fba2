"""What a dashboard is made of, in the words of its file: the one form in which records and files
are compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.utils.text import slugify

from dashboards.models import Dashboard, Widget
from portal.config import kinds
from portal.config.kinds import Kind


@dataclass(slots=True)
class Part:
    """One record: its kind, its name among its like, and its values. Other records are named by
    slugs and names, cards by their ids in the file. ``path`` is where the file speaks of it."""

    kind: Kind
    key: str
    values: dict[str, Any]
    path: str = "$"
    record: Any = None
    more: dict[str, Any] = field(default_factory=dict)  # what code keeps beside the values

    @property
    def name(self) -> str:
        return f"{self.kind.word} {self.key}"

    @property
    def digest(self) -> str:
        """Same for the same values, whoever owns the record; eight letters are enough to see that
        something changed."""
        values = {key: value for key, value in self.values.items() if key != "owner"}
        text = json.dumps(values, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def ids_of(titles: list[str]) -> list[str]:
    """Names for cards, made of their titles; the second of one title gets a number."""
    found: list[str] = []
    for title in titles:
        plain = slugify(title)[:100] or "card"
        name, number = plain, 1
        while name in found:
            number += 1
            name = f"{plain}-{number}"
        found.append(name)
    return found


def card_ids(dashboard: Dashboard) -> dict[int, str]:
    cards = list(dashboard.widgets.all())
    return dict(zip((c.pk for c in cards), ids_of([c.title for c in cards]), strict=True))


def role_names(roles) -> list[str]:
    return sorted(role.name for role in roles.all())


def _owned(record, values: dict[str, Any]) -> dict[str, Any]:
    return values | {
        "owner": record.owner.username if record.owner else "",
        "view_roles": role_names(record.view_roles),
        "edit_roles": role_names(record.edit_roles),
    }


def of_dashboard(dashboard: Dashboard) -> Part:
    values = _owned(dashboard, kinds.DASHBOARD.plain(dashboard))
    return Part(kinds.DASHBOARD, dashboard.slug, values, record=dashboard)


def of_dataset(dataset) -> Part:
    values = _owned(dataset, kinds.DATASET.plain(dataset))
    values["source"] = dataset.source.name
    values["columns"] = {c.name: kinds.COLUMN.plain(c) for c in dataset.columns.all()}
    values["parameters"] = {
        p.name: kinds.PARAMETER.plain(p) for p in dataset.parameters.order_by("name")
    }
    return Part(kinds.DATASET, dataset.slug, values, record=dataset)


def of_pages(dashboard: Dashboard) -> list[Part]:
    return [
        Part(kinds.PAGE, page.slug, kinds.PAGE.plain(page) | {"position": place}, record=page)
        for place, page in enumerate(dashboard.pages.all())
    ]


def of_cards(dashboard: Dashboard, ids: dict[int, str]) -> list[Part]:
    cards = dashboard.widgets.select_related("dataset", "page")
    return [
        Part(kinds.CARD, ids[card.pk], of_card(card) | {"position": place}, record=card)
        for place, card in enumerate(cards)
    ]


def of_card(card: Widget) -> dict[str, Any]:
    values = kinds.CARD.plain(card)
    values["options"] = said_options(card.options)
    return values | {"dataset": card.dataset.slug, "page": card.page.slug if card.page else ""}


def said_options(options: dict[str, Any]) -> dict[str, Any]:
    """Options that say something; the others have their defaults."""
    return {name: value for name, value in options.items() if value not in ("", None, [])}


def of_filters(dashboard: Dashboard, ids: dict[int, str]) -> list[Part]:
    found = []
    for place, one in enumerate(dashboard.filters.select_related("values_from", "depends_on")):
        values = kinds.FILTER.plain(one) | {
            "values_from": one.values_from.slug if one.values_from else "",
            "depends_on": one.depends_on.name if one.depends_on else "",
            "ignored_by": sorted(ids[c.pk] for c in one.ignored_by.all() if c.pk in ids),
            "position": place,
        }
        found.append(Part(kinds.FILTER, one.name, values, record=one))
    return found


def of_view(view, ids: dict[int, str]) -> Part:
    values = _owned(view, kinds.SAVED_VIEW.plain(view))
    values["query"] = renamed_picks(view.query, {str(pk): name for pk, name in ids.items()})
    values["default_roles"] = role_names(view.default_roles)
    return Part(kinds.SAVED_VIEW, view.name, values, record=view)


def of_annotation(annotation, slugs: set[str]) -> Part:
    """``slugs`` are the datasets of the file; what other datasets it marks is not its business."""
    values = kinds.ANNOTATION.plain(annotation)
    marked = {dataset.slug for dataset in annotation.datasets.all()}
    values["datasets"] = sorted(marked & slugs)
    return Part(kinds.ANNOTATION, f"{annotation.title} {values['start']}", values,
                record=annotation)  # fmt: skip


def renamed_picks(query: str, names: dict[str, str]) -> str:
    """Stored choices with other names for the cards that were clicked; a click on a card that has
    none is left out."""
    found = []
    for key, value in parse_qsl(query, keep_blank_values=True):
        mark, _, rest = key.partition(".")
        if mark == "x" and rest:
            card, dot, column = rest.partition(".")
            if card not in names:
                continue
            key = f"x.{names[card]}{dot}{column}"
        found.append((key, value))
    return urlencode(found)

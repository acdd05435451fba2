"""Why somebody sees what a card shows: the grant that let them in, and what rules gave and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group

from dashboards.models import Dashboard, Widget
from datasets import formats, policies, reasons


@dataclass(frozen=True, slots=True)
class Why:
    grants: tuple[str, ...]
    rows: str  # of the dataset, as far as this person may see
    rules: tuple[tuple[str, str, str], ...]  # name, condition, what came of it
    columns: tuple[tuple[str, str, str], ...]  # name, columns, what they are
    whole: bool  # also what is kept from the person is told
    no_rules: str = ""  # instead of rules, where none gives rows


def of(widget: Widget, viewer: Any, labels: dict[str, str], locale: str) -> Why:
    names = dict(Group.objects.values_list("pk", "name"))
    found = reasons.of(widget.dataset, viewer, names, labels)
    whole = found.free or _sees_rules(widget, viewer)

    def count(number: int) -> str:
        return f"{formats.number(number, '#,##0', locale)} row{'' if number == 1 else 's'}"

    rules = tuple(
        (
            rule.name,
            rule.words if whole or rule.plain else "",
            f"{count(rule.rows)}, {rule.why}" if rule.gives else rule.why,
        )
        for rule in found.rows
        if rule.gives or whole
    )
    columns = tuple((rule.name, ", ".join(rule.columns), rule.words) for rule in found.columns)
    said = count(found.visible)
    if whole and found.removed:
        said += f" of {formats.number(found.total, '#,##0', locale)}: "
        said += f"{count(found.removed)} removed"
    return Why(
        grants(widget.dashboard, viewer), said, rules, columns if whole else (), whole,
        "none give rows" if found.rows else "none: all rows count",
    )  # fmt: skip


def _sees_rules(widget: Widget, viewer: Any) -> bool:
    """Who looks as this viewer, or may look at rules, is told what they keep. The viewer is not:
    a column that is hidden is as one that is not there."""
    real = getattr(viewer, "viewed_by", None) or viewer
    editors = policies.rules_of(widget.dataset).editors
    return policies.writes(real, widget.dataset, editors) or real.has_perm(
        "datasets.view_rowpolicy"
    )


def grants(dashboard: Dashboard, viewer: Any) -> tuple[str, ...]:
    """Each way in which the person may see the dashboard."""
    if viewer.is_superuser:
        return ("Superusers see everything",)
    found = ["Owner of the dashboard"] if dashboard.owner_id == viewer.pk else []
    for verb, relation in (("view", dashboard.view_roles), ("edit", dashboard.edit_roles)):
        held = relation.filter(pk__in=viewer.role_ids).values_list("name", flat=True)
        found += [f"The role {name} may {verb} it" for name in held]
    return tuple(found)

"""Why a viewer sees what they see of a dataset: which rule gives how many rows, which keeps which
column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasets import conditions, masks, policies, query
from datasets.policies import Policy

if TYPE_CHECKING:
    from datasets.models import Dataset

EFFECTS = {"hide": "hidden", "totals": "totals of at least {} rows", "mask": "masked: {}"}


@dataclass(frozen=True, slots=True)
class RowReason:
    name: str
    words: str  # its condition
    rows: int  # that it gives
    gives: bool  # to this viewer
    why: str  # it gives or does not
    plain: bool = False  # it compares only columns that the viewer sees as they are


@dataclass(frozen=True, slots=True)
class ColumnReason:
    name: str
    columns: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Reasons:
    free: bool  # no rule holds for the viewer
    rows: tuple[RowReason, ...] = ()
    columns: tuple[ColumnReason, ...] = ()
    visible: int = 0
    total: int = 0

    @property
    def removed(self) -> int:
        return self.total - self.visible


def of(dataset: Dataset, viewer: Any, names: dict[int, str], labels: dict[str, str]) -> Reasons:
    """``names``: of roles, by their key. ``labels``: of columns, by their name."""
    total = query.current(dataset).rows
    if policies.of(dataset, viewer).is_free:
        return Reasons(True, visible=total, total=total)
    rules, attributes = policies.rules_of(dataset), getattr(viewer, "attributes", {}) or {}
    rows = tuple(_row(dataset, rule, viewer, attributes, names, labels) for rule in rules.rows)
    columns = tuple(
        ColumnReason(rule.name, tuple(sorted(rule.columns)), _effect(rule))
        for rule in rules.columns
        if not rule.roles & viewer.role_ids
    )
    return Reasons(False, rows, columns, query.count(dataset, viewer), total)


def _row(dataset, rule, viewer, attributes, names, labels) -> RowReason:
    if rule.condition is None:
        return RowReason(rule.name, "", 0, False, "what is stored is not understood")
    words = conditions.words(rule.condition, labels)
    if not rule.given(viewer):
        roles = " or ".join(sorted(names.get(role, "?") for role in rule.roles)) or "nobody"
        return RowReason(rule.name, words, 0, False, f"only for {roles}")
    try:
        resolved = conditions.resolve(rule.condition, attributes)
    except conditions.Unresolved as missing:
        why = f"the attribute {missing.attribute} has no value, or not the one that is needed"
        return RowReason(rule.name, words, 0, False, why)
    held = sorted(names.get(role, "?") for role in rule.roles & viewer.role_ids)
    why = f"by the role {', '.join(held)}" if held else "for everybody"
    found = query.count_under(dataset, Policy(rows=(resolved,)))
    compared = {one.column for one in conditions.comparisons(resolved)}
    policy = policies.of(dataset, viewer)
    covered = policy.unlisted(labels) | {mask.column for mask in policy.masks}
    words = conditions.words(resolved, labels)
    return RowReason(rule.name, words, found, True, why, plain=not compared & covered)


def _effect(rule) -> str:
    left = rule.fewest if rule.effect == "totals" else masks.MASKS.get(rule.mask, "").lower()
    return EFFECTS.get(rule.effect, "hidden").format(left)

"""Row and column rules of a viewer on a dataset; part of every query and of every cache key.

Both kinds of rules give. Once a dataset has row rules, a viewer sees the rows that the rules of
the viewer's roles give, together; without any there are none. Once a column has a rule, only the
roles that the rule names see it as it is. A rule that cannot be evaluated gives nothing."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils.crypto import salted_hmac

from datasets import cache, conditions
from datasets.conditions import Condition
from datasets.errors import ConditionRefused
from datasets.masks import MASKS, Mask

if TYPE_CHECKING:
    from accounts.models import User
    from datasets.models import ColumnPolicy, Dataset, RowPolicy, Source

WORD = "rules"  # key of the word that is another one after each change of a rule
TRUSTED = 1.0  # seconds for which a process does not ask for the word again
EFFECTS = ("hide", "totals", "mask")  # the stricter first


@dataclass(frozen=True, slots=True)
class ServiceViewer:
    """Who reads when no person does: a recorder or a worker, named for the log."""

    name: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """A person that is only thought of: in the tests of rules, or one of a role."""

    role_ids: frozenset[int] = frozenset()
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """``rows``: a row must pass one of these; None: all rows. ``hidden``: columns that do not exist
    for the viewer. ``fewest``: columns shown only as totals of at least so many rows. ``known``:
    when a rule names a column that is gone, only these are left: the values may have a new name."""

    rows: tuple[Condition, ...] | None = None
    hidden: frozenset[str] = frozenset()
    masks: tuple[Mask, ...] = ()
    fewest: Mapping[str, int] = field(default_factory=dict)
    named: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()  # columns of a rule, known then
    rules: tuple[str, ...] = ()  # in words

    @property
    def is_free(self) -> bool:
        return self.rows is None and not (self.hidden or self.masks or self.fewest or self.named)

    def hides(self, columns: Iterable[str]) -> frozenset[str]:
        """Those of a snapshot's columns that the viewer does not see. A rule for a column that is
        not there any more was made for values that may stand in a new one: then no column shows
        that was not there when the rule was made."""
        there = frozenset(columns)
        found = self.hidden & there
        for names, known in self.named:
            if not names <= there:
                found |= there - known
        return found

    def unlisted(self, columns: Iterable[str]) -> frozenset[str]:
        """Columns that are in no row: what is hidden, and what is shown as totals alone."""
        there = frozenset(columns)
        return self.hides(there) | (there & self.fewest.keys())

    @property
    def fingerprint(self) -> str:
        """Of the rules' text and values: two viewers share a cached answer only if these are
        equal."""
        if self.is_free:
            return FREE_FINGERPRINT
        rows = None if self.rows is None else [conditions.plain(one) for one in self.rows]
        masks = [[mask.column, mask.kind, mask.key] for mask in self.masks]
        named = [[sorted(names), sorted(known)] for names, known in self.named]
        parts = [rows, sorted(self.hidden), masks, sorted(self.fewest.items()), named]
        # Not orjson: it refuses numbers of more than 64 bits, which a rule may compare with.
        return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


FREE = Policy()
FREE_FINGERPRINT = "free"


@dataclass(frozen=True, slots=True)
class RowRule:
    name: str
    everybody: bool
    roles: frozenset[int]
    condition: Condition | None  # None: what is stored is not understood

    def given(self, viewer: Any) -> bool:
        return self.everybody or bool(self.roles & viewer.role_ids)


@dataclass(frozen=True, slots=True)
class ColumnRule:
    name: str
    roles: frozenset[int]  # that see the columns as they are
    columns: frozenset[str]
    known: frozenset[str]
    effect: str
    mask: str
    fewest: int


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of one dataset."""

    rows: tuple[RowRule, ...] = ()
    columns: tuple[ColumnRule, ...] = ()
    editors: frozenset[int] = frozenset()  # roles that may edit the dataset


def of(dataset: Dataset, viewer: User | ServiceViewer | Stranger) -> Policy:
    """The rules that hold for the viewer.

    Who writes the dataset's SQL can read all that its source gives, so no rule holds for them."""
    if viewer is None:
        raise TypeError("A query needs a viewer; system readers pass a ServiceViewer.")
    rules = _all_rules().get(dataset.pk)
    if rules is None or isinstance(viewer, ServiceViewer):
        return FREE
    if isinstance(viewer, Stranger):
        return policy_for(rules, viewer, viewer.attributes)
    # One request asks several times for each card.
    known: dict[int, tuple[Any, Policy]] = viewer.__dict__.setdefault("_policies", {})
    held = (rules, dataset.owner_id, repr(viewer.attributes))
    if dataset.pk not in known or known[dataset.pk][0] != held:
        known[dataset.pk] = held, _policy(rules, dataset, viewer)
    return known[dataset.pk][1]


def _policy(rules: Rules, dataset: Dataset, viewer: User) -> Policy:
    if writes(viewer, dataset, rules.editors):
        return FREE
    attributes = viewer.attributes
    return policy_for(rules, viewer, attributes if isinstance(attributes, dict) else {})


def writes(viewer: Any, dataset: Dataset, editors: Iterable[int]) -> bool:
    """Whether the viewer may change the dataset itself."""
    if getattr(viewer, "is_superuser", False):
        return True
    if not (getattr(viewer, "is_staff", False) or getattr(viewer, "reads_as_staff", False)):
        return False
    edits = dataset.owner_id == viewer.pk or bool(viewer.role_ids & frozenset(editors))
    return edits and viewer.has_perm("datasets.change_dataset")


def may_write_sql(person: User, source: Source) -> bool:
    """Whether a person may write SQL on a source, which reads all that the source gives: not when
    a rule on one of its datasets keeps a part of it from the person."""
    if person.is_superuser:
        return True
    if not type(source).objects.visible_to(person).filter(pk=source.pk).exists():
        return False
    return all(of(dataset, person).is_free for dataset in source.datasets.only("owner"))


def rules_of(dataset: Dataset) -> Rules:
    return _all_rules().get(dataset.pk, Rules())


def policy_for(rules: Rules, viewer: Any, attributes: Mapping[str, object]) -> Policy:
    rows, said = _rows(rules, viewer, attributes) if rules.rows else (None, [])
    held = [rule for rule in rules.columns if not rule.roles & viewer.role_ids]
    strictest: dict[str, ColumnRule] = {}
    for rule in sorted(held, key=_strictness):
        for column in rule.columns:
            strictest.setdefault(column, rule)
    by_effect: dict[str, dict[str, ColumnRule]] = defaultdict(dict)
    for column, rule in strictest.items():
        by_effect[rule.effect][column] = rule
    return Policy(
        rows=rows,
        hidden=frozenset(by_effect["hide"]),
        masks=tuple(
            Mask(column, rule.mask, _pseudonym_key() if rule.mask == "pseudonym" else "")
            for column, rule in sorted(by_effect["mask"].items())
        ),
        fewest={c: rule.fewest for c, rule in by_effect["totals"].items()},
        named=tuple((rule.columns, rule.known) for rule in held),
        rules=tuple(said),
    )


def _rows(
    rules: Rules, viewer: Any, attributes: Mapping[str, object]
) -> tuple[tuple[Condition, ...], list[str]]:
    """(conditions of which one must hold, what they are in words)"""
    found: list[Condition] = []
    said: list[str] = []
    for rule in rules.rows:
        if not rule.given(viewer) or rule.condition is None:
            continue
        try:
            found.append(conditions.resolve(rule.condition, attributes))
            said.append(rule.name)
        except conditions.Unresolved as missing:
            said.append(f"{rule.name}: gives nothing without the attribute {missing.attribute}")
    return tuple(found), said


def _strictness(rule: ColumnRule) -> tuple[int, int, int]:
    """The strictest first; what is not known is the strictest."""
    effect = EFFECTS.index(rule.effect) if rule.effect in EFFECTS else -1
    mask = list(MASKS).index(rule.mask) if rule.mask in MASKS else -1
    return effect, mask, -rule.fewest


def _pseudonym_key() -> str:
    return str(salted_hmac("datasets.pseudonym", "", secret=settings.SECRET_KEY).hexdigest())


class _Changing(threading.local):
    """What a thread reads after a change that it did not commit yet is for nobody else: it may be
    taken back."""

    rules = False
    kept: tuple[float, dict[int, Rules]] | None = None


_kept: tuple[float, bytes | None, dict[int, Rules]] | None = None
_changing = _Changing()


def _all_rules() -> dict[int, Rules]:
    """The rules of all datasets that have some. A change is seen at once by who makes it, and by
    others within `TRUSTED` after it is committed."""
    global _kept
    now = time.monotonic()
    if _changing.rules and connection.in_atomic_block:
        if _changing.kept is None or now - _changing.kept[0] >= TRUSTED:
            _changing.kept = now, _read()
        return _changing.kept[1]
    _changing.rules, _changing.kept = False, None  # it was taken back
    if _kept is not None and now - _kept[0] < TRUSTED:
        return _kept[2]
    word = cache.word(WORD)
    rules = _kept[2] if _kept and word and _kept[1] == word else _read()
    _kept = (now, word, rules)
    return rules


def _read() -> dict[int, Rules]:
    row, column = apps.get_model("datasets.RowPolicy"), apps.get_model("datasets.ColumnPolicy")
    rows: dict[int, list[RowRule]] = defaultdict(list)
    for one in row.objects.filter(enabled=True).prefetch_related("roles").order_by("pk"):
        rows[one.dataset_id].append(row_rule(one, _roles(one)))
    columns: dict[int, list[ColumnRule]] = defaultdict(list)
    for one in column.objects.filter(enabled=True).prefetch_related("roles").order_by("pk"):
        columns[one.dataset_id].append(column_rule(one, _roles(one)))
    editors: dict[int, set[int]] = defaultdict(set)
    through = apps.get_model("datasets.Dataset").edit_roles.through
    held = through.objects.filter(dataset__in=rows.keys() | columns.keys())
    for dataset, role in held.values_list("dataset_id", "group_id"):
        editors[dataset].add(role)
    return {
        key: Rules(tuple(rows[key]), tuple(columns[key]), frozenset(editors[key]))
        for key in rows.keys() | columns.keys()
    }


def row_rule(one: RowPolicy, roles: frozenset[int]) -> RowRule:
    return RowRule(one.name, one.everybody, roles, _understood(one.condition))


def column_rule(one: ColumnPolicy, roles: frozenset[int]) -> ColumnRule:
    columns, known = frozenset(one.columns), frozenset(one.known_columns)
    return ColumnRule(one.name, roles, columns, known, one.effect, one.mask, one.fewest)


def _roles(rule: RowPolicy | ColumnPolicy) -> frozenset[int]:
    return frozenset(role.pk for role in rule.roles.all())


def _understood(written: object) -> Condition | None:
    try:
        return conditions.parse(written)
    except ConditionRefused:
        return None


def forget(**kwargs: Any) -> None:
    """A rule changed, or who may edit a dataset with rules."""
    cache.new_word(WORD, done=_forget_here)
    if connection.in_atomic_block:
        _changing.rules = True


def _forget_here() -> None:
    global _kept
    _kept = _changing.kept = None
    _changing.rules = False


def connect() -> None:
    for name in ("datasets.RowPolicy", "datasets.ColumnPolicy"):
        model = apps.get_model(name)
        post_save.connect(forget, sender=model)
        post_delete.connect(forget, sender=model)
        m2m_changed.connect(forget, sender=model.roles.through)
    m2m_changed.connect(forget, sender=apps.get_model("datasets.Dataset").edit_roles.through)

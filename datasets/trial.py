"""Try rules before they are saved, and run the tests that are kept for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from datasets import conditions, policies, query
from datasets.errors import DatasetError
from datasets.models import ColumnPolicy, Dataset, RowPolicy, RuleTest
from datasets.policies import Policy, Rules, Stranger

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody would see of a dataset."""

    visible: int
    total: int
    table: pa.Table
    hidden: tuple[str, ...]
    totals: tuple[str, ...]
    masked: tuple[str, ...]


def with_rule(rule: RowPolicy | ColumnPolicy, roles: Iterable[int]) -> Rules:
    """The dataset's rules as they would be with this one, saved or not."""
    saved = type(rule).objects.filter(pk=rule.pk).first()
    rules = policies.rules_of(rule.dataset)
    is_row = isinstance(rule, RowPolicy)
    kind, made = ("rows", policies.row_rule) if is_row else ("columns", policies.column_rule)
    others = tuple(one for one in getattr(rules, kind) if saved is None or one.name != saved.name)
    if not is_row:  # as `ColumnPolicy.save` will have it
        rule.known_columns = list(rule.dataset.columns.values_list("name", flat=True))
    mine = (made(rule, frozenset(roles)),) if rule.enabled else ()
    return replace(rules, **{kind: (*others, *mine)})


def seen(dataset: Dataset, rules: Rules, viewer: Any) -> Seen:
    """What a viewer would see of a dataset under these rules; raises `DatasetError`."""
    attributes = getattr(viewer, "attributes", {}) or {}
    free = policies.writes(viewer, dataset, rules.editors)
    policy = policies.FREE if free else policies.policy_for(rules, viewer, attributes)
    snapshot = query.current(dataset)
    names = [column["name"] for column in snapshot.schema]
    hidden = policy.hides(names)
    return Seen(
        visible=query.count_under(dataset, policy),
        total=snapshot.rows,
        table=query.under(query.Query(limit=ROWS), dataset, policy),
        hidden=tuple(name for name in names if name in hidden),
        totals=tuple(name for name in names if name in policy.fewest and name not in hidden),
        masked=tuple(mask.column for mask in policy.masks if mask.column not in hidden),
    )


def run_tests(dataset: Dataset) -> list[RuleTest]:
    """All tests of a dataset's rules, with what came out; those that fail say why."""
    tests = list(dataset.rule_tests.prefetch_related("roles"))
    for test in tests:
        test.said = _wrong(test)[:500]
        test.passed, test.ran_at = not test.said, timezone.now()
        RuleTest.objects.filter(pk=test.pk).update(
            passed=test.passed, said=test.said, ran_at=test.ran_at
        )
    return tests


def _wrong(test: RuleTest) -> str:
    """What is other than expected; nothing when all is as it should be."""
    person = Stranger(frozenset(role.pk for role in test.roles.all()), test.attributes)
    try:
        policy = policies.of(test.dataset, person)
        rows = query.count_under(test.dataset, policy)
        if test.expected_rows is None and not rows:
            return "Sees no row."
        if test.expected_rows is not None and rows != test.expected_rows:
            return f"Sees {rows} rows, not {test.expected_rows}."
        others = _others(test, policy)
        schema = [column["name"] for column in query.current(test.dataset).schema]
    except DatasetError as error:
        return str(error)
    if others:
        return f"Sees {others} rows that do not fit."
    told = [name for name in test.unseen if name in schema and _is_told(policy, name, schema)]
    return f"Sees {', '.join(told)}." if told else ""


def _others(test: RuleTest, policy: Policy) -> int:
    """Rows that are seen and for which ``only`` does not hold; also where it holds neither way."""
    if test.only == {}:
        return 0
    wanted = conditions.parse(test.only)
    every = query.count_under(test.dataset, policy)
    rows = policy.rows if policy.rows is not None else (conditions.AllOf(),)
    fitting = tuple(conditions.AllOf((one, wanted)) for one in rows)
    return every - query.count_under(test.dataset, replace(policy, rows=fitting))


def _is_told(policy: Policy, name: str, schema: list[str]) -> bool:
    """Whether single values of a column are seen as they are."""
    return name not in policy.unlisted(schema) | {mask.column for mask in policy.masks}

"""Rows and columns that are not for everybody. None are kept yet; `rules` puts them in place."""

from types import SimpleNamespace

import pyarrow as pa
import pytest

from datasets import policies
from datasets.errors import DatasetError
from datasets.policies import Policy, ServiceViewer
from datasets.query import Filter, Group, Measure, Order, Query, run
from tests.factories.datasets import DatasetFactory, publish

OWNER, ADA, BOB = (ServiceViewer(name) for name in ("owner", "ada", "bob"))
ONLY_DE = (Filter("country", "=", "DE"),)


@pytest.fixture
def rules(monkeypatch):
    """viewer -> `Policy`; others see everything. The one place that stands in for the rules."""
    held = {}
    real = policies.of
    monkeypatch.setattr(
        policies, "of", lambda dataset, viewer: held.get(viewer) or real(dataset, viewer)
    )
    return held


@pytest.fixture
def sales(db):
    dataset = DatasetFactory(name="Sales")
    publish(
        dataset,
        pa.table(
            {
                "id": [1, 2, 3, 4],
                "country": ["DE", "AT", "DE", None],
                "salary": [10.0, 20.0, 30.0, 40.0],
            }
        ),
    )
    return dataset


def rows(dataset, viewer, **asked):
    return run(Query(**asked), dataset, viewer).table.to_pylist()


UNKNOWN_IN = {
    "select": lambda name: {"select": (name,)},
    "filter": lambda name: {"filters": (Filter(name, ">", 1),)},
    "filter of nulls": lambda name: {"filters": (Filter(name, "is_null"),)},
    "period": lambda name: {"filters": (Filter(name, "period", ["1d", 0]),)},
    "order": lambda name: {"order": (Order(name),)},
    "order of a selection": lambda name: {"select": ("id",), "order": (Order(name),)},
    "group": lambda name: {"group_by": (Group(name),)},
    "grain": lambda name: {"group_by": (Group(name, "day"),)},
    "measure": lambda name: {"measures": (Measure("m", f"sum({name})"),)},
    "count": lambda name: {"measures": (Measure("m", f"count({name}) / count()"),)},
    "measure named like it": lambda name: {"measures": (Measure(name, f"sum({name})"),)},
}


@pytest.mark.parametrize("place", UNKNOWN_IN)
def test_a_hidden_column_is_refused_in_the_words_for_an_unknown_one(sales, rules, place):
    rules[ADA] = Policy(hidden=frozenset({"salary"}))
    told = []
    for name in ("salary", "nohope"):
        with pytest.raises(DatasetError) as caught:
            rows(sales, ADA, **UNKNOWN_IN[place](name))
        told.append((type(caught.value), str(caught.value).replace(name, "it")))

    assert told[0] == told[1]


def test_a_hidden_column_is_not_in_the_rows(sales, rules):
    rules[ADA] = Policy(hidden=frozenset({"salary"}))

    assert all(set(row) == {"id", "country"} for row in rows(sales, ADA))
    assert all("salary" in row for row in rows(sales, OWNER))


def test_a_row_rule_holds_before_counts_and_pages(sales, rules):
    rules[ADA] = Policy(rows=ONLY_DE)
    total = (Measure("n", "count()"), Measure("s", "sum(salary)"), Measure("most", "max(id)"))

    assert rows(sales, ADA, measures=total) == [{"n": 2, "s": 40, "most": 3}]
    assert [r["id"] for r in rows(sales, ADA, order=(Order("id"),), limit=1, offset=1)] == [3]
    assert rows(sales, ADA, order=(Order("id"),), limit=5, offset=2) == []
    assert rows(sales, ADA, group_by=(Group("country"),)) == [{"country": "DE"}]


def test_a_filter_cannot_widen_a_row_rule(sales, rules):
    rules[ADA] = Policy(rows=ONLY_DE)

    assert rows(sales, ADA, filters=(Filter("country", "=", "AT"),)) == []
    assert rows(sales, ADA, filters=(Filter("country", "in", ["AT", "x') OR ('1'='1"]),)) == []


def test_a_row_rule_may_use_a_column_that_is_hidden(sales, rules):
    rules[ADA] = Policy(rows=(Filter("salary", "<", 15),), hidden=frozenset({"salary"}))

    assert rows(sales, ADA) == [{"id": 1, "country": "DE"}]


def test_a_rule_on_a_column_that_is_gone_shows_nothing(sales, rules):
    rules[ADA] = Policy(rows=(Filter("region", "=", "north"),))

    assert rows(sales, ADA) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Policy(), Policy(rows=ONLY_DE)),
        (Policy(), Policy(hidden=frozenset({"salary"}))),
        (Policy(rows=ONLY_DE), Policy(rows=(Filter("country", "=", "AT"),))),
        (Policy(rows=ONLY_DE), Policy(rows=(Filter("country", "!=", "DE"),))),
        (Policy(rows=ONLY_DE), Policy(rows=ONLY_DE, hidden=frozenset({"salary"}))),
        (Policy(rows=(Filter("id", "=", 1),)), Policy(rows=(Filter("id", "=", "1"),))),
        (Policy(hidden=frozenset({"a", "b"})), Policy(hidden=frozenset({"a,b"}))),
    ],
)
def test_different_rules_have_different_fingerprints(one, other):
    assert one.fingerprint != other.fingerprint


def test_the_same_rules_share_a_fingerprint():
    one = Policy(rows=ONLY_DE, hidden=frozenset({"b", "a"}))
    other = Policy(rows=(Filter("country", "=", "DE"),), hidden=frozenset({"a", "b"}), rules=("x",))

    assert one.fingerprint == other.fingerprint


def test_an_answer_from_the_cache_is_only_for_the_same_rules(sales, rules):
    rules[ADA], rules[BOB] = Policy(rows=ONLY_DE), Policy(hidden=frozenset({"salary"}))
    asked = Query(order=(Order("id"),))
    answers = [run(asked, sales, viewer) for viewer in (OWNER, ADA, BOB, OWNER, ADA, BOB)]

    assert [answer.from_cache for answer in answers] == [False] * 3 + [True] * 3
    assert [answer.table.num_rows for answer in answers] == [4, 2, 4, 4, 2, 4]
    assert [answer.table.num_columns for answer in answers] == [3, 3, 2, 3, 3, 2]


def test_people_with_the_same_rules_share_an_answer(sales, rules):
    rules[ADA] = rules[BOB] = Policy(rows=ONLY_DE)

    assert not run(Query(), sales, ADA).from_cache
    assert run(Query(), sales, BOB).from_cache


def test_a_new_version_or_another_zone_is_another_answer(sales):
    per_hour = Query(measures=(Measure("n", "count()"),))
    run(per_hour, sales, OWNER)
    publish(sales, pa.table({"id": [1], "country": ["DE"], "salary": [1.0]}))

    assert run(per_hour, sales, OWNER).table.to_pylist() == [{"n": 1}]
    berlin = Query(measures=per_hour.measures, time_zone="Europe/Berlin")
    assert not run(berlin, sales, OWNER).from_cache


def test_the_answer_names_the_rules_and_the_version(sales, rules):
    rules[ADA] = Policy(rows=ONLY_DE, rules=("Only Germany",))
    answer = run(Query(), sales, ADA)

    assert answer.rules == ("Only Germany",)
    assert (answer.snapshot_id, answer.as_of) == (
        sales.current_snapshot.pk,
        sales.current_snapshot.as_of,
    )


def test_nobody_is_no_viewer():
    with pytest.raises(TypeError):
        policies.of(SimpleNamespace(), None)

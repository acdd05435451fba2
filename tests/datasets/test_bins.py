"""Bins of a numeric column and samples of rows, on permitted and filtered rows only."""

from decimal import Decimal

import pyarrow as pa
import pytest

from datasets import policies
from datasets.errors import ColumnMissing, FilterRefused
from datasets.policies import Policy, ServiceViewer
from datasets.query import Filter, Group, Measure, Query, run
from tests.factories.datasets import DatasetFactory, publish

VIEWER = ServiceViewer("test")
INF = float("inf")


@pytest.fixture
def dataset_of(db):
    def make(**columns):
        dataset = DatasetFactory()
        publish(dataset, pa.table(columns))
        return dataset

    return make


def bins_of(dataset, column="v", filters=(), **more):
    group = Group(column, name="bin", **more)
    asked = Query(group_by=(group,), measures=(Measure("n", "count()"),), filters=filters)
    found = run(asked, dataset, VIEWER).table.to_pylist()
    ends = [(row["bin"] and (row["bin"]["from"], row["bin"]["to"]), row["n"]) for row in found]
    return {b and tuple(e if e is None else round(e, 9) for e in b): n for b, n in ends}


def test_whole_numbers_that_are_few_get_a_bin_each(dataset_of):
    assert bins_of(dataset_of(v=[1, 2, 3, 3, 5, None]), bins=20) == {
        (1, 2): 1, (2, 3): 1, (3, 4): 2, (5, 6): 1, None: 1,
    }  # fmt: skip


def test_edges_are_round_and_the_largest_value_is_in_the_last_bin(dataset_of):
    found = bins_of(dataset_of(v=[0.1, 0.2, 0.3, 0.3, 1.0]), bins=10)

    assert found == {(0.1, 0.2): 1, (0.2, 0.3): 1, (0.3, 0.4): 2, (0.9, 1.0): 1}


def test_many_whole_numbers_share_bins(dataset_of):
    found = bins_of(dataset_of(v=list(range(101))), bins=20)

    assert found[(0, 5)] == found[(95, 100)] == 5
    assert found[(100, 105)] == 1
    assert len(found) == 21


@pytest.mark.parametrize(("values", "found"), [
    ([7.0, 7.0], {(7, 7): 2}),
    ([7, 7], {(7, 8): 2}),
    ([0, 0], {(0, 1): 2}),
    ([-5.0, 0.0, 5.0], {(-5, -4): 1, (0, 1): 1, (4, 5): 1}),
    ([1.0, 2.0, INF, -INF, float("nan")], {(1, 1.1): 1, (1.9, 2): 1, None: 3}),
    ([Decimal("0.50"), Decimal("1.50")], {(0.5, 0.6): 1, (1.4, 1.5): 1}),
    (pa.array([], pa.float64()), {}),
    (pa.array([None, None], pa.float64()), {None: 2}),
])  # fmt: skip
def test_odd_values(dataset_of, values, found):
    assert bins_of(dataset_of(v=values), bins=10) == found


@pytest.mark.parametrize(
    ("most", "count"),
    [
        (1.0, 20),
        (1.3, 26),
        (1.5, 15),
        (3, 15),
        (3.5, 18),
        (6, 30),
        (7, 14),
        (8, 16),
        (1e9, 20),
        (1e-7, 20),
    ],
)
def test_steps_are_1_2_or_5_and_near_the_wanted_number(dataset_of, most, count):
    steps = [most * n / 1000 for n in range(1001)]

    assert len(run(Query(group_by=(Group("v", bins=20),)), dataset_of(v=steps), VIEWER).table) == (
        count
    )


def test_values_beyond_a_quantile_have_an_open_bin(dataset_of):
    dataset = dataset_of(v=[*map(float, range(100)), 1e6, -1e6])

    found = bins_of(dataset, bins=20, within=(0.01, 0.99))

    assert found[(0, 5)] == found[(95, 100)] == 5
    assert found[(None, 0)] == found[(100, None)] == 1
    assert len(found) == 22


def test_edges_are_of_the_filtered_rows(dataset_of):
    dataset = dataset_of(v=[1.0, 2.0, 900.0], shop=["a", "a", "b"])

    assert bins_of(dataset, bins=2, filters=(Filter("shop", "=", "a"),)) == {
        (1, 1.5): 1, (1.5, 2): 1,
    }  # fmt: skip


def test_edges_tell_nothing_of_rows_that_are_not_permitted(dataset_of, monkeypatch):
    dataset = dataset_of(v=[1.0, 2.0, 900.0], shop=["a", "a", "b"])
    only = Policy(rows=(Filter("shop", "=", "a"),), hidden=frozenset({"shop"}))
    monkeypatch.setattr(policies, "of", lambda dataset, viewer: only)

    assert bins_of(dataset, bins=2, filters=(Filter("v", ">", 0),)) == {(1, 1.5): 1, (1.5, 2): 1}


def test_two_binned_groups_and_hostile_names(dataset_of):
    dataset = dataset_of(**{'a"b': [1, 2], "bins 0": [10, 20], "bins 1": [0, 0]})
    groups = (Group('a"b', bins=5, name="x"), Group("bins 0", bins=2, name="y"))
    asked = Query(group_by=groups, measures=(Measure("n", "count()"),),
                  filters=(Filter("bins 1", "=", 0),))  # fmt: skip

    found = run(asked, dataset, VIEWER).table.to_pylist()

    assert sorted((row["x"]["from"], row["y"]["from"], row["n"]) for row in found) == [
        (1, 10, 1), (2, 20, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("group", [
    Group("name", bins=5), Group("v", bins=501), Group("v", bins=-1),
    Group("v", bins=5, within=(0.9, 0.1)), Group("v", bins=5, within=(0, 1.5)),
])  # fmt: skip
def test_nonsense_is_refused(dataset_of, group):
    with pytest.raises(FilterRefused):
        run(Query(group_by=(group,)), dataset_of(v=[1], name=["x"]), VIEWER)


def test_a_hidden_column_has_no_bins(dataset_of, monkeypatch):
    monkeypatch.setattr(policies, "of", lambda dataset, viewer: Policy(hidden=frozenset({"v"})))

    with pytest.raises(ColumnMissing):
        run(Query(group_by=(Group("v", bins=3),)), dataset_of(v=[1], w=[1]), VIEWER)


def test_a_sample_is_spread_and_the_same_every_time(dataset_of):
    rows = 50_000
    asked = Query(select=("n",), sample=500, filters=(Filter("n", ">=", 10_000),))
    first, second = (
        run(asked, dataset_of(n=list(range(rows)), c=[1] * rows), VIEWER).table["n"].to_pylist()
        for _ in range(2)
    )

    assert sorted(first) == sorted(second)
    assert len(set(first)) == 500
    assert min(first) < 11_000
    assert max(first) > 49_000
    assert 27_000 < sum(first) / 500 < 33_000


def test_a_sample_of_few_rows_is_all_of_them(dataset_of):
    dataset = dataset_of(n=[1, 1, 2])

    found = run(Query(select=("n",), sample=500), dataset, VIEWER).table["n"].to_pylist()

    assert sorted(found) == [1, 1, 2]

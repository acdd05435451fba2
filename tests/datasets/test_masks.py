"""Masks on columns of every type that a snapshot may have."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest

from datasets import masks
from datasets.query import Query, run
from tests.datasets.test_rules import column_rule, person
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import RoleFactory


@pytest.mark.parametrize("mask", masks.MASKS)
def test_a_mask_takes_what_is_no_text_and_the_largest_numbers(db, mask):
    columns = {
        "list": pa.array([[1, 2]]), "part": pa.array([{"street": "Ring"}]),
        "at": pa.array([time(9, 30)]), "raw": pa.array([b"abc"]),
        "large": pa.array([2**64 - 1], pa.uint64()),
        "exact": pa.array([Decimal("12345.67")], pa.decimal128(38, 2)),
        "zoned": pa.array([datetime(2026, 3, 9, tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin")),
    }  # fmt: skip
    dataset = DatasetFactory(view_roles=[RoleFactory(name="Sales")])
    publish(dataset, pa.table(columns))
    column_rule(dataset, list(columns), "mask", mask=mask)

    [shown] = run(Query(), dataset, person("Sales")).table.to_pylist()

    plain = {name: column[0].as_py() for name, column in columns.items()}
    assert not {name for name in columns if shown[name] == plain[name]}

"""Sources, datasets, their snapshots and the runs that make them."""

from datasets.models.dataset import (
    Column,
    ColumnType,
    Dataset,
    DatasetQuerySet,
    Parameter,
    RefreshRun,
    RefreshRunQuerySet,
    Snapshot,
    portal_time_zone,
    valid_pattern,
)
from datasets.models.policy import ColumnPolicy, RowPolicy, RuleTest
from datasets.models.source import Source

__all__ = [
    "Column",
    "ColumnPolicy",
    "ColumnType",
    "Dataset",
    "DatasetQuerySet",
    "Parameter",
    "RefreshRun",
    "RefreshRunQuerySet",
    "RowPolicy",
    "RuleTest",
    "Snapshot",
    "Source",
    "portal_time_zone",
    "valid_pattern",
]

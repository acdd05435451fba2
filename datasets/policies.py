"""Row and column rules of a viewer on a dataset; part of every query and of every cache key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from accounts.models import User
    from datasets.models import Dataset
    from datasets.query import Filter


@dataclass(frozen=True, slots=True)
class ServiceViewer:
    """Who reads when no person does: a recorder or a worker, named for the log."""

    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """``rows``: filters that every row must pass. ``hidden``: columns that do not exist for the
    viewer."""

    rows: tuple[Filter, ...] = ()
    hidden: frozenset[str] = frozenset()
    rules: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Of the rules' text and values: two viewers share a cached answer only if these are
        equal."""
        rows = [[f.column, f.op, f.value] for f in self.rows]
        text = orjson.dumps([rows, sorted(self.hidden)], default=str)
        return hashlib.sha256(text).hexdigest()[:16]


def of(dataset: Dataset, viewer: User | ServiceViewer) -> Policy:
    """The rules that hold for the viewer. No rules are kept yet, so the set is empty for
    everybody."""
    if viewer is None:
        raise TypeError("A query needs a viewer; system readers pass a ServiceViewer.")
    return Policy()

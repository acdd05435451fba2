"""A folder of files, applied so that each finds the datasets that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboards.models import Dashboard
from datasets.models import Dataset
from portal.config import DefinitionRefused, apply_file, definitions
from portal.config.reading import parse


def apply_folder(folder: Path, *, replace: bool = False) -> list[Dashboard]:
    """All its JSON files; those that name datasets of others come after them."""
    made = []
    waiting = {path: _named(path) for path in sorted(folder.glob("*.json"))}
    while waiting:
        known = set(Dataset.objects.values_list("slug", flat=True))
        ready = [path for path, names in waiting.items() if names <= known]
        for path in ready or list(waiting):  # who waits in vain says which dataset is missing
            made.append(apply_file(path, replace=replace))
            del waiting[path]
    return [dashboard for dashboard in made if dashboard]


def _named(path: Path) -> set[str]:
    """Datasets of other files that a file names."""
    try:
        found = definitions(parse(path.read_bytes()))
    except DefinitionRefused:
        return set()  # told when it is applied
    return {query["dataset"] for one in found for query in _queries(one) if "dataset" in query}


def _queries(definition: Any) -> Iterator[dict[str, Any]]:
    sources = definition.get("data_sources", []) if isinstance(definition, dict) else []
    for source in sources if isinstance(sources, list) else []:
        queries = source.get("queries", {}) if isinstance(source, dict) else {}
        yield from (query for query in queries.values() if isinstance(query, dict))

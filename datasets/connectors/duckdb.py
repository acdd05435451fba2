"""A DuckDB database file, read in the jail with all of DuckDB's switches."""

from __future__ import annotations

from datasets.connectors.jailed import Jailed
from datasets.connectors.registry import connector


@connector("duckdb")
class DuckDB(Jailed):
    label = "DuckDB file"
    dialect = "duckdb"
    engine = "duckdb"
    what = "file"

"""CSV and Parquet files of one folder, each a table named like its file, read by the jailed
DuckDB."""

from __future__ import annotations

from pathlib import Path

from datasets.connectors.jailed import Jailed, below
from datasets.connectors.registry import connector
from datasets.errors import SourceUnavailable


@connector("files")
class Files(Jailed):
    label = "Files (CSV, Parquet)"
    dialect = "duckdb"
    engine = "files"
    what = "folder"

    def place(self, source) -> Path:
        """The source's folder: a real one directly or deeper below the portal's files folder."""
        folder = below(source.database)
        if folder is None or not folder.is_dir():
            raise SourceUnavailable(
                f"There is no folder '{source.database}' in the portal's files folder. "
                "Ask the operator to make it and to put the files there."
            )
        return folder

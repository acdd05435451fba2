"""What can go wrong with data; every message says what is wrong and what to do."""

from difflib import get_close_matches


class DatasetError(Exception):
    """Base of all; its text is meant for people who work on datasets.

    ``because`` is what viewers are told of a refresh that failed: no engine's words, no names."""

    because = "the refresh fails"


class SecretUnreadable(DatasetError):
    because = "the source does not let us in"

    def __init__(self) -> None:
        super().__init__(
            "A stored password cannot be decrypted: its key is not in ENCRYPTION_KEYS any more. "
            "Add the old key to the end of the list, or type the password again."
        )


class SqlRefused(DatasetError):
    """The statement is not one plain query; line and column count from 1."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None):
        self.line, self.column = line, column
        place = f"Line {line}, column {column}: " if line else ""
        super().__init__(f"{place}{message}")


class SourceUnavailable(DatasetError):
    """The source does not answer; worth another try."""

    because = "the source does not answer"


class SourceRefused(SourceUnavailable):
    """The portal does not use the source as it is: its role may write, or where it stands is not
    allowed. Trying again changes nothing, but a person may."""

    because = "the source is not allowed as it is"


class QueryFailed(DatasetError):
    """The engine refused the statement; ``position`` is where in the canonical text, from 0."""

    because = "the source refuses the query"
    position: int | None = None


class LimitExceeded(DatasetError):
    """More rows, bytes or seconds than the dataset may take."""

    because = "the query takes more rows or time than it may"


class SchemaChanged(DatasetError):
    because = "the columns of the source changed"

    def __init__(self, changes: list[str]):
        super().__init__(
            f"The columns of the source changed: {'; '.join(changes)}. Correct the SQL, or save "
            "the dataset again to accept the new columns."
        )


class LeaseLost(DatasetError):
    """This run was given up for lost or was cancelled, so it must not publish."""


class SqlChanged(DatasetError):
    def __init__(self, dataset: str) -> None:
        super().__init__(f"The SQL of '{dataset}' was changed while it ran; it runs again.")


class NoSnapshot(DatasetError):
    def __init__(self, dataset: str):
        super().__init__(f"'{dataset}' has no data yet. Its first refresh has not finished.")


class ColumnMissing(DatasetError):
    def __init__(self, column: str, dataset: str, columns: list[str]):
        close = get_close_matches(column, columns, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"It has {', '.join(columns)}."
        super().__init__(f"Dataset '{dataset}' has no column '{column}'. {hint}")


class FormulaRefused(DatasetError):
    """A measure's formula is not understood."""


class FilterRefused(DatasetError):
    """A filter's value does not fit its column or operator."""


class UnknownKind(DatasetError):
    def __init__(self, what: str, name: str, known: list[str]):
        super().__init__(f"There is no {what} '{name}'. Known: {', '.join(sorted(known))}.")


class ConditionRefused(DatasetError):
    """A row rule's condition has no meaning."""

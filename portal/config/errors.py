from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where in the file: a JSON path such as ``$.widgets[3].options``."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class DefinitionRefused(Exception):
    """A file cannot be applied; the text says where and why. Nothing of it was applied."""

    def __init__(self, message: str, path: str = "$", problems: list[Problem] | None = None):
        self.problems = problems or [Problem(path, message)]
        more = len(self.problems) - 1
        rest = f" ({more} more {'place is' if more == 1 else 'places are'} wrong.)" if more else ""
        super().__init__(f"{self.problems[0]}{rest}")


class ChangedSince(DefinitionRefused):
    """What stands in the portal is no longer what the difference was shown for."""

"""Texts that no spreadsheet takes for a formula, whoever wrote them."""

#: First characters of a formula, or of what some program makes one; full-width forms too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(text: str) -> str:
    """A text that no program takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text

"""Texts that no spreadsheet takes for a formula, whoever wrote them."""

import re

#: First characters of a formula, or of what some program makes one; full-width forms too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What separates cells or lines somewhere, before such a character.
INSIDE = re.compile(r"([;\t\r\n][ \u00a0]*)(?=[-=+@＝＋－＠])")


def safe(text: str) -> str:
    """A text that no program takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def in_csv(text: str) -> str:
    """The same for a file of commas that a program splits elsewhere. German Excel splits at
    semicolons and knows no quotes then: of ``x;=1+1`` it would make two cells, and a formula."""
    return INSIDE.sub(r"\1'", safe(text))

"""Core: what lies beside each other in a lane, and what words find room there."""

from __future__ import annotations

from collections.abc import Sequence


def rows_of(spans: Sequence[tuple[float, float]], most: int) -> list[int]:
    """The row of each span, so that those of a row do not overlap; the first one that is free.

    Spans that find none of ``most`` rows lie in the one that is free first."""
    found = [0] * len(spans)
    free: list[float] = []  # where each row is free again
    for index in sorted(range(len(spans)), key=lambda i: spans[i]):
        start, end = spans[index]
        row = next((r for r, until in enumerate(free) if until <= start), len(free))
        if row == len(free) and len(free) == most:
            row = min(range(most), key=lambda r: free[r])
        free[row : row + 1] = [max(end, free[row]) if row < len(free) else end]
        found[index] = row
    return found


def room_after(
    spans: Sequence[tuple[float, float]], rows: Sequence[int], end: float
) -> list[float]:
    """How much is free right of each span, up to the next one of its row or to ``end``."""
    found = [0.0] * len(spans)
    next_start: dict[int, float] = {}
    for index in sorted(range(len(spans)), key=lambda i: spans[i], reverse=True):
        start, stop = spans[index]
        found[index] = max(next_start.get(rows[index], end) - stop, 0.0)
        next_start[rows[index]] = start
    return found

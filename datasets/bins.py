"""Core: equal bins with round edges as SQL.

The edges come from the same rows that are counted, so nothing tells of rows that a viewer may not
see. They stand in a one-row table beside the rows, which the engine computes once."""

from __future__ import annotations

MOST = 500
#: Up to which multiple of a power of ten which step is the nearest, as its ratio goes.
LIMITS = ((1.414, 1), (3.162, 2), (7.071, 5))


def edges(
    column: str, whole: bool, bins: int, within: tuple[float, float], rows: str, where: str
) -> str:
    """A SELECT of one row and one struct: ``step``, and the numbers of the ``first`` and ``last``
    bin, counted in steps from zero. ``column`` of the table ``rows`` is quoted; ``where`` has its
    values bound.

    The step is 1, 2 or 5 times a power of ten; of ``whole`` numbers it is at least 1, so that few
    of them get a bin each, and their last bin ends after the largest. All values the same: no
    step."""
    low, high = within
    ends = "min(x) AS low, max(x) AS high"
    if (low, high) != (0, 1):
        ends = f"quantile_cont(x, {float(low)!r}) AS low, quantile_cont(x, {float(high)!r}) AS high"
    found = _select(f"CAST({column} AS DOUBLE) AS x", rows, where)
    found = _select(ends, f"({found})", "isfinite(x)")
    raw = f"greatest((high - low + 1) / {bins}, 1)" if whole else f"(high - low) / {bins}"
    found = _select(f"low, high, {raw} AS raw", f"({found})")
    power = "pow(10, floor(log10(raw) + 1e-9))"
    sizes = " ".join(f"WHEN raw / {power} <= {most} THEN {n}" for most, n in LIMITS)
    nice = f"{power} * CASE {sizes} ELSE 10 END"
    found = _select(f"low, high, CASE WHEN raw > 0 THEN {nice} END AS step", f"({found})")
    first, last = "floor(low / step + 1e-9)", "floor(high / step + 1e-9)"
    if not whole:
        last = f"greatest(ceil(high / step - 1e-9) - 1, {first})"
    return _select(f"{{'step': step, 'first': {first}, 'last': {last}}}", f"({found})")


def _select(columns: str, source: str, where: str = "") -> str:
    parts = ["SELECT", columns, "FROM", source]
    return " ".join([*parts, "WHERE", where] if where else parts)


def bin_of(column: str, edges: str, whole: bool, beyond: bool) -> str:
    """The bin of a value as a struct; ``edges`` is the quoted name of the struct above.

    ``beyond``: there are values outside of the edges, whose bins have no end."""
    x, step = f"CAST({column} AS DOUBLE)", f"{edges}.step"
    at = f"floor({x} / {step} + 1e-9)"
    if not whole:  # the largest value belongs to the last bin
        inside = f"{x} <= ({edges}.last + 1) * {step}"
        at = f"CASE WHEN {inside} THEN least({at}, {edges}.last) ELSE {at} END"
    start, end = f"{at} * {step}", f"({at} + 1) * {step}"
    if beyond:
        start = (
            f"CASE WHEN {at} < {edges}.first THEN NULL "
            f"ELSE least({at}, {edges}.last + 1) * {step} END"
        )
        end = (
            f"CASE WHEN {at} > {edges}.last THEN NULL "
            f"ELSE greatest({at} + 1, {edges}.first) * {step} END"
        )
    same = f"{{'from': {x}, 'to': {x}}}"
    found = f"CASE WHEN {step} IS NULL THEN {same} ELSE {{'from': {start}, 'to': {end}}} END"
    return f"CASE WHEN isfinite({x}) THEN {found} END"

"""Core: templates of cards: what they ask for, and which columns are likely the ones."""

from __future__ import annotations

from typing import Any

from dashboards.charts import options as chart_options
from dashboards.charts import registry
from dashboards.charts.options import Role
from dashboards.errors import DashboardError, OptionsRefused

KEYS = {"option", "label", "help"}
COUNTED = ("count", "carts", "rows", "number")  # names of columns that hold counts already


def check(template: Any) -> None:
    """Raise `OptionsRefused` where a template asks for, or sets, what its chart type has not."""
    try:
        known = chart_options.roles(registry.get(template.chart_type).Options)
    except DashboardError as error:
        raise OptionsRefused("chart_type", str(error)) from error
    if not isinstance(template.roles, list) or not isinstance(template.options, dict):
        raise OptionsRefused(
            "roles", 'Write a list such as [{"option": "stage", "label": "Stage"}]'
        )
    asked = []
    for role in template.roles:
        if not isinstance(role, dict) or not {"option", "label"} <= set(role) <= KEYS:
            raise OptionsRefused("roles", "each has an option and a label, perhaps help.")
        if not all(isinstance(text, str) for text in role.values()):
            raise OptionsRefused("roles", "option, label and help are texts.")
        asked.append(role["option"])
    for field, names in (("roles", asked), ("options", list(template.options))):
        if unknown := next((name for name in names if name not in known), None):
            options = ", ".join(known)
            raise OptionsRefused(field, f"'{unknown}' is no option of it. Options: {options}.")
    if doubled := next((n for n in asked if asked.count(n) > 1 or n in template.options), None):
        raise OptionsRefused("roles", f"'{doubled}' is there twice.")


def likely(option: str, label: str, role: Role, columns: dict[str, str]) -> Any:
    """What to begin with for one role, by types and names; empty where nothing is likely."""
    if role.kind in ("measure", "measures"):
        found = _measure(columns)
        return [found] if role.kind == "measures" else found
    if role.kind not in ("column", "columns"):
        return ""
    fitting = [name for name, kind in columns.items() if not role.types or kind in role.types]
    hints = [option.lower(), *label.lower().split()]
    named = [name for name in fitting if any(h in name.lower() or name.lower() in h for h in hints)]
    texts = [name for name in fitting if columns[name] == "text"]
    best = (named or texts or fitting or [""])[0]
    return [best] if role.kind == "columns" and best else best


def _measure(columns: dict[str, str]) -> str:
    counts = [n for n, kind in columns.items() if kind in ("integer", "number") and n in COUNTED]
    return f"sum({counts[0]})" if counts else "count()"

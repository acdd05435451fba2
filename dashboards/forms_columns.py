"""A choice of columns whose order counts, such as the rows of a pivot table."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget


class ColumnsWidget(UnfoldAdminSelectWidget):
    """One list to choose from per column, in their order, and an empty one for the next."""

    template_name = "admin/dashboards/_columns.html"

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        chosen = [*value, ""] if isinstance(value, list | tuple) else [value or ""]
        context = super().get_context(name, chosen[0], attrs)
        lists = []
        for place, one in enumerate(chosen):
            found = super().get_context(name, one, attrs)["widget"]
            if place:  # the label is that of the first
                found["attrs"] |= {
                    "id": None,
                    "required": False,
                    "aria-label": f"Column {place + 1}",
                }
            lists.append(found)
        context["widget"]["lists"] = lists
        return context

    def value_from_datadict(self, data, files, name) -> list[str]:
        given = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or []
        return list(dict.fromkeys(one for one in given if one))


class ColumnsField(forms.MultipleChoiceField):
    widget = ColumnsWidget

    def __init__(self, *, choices, **kwargs):
        super().__init__(choices=[("", "–"), *choices], **kwargs)

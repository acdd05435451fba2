"""Forms of widgets: their options come from the chart type's typed options and the dataset's
columns."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.keys import is_key
from dashboards import definition
from dashboards.charts import buckets, registry
from dashboards.charts.options import Role, roles
from dashboards.errors import DashboardError, OptionsRefused
from dashboards.forms_columns import ColumnsField
from dashboards.forms_parts import StandsLast
from dashboards.models import Page, Widget
from datasets.errors import DatasetError

OPERATORS = [
    ("=", "is"), ("!=", "is not"), ("<", "less than"), ("<=", "at most"), (">", "more than"),
    (">=", "at least"), ("in", "is one of (commas)"), ("not_in", "is none of (commas)"),
    ("contains", "contains"), ("is_null", "is empty"), ("not_null", "is not empty"),
    ("period", "in the last (30d, 24h)"),
]  # fmt: skip

SEE_BELOW = "Some options are missing or do not fit; see below."


def column_choices(columns: dict[str, str], types: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(name, name) for name, kind in columns.items() if not types or kind in types]


def measure_suggestions(columns: dict[str, str]) -> list[str]:
    """Formulas that make sense for these columns, offered while one types."""
    found = ["count()"]
    for name, kind in columns.items():
        if kind in ("integer", "number"):
            found += [f"sum({name})", f"avg({name})", f"median({name})"]
        elif kind == "boolean":
            found += [f"avg({name})", f"sum({name})"]
        else:
            found.append(f"count_distinct({name})")
    return found


def size_of(chart_type: str) -> tuple[int, int]:
    return registry.load().get(chart_type, registry.Chart).size


def likely_time(role: Role, required: bool, columns: dict[str, str]) -> str:
    """The only column that can tell the time; of several, the first where one must be given."""
    if role.kind != "column" or not set(role.types) & {"date", "datetime"}:
        return ""
    found = [name for name, kind in columns.items() if kind in role.types]
    return found[0] if found and (required or len(found) == 1) else ""


def meaning(name: str, role: Role) -> str:
    """Options of different chart types with one meaning may take each other's answers."""
    if role.kind in ("measure", "measures"):
        return "measure"
    if role.kind == "column" and role.types and set(role.types) <= {"date", "datetime"}:
        return "time"
    return "category" if name in ("category", "stage", "group_by") else f"{name}, a {role.kind}"


def as_kind(role: Role, answer: Any) -> Any:
    """One answer as a list, or the first of several, as the option takes it."""
    several = list(answer) if isinstance(answer, list | tuple) else [answer]
    return several if role.kind in ("columns", "measures") else several[0]


def option_field(role: Role, default: Any, columns: dict[str, str]) -> forms.Field:
    required = default is dataclasses.MISSING
    common = {"label": role.label, "help_text": role.help, "required": required}
    match role.kind:
        case "column":
            choices = [("", "–"), *column_choices(columns, role.types)]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **common)
        case "columns":
            return ColumnsField(choices=column_choices(columns, role.types), **common)
        case "choice":
            common["required"] = False
            return forms.ChoiceField(choices=role.choices, widget=UnfoldAdminSelectWidget, **common)
        case "boolean":
            common["required"] = False
            return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **common)
        case "number":
            return forms.FloatField(widget=UnfoldAdminDecimalFieldWidget, **common)
        case "integer":
            limits = {"min_value": role.least, "max_value": role.most}
            return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **limits, **common)
        case "measures" | "texts" | "colors":
            return LinesField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **common)
    attrs = {"list": "measure-suggestions"} if role.kind == "measure" else {}
    return forms.CharField(widget=UnfoldAdminTextInputWidget(attrs=attrs), **common)


def shown_option(chart, name: str, value: Any) -> Any:
    """A stored option as the form shows it; one that is not stored is the type's default."""
    if value is None:
        field = next(f for f in dataclasses.fields(chart.Options) if f.name == name)
        value = None if field.default is dataclasses.MISSING else field.default
    choices = dict(roles(chart.Options)[name].choices)
    return choices.get(value, value) if choices else value


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value):
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class OptionsForm(forms.Form):
    """The options of one chart type; empty fields take the type's defaults and are not stored."""

    def __init__(self, chart, columns: dict[str, str], *args, fresh: bool = False, **kwargs):
        super().__init__(*args, prefix="options", **kwargs)
        self.chart, self.columns = chart, columns
        self.defaults = {field.name: field.default for field in dataclasses.fields(chart.Options)}
        for name, role in roles(chart.Options).items():
            default = self.defaults[name]
            field = self.fields[name] = option_field(role, default, columns)
            if name not in self.initial and default is not dataclasses.MISSING:
                fits = fresh and default == "day"  # the times of a new card
                self.initial[name] = buckets.AUTO if fits else default
            likely = likely_time(role, field.required, columns) if fresh else ""
            if likely and not self.initial.get(name):
                self.initial[name] = likely

    def values(self) -> dict[str, Any]:
        """What the person chose, as it is stored: only what differs from the defaults."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value not in ("", None, []) and value != self.defaults.get(name)
        }

    def kept(self) -> dict[str, Any]:
        """What still fits of the answers that were given to another chart type or dataset, by its
        name or by what it means: a pie's measure is the first one of bars."""
        before = registry.load().get(self.data.get("options-of", ""))
        if before is None:
            return {}
        answered = OptionsForm(before, self.columns, data=self.data)
        answered.full_clean()
        known, own = roles(before.Options), roles(self.chart.Options)
        given = {k: v for k, v in answered.cleaned_data.items() if v not in ("", None, [])}
        meant = {meaning(name, known[name]): given[name] for name in reversed(given)}
        same = {name for name in own if name in given and own[name].kind == known[name].kind}
        taken = {meaning(name, own[name]) for name in same}
        found = {name: given[name] for name in same}
        for name, role in own.items():
            what = meaning(name, role)
            if what in meant and what not in taken:  # one answer is not given twice
                found[name] = as_kind(role, meant[what])
                taken.add(what)
        return found


class OptionsWidget(forms.Widget):
    """Renders the options form of the chosen chart type; its value is the stored dictionary."""

    template_name = "admin/dashboards/_options.html"
    chart_type = ""
    fresh = False  # nothing was chosen yet, so that what is likely may be
    columns: dict[str, str]

    def __init__(self):
        super().__init__()
        self.columns = {}
        self.bound: OptionsForm | None = None

    def form(self, data=None, initial=None, fresh: bool = False) -> OptionsForm | None:
        if self.chart_type not in dict(registry.choices()):
            return None
        chart = registry.get(self.chart_type)
        return OptionsForm(chart, self.columns, data=data, initial=initial or {}, fresh=fresh)

    def follow(self, data) -> None:
        """Show the options for what is chosen now; answers stay where they fit."""
        answered = self.form(data)
        self.bound = self.form(initial=answered.kept(), fresh=True) if answered else None

    def value_from_datadict(self, data, files, name):
        # Asked again to show the answers, it keeps what was found wrong with them meanwhile.
        if self.bound is None or self.bound.data is not data:
            self.bound = self.form(data)
        if self.bound is None:
            return {}
        return self.bound.values() if self.bound.is_valid() else self.bound.errors

    def value_omitted_from_data(self, data, files, name):
        return False

    def format_value(self, value):
        return value

    def get_context(self, name, value, attrs):
        if isinstance(value, str):
            value = _parsed(value)
        initial = value if isinstance(value, dict) else {}
        form = self.bound or self.form(initial=initial, fresh=self.fresh)
        width, height = size_of(self.chart_type)
        return {"form": form, "suggestions": measure_suggestions(self.columns), "width": width,
                "height": height}  # fmt: skip


def _parsed(text: str) -> Any:
    """Stored JSON; a link may bring some that is none, which is no reason to show no form."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


class OptionsField(forms.Field):
    widget = OptionsWidget

    def clean(self, value):
        if self.widget.bound is not None and not self.widget.bound.is_valid():
            raise ValidationError(SEE_BELOW)
        return value or {}

    def has_changed(self, initial, data):
        return (initial or {}) != (data or {})


class FiltersWidget(forms.Widget):
    """Rows of (column, operator, value); a row without a column does not count."""

    template_name = "admin/dashboards/_filters.html"

    def __init__(self):
        super().__init__()
        self.columns: dict[str, str] = {}

    def value_from_datadict(self, data, files, name):
        found = []
        rows = [re.fullmatch(rf"{re.escape(name)}-(\d{{1,4}})-column", key) for key in data]
        for index in sorted({int(row[1]) for row in rows if row}):
            column = data.get(f"{name}-{index}-column", "")
            operator = data.get(f"{name}-{index}-op", "")
            if column:
                text = data.get(f"{name}-{index}-value", "")
                found.append(
                    _stored_filter(column, operator, text, self.columns.get(column, "text"))
                )
        return found

    def value_omitted_from_data(self, data, files, name):
        return False

    def get_context(self, name, value, attrs):
        stored = (_parsed(value) if isinstance(value, str) else value) or []
        stored = stored if isinstance(stored, list) else []
        rows = [_shown_filter(item) for item in stored] + [("", "=", "")]
        columns = [("", "–"), *column_choices(self.columns)]
        return {"name": name, "rows": rows, "columns": columns, "operators": OPERATORS}


class FiltersField(forms.Field):
    widget = FiltersWidget

    def clean(self, value):
        return value or []

    def has_changed(self, initial, data):
        return (initial or []) != (data or [])


def _stored_filter(column: str, operator: str, text: str, kind: str) -> list:
    if operator in ("is_null", "not_null"):
        return [column, operator]
    if operator == "period":
        return [column, operator, [text, 0]]
    if operator in ("in", "not_in"):
        return [column, operator, [part.strip() for part in text.split(",") if part.strip()]]
    return [column, operator, text]


def _shown_filter(item: list) -> tuple[str, str, str]:
    column, operator, *rest = item
    value = rest[0] if rest else ""
    if operator == "period":
        value = value[0]
    elif isinstance(value, list):
        value = ", ".join(str(part) for part in value)
    elif isinstance(value, bool):
        value = str(value).lower()
    return column, operator, str(value)


class WidgetForm(StandsLast):
    prefix = "card"  # the admin's theme takes a posted field named "dataset" for one of its own
    options = OptionsField(required=False, label="Options of this chart")
    filters = FiltersField(required=False, label="Only rows where", help_text="All of these hold.")

    class Meta:
        model = Widget
        fields = [
            "dashboard", "page", "title", "subtitle", "dataset", "chart_type", "options", "filters",
            "position", "width", "height",
        ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *registry.choices()]
        self.fields["chart_type"] = forms.ChoiceField(
            choices=choices, widget=UnfoldAdminSelectWidget
        )
        columns = self._columns()
        chart_type = self._chosen("chart_type")
        self.fields["options"].widget.chart_type = chart_type
        self.fields["options"].widget.columns = columns
        self.fields["filters"].widget.columns = columns
        if "page" in self.fields:
            self._offer_tabs()
        if self.instance.pk is None:
            self._start(chart_type)

    def _start(self, chart_type: str) -> None:
        """A new card has the size of its type."""
        self.fields["options"].widget.fresh = True
        width, height = size_of(chart_type)
        for name, value in {"width": width, "height": height}.items():
            self.initial.setdefault(name, value)

    def _offer_tabs(self) -> None:
        """Those of the dashboard on which the card stands."""
        self.fields["page"].queryset = Page.objects.filter(dashboard=self.chosen_dashboard())

    def clean(self):
        """The card must be drawable from its dataset's columns; elsewhere a card whose dataset
        changed under it may stay, so that the rest of its dashboard can be edited."""
        cleaned = super().clean()
        if not self.errors:
            names = [name for name in cleaned if name != "dashboard"]
            try:
                definition.check(Widget(**{name: cleaned[name] for name in names}))
            except OptionsRefused as error:
                self._refuse_option(error)
            except (DashboardError, DatasetError) as error:
                raise ValidationError(str(error)) from error
        return cleaned

    def _refuse_option(self, error: OptionsRefused) -> None:
        """At the option's own field, where there is one."""
        options = self.fields["options"].widget.bound
        if options is None or error.field not in options.fields:
            raise ValidationError(str(error)) from error
        options.add_error(error.field, error.message)
        self.add_error("options", SEE_BELOW)

    def _chosen(self, name: str) -> str:
        if self.is_bound:
            return self.data.get(self.add_prefix(name), "")
        return self.initial.get(name) or getattr(self.instance, name, "")

    def _columns(self) -> dict[str, str]:
        """Of the chosen dataset, if it is among those that the person may choose."""
        key = self._chosen("dataset_id" if not self.is_bound else "dataset") or self.initial.get(
            "dataset"
        )
        if "dataset" not in self.fields or not is_key(key):
            return {}
        datasets = self.fields["dataset"].queryset.prefetch_related("columns")
        dataset = datasets.filter(pk=key).first()
        return {column.name: column.type for column in dataset.columns.all()} if dataset else {}

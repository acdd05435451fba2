"""Chart templates in the admin, and the way from one to a card."""

import dataclasses
import json
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin_base import RecordAdmin
from dashboards import chart_templates
from dashboards.charts import registry
from dashboards.charts.options import roles
from dashboards.forms import measure_suggestions, option_field
from dashboards.models import ChartTemplate, Dashboard
from datasets.models import Dataset


class ChartTemplateForm(forms.ModelForm):
    class Meta:
        model = ChartTemplate
        fields = ["name", "slug", "description", "chart_type", "roles", "options", "position"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "chart_type" in self.fields:
            self.fields["chart_type"] = forms.ChoiceField(
                choices=registry.choices(), widget=UnfoldAdminSelectWidget
            )


class StartForm(forms.Form):
    """Which template, for which dataset; then one answer per role of the template."""

    template = forms.ModelChoiceField(
        ChartTemplate.objects.all(), to_field_name="slug", widget=UnfoldAdminSelectWidget
    )
    dataset = forms.ModelChoiceField(Dataset.objects.none(), widget=UnfoldAdminSelectWidget)
    dashboard = forms.ModelChoiceField(
        Dashboard.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, person, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["dataset"].queryset = Dataset.objects.visible_to(person)
        self.fields["dashboard"].queryset = Dashboard.objects.editable_by(person)


class RolesForm(forms.Form):
    """The columns that a template wants, with those that are likely."""

    def __init__(self, template: ChartTemplate, columns: dict[str, str], *args, **kwargs):
        super().__init__(*args, prefix="role", **kwargs)
        options = registry.get(template.chart_type).Options
        defaults = {field.name: field.default for field in dataclasses.fields(options)}
        known = roles(options)
        for asked in template.roles:
            name = asked["option"]
            role = dataclasses.replace(
                known[name], label=asked["label"], help=asked.get("help", known[name].help)
            )
            field = option_field(role, defaults[name], columns)
            field.required = True
            field.initial = chart_templates.likely(name, asked["label"], role, columns)
            self.fields[name] = field


@admin.register(ChartTemplate)
class ChartTemplateAdmin(RecordAdmin):
    form = ChartTemplateForm
    list_display = ["name", "kind", "asks_for", "position"]
    search_fields = ["name", "description"]
    prepopulated_fields = {"slug": ["name"]}
    list_before_template = "admin/dashboards/template_tools.html"
    fieldsets = [
        (None, {"fields": [("name", "slug"), "description", "chart_type"]}),
        ("What it asks for", {"fields": ["roles", "options", "position"]}),
    ]

    def history_value(self, field, value):
        if field == "chart_type":
            return dict(registry.choices()).get(value, value)
        return super().history_value(field, value)

    @admin.display(description="Chart", ordering="chart_type")
    def kind(self, template):
        return dict(registry.choices()).get(template.chart_type, template.chart_type)

    @admin.display(description="Asks for")
    def asks_for(self, template):
        return ", ".join(role["label"] for role in template.roles)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("start/", view(require_safe(self.start_view)),
                 name="dashboards_charttemplate_start"),
            *super().get_urls(),
        ]  # fmt: skip

    def start_view(self, request):
        """Template and dataset, then columns, then the ordinary form of a new card."""
        if not request.user.has_perm("dashboards.add_widget"):
            raise PermissionDenied
        chosen = "template" in request.GET and "dataset" in request.GET
        asked = {name: request.GET.get(name) for name in ("template", "dataset", "dashboard")}
        start = StartForm(request.user, request.GET if chosen else None, initial=asked)
        context = {"start": start, "title": "Add a card from a template"}
        if chosen and start.is_valid():
            template, dataset = (start.cleaned_data[name] for name in ("template", "dataset"))
            columns = {column.name: column.type for column in dataset.columns.all()}
            answered = any(name.startswith("role-") for name in request.GET)
            form = RolesForm(template, columns, request.GET if answered else None)
            if answered and form.is_valid():
                return HttpResponseRedirect(self._card(start.cleaned_data, form.cleaned_data))
            context |= {"template": template, "dataset": dataset, "roles": form,
                        "columns": columns,
                        "suggestions": measure_suggestions(columns)}  # fmt: skip
        context |= self.admin_site.each_context(request) | {"opts": self.opts}
        return render(request, "admin/dashboards/template_start.html", context)

    def _card(self, chosen: dict, answers: dict) -> str:
        """The form of a new card, filled in; there its preview is, and it is checked."""
        template = chosen["template"]
        filled = {
            "dataset": chosen["dataset"].pk, "chart_type": template.chart_type,
            "title": template.name, "options": json.dumps(template.options | answers),
        }  # fmt: skip
        if chosen["dashboard"]:
            filled["dashboard"] = chosen["dashboard"].pk
        return f"{reverse('admin:dashboards_widget_add')}?{urlencode(filled)}"

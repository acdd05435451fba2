"""Forms of filters and saved views: what they may name is on their dashboard."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import QueryDict
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.keys import is_key
from dashboards import filters
from dashboards.arrange import free_slug
from dashboards.errors import ChoiceRefused
from dashboards.models import Dashboard, Filter, Page, SavedView
from datasets.models import Column, Dataset


class StandsLast(forms.ModelForm):
    """Of records that stand in an order on a dashboard: without a position, last."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "position" in self.fields:
            self.fields["position"].required = False
            self.fields["position"].help_text += " Empty: last."
        if self.instance.pk is None:
            self.initial.setdefault("position", None)

    def clean_position(self):
        given, dashboard = self.cleaned_data["position"], self.cleaned_data.get("dashboard")
        if given is not None or dashboard is None:
            return given or 0
        others = self._meta.model.objects.filter(dashboard=dashboard).exclude(pk=self.instance.pk)
        return (others.aggregate(last=Max("position"))["last"] or 0) + 1

    def chosen_dashboard(self) -> int | None:
        """The key of the dashboard that the form names now, if the person may choose it."""
        if "dashboard" not in self.fields:
            return self.instance.dashboard_id
        key = self["dashboard"].value() or self.instance.dashboard_id
        key = getattr(key, "pk", key)
        choosable = self.fields["dashboard"].queryset
        return int(key) if is_key(key) and choosable.filter(pk=key).exists() else None


class PageForm(forms.ModelForm):
    """A tab; its name in links follows its title where none is given."""

    class Meta:
        model = Page
        fields = ["title", "slug", "position"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean(self):
        cleaned = super().clean()
        if "slug" in cleaned and not cleaned["slug"] and cleaned.get("title"):
            others = Page.objects.filter(dashboard=self.instance.dashboard_id)
            taken = others.exclude(pk=self.instance.pk).values_list("slug", flat=True)
            cleaned["slug"] = free_slug(cleaned["title"], taken)
        return cleaned


class NamesWidget(UnfoldAdminTextInputWidget):
    """Names with commas; the known ones are offered while one types."""

    template_name = "admin/dashboards/_names.html"
    known: list[str] | None = None  # none: nobody can say yet

    class Media:
        js = [forms.Script("portal/names.js", type="module")]

    def get_context(self, name, value, attrs):
        attrs = {**(attrs or {}), "list": f"id_{name}-known", "autocomplete": "off"}
        return super().get_context(name, value, attrs) | {"known": self.known}


class NamesField(forms.CharField):
    """A list of names, written with commas."""

    widget = NamesWidget

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return [name.strip() for name in (value or "").split(",") if name.strip()]

    def validate(self, value):
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value):
        """Each name for itself is checked where it is used."""


class FilterForm(StandsLast):
    columns = NamesField(
        required=False,
        help_text=Filter._meta.get_field("columns").help_text + " Write them with commas.",
    )

    class Meta:
        model = Filter
        fields = ["dashboard", "label", "name", "kind", "columns", "values_from", "depends_on",
                  "required", "default_kind", "default", "ignored_by", "position"]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        key = self.chosen_dashboard()
        if "columns" in self.fields and key:
            self.fields["columns"].widget.known = columns_of(key)
        for name, said in (
            ("depends_on", "This filter belongs to another dashboard."),
            ("ignored_by", "These cards belong to another dashboard."),
        ):
            if name in self.fields:
                field = self.fields[name]
                field.queryset = field.queryset.filter(dashboard=key)
                field.error_messages["invalid_choice"] = said
                field.help_text += " Those of the chosen dashboard are offered."
        if "depends_on" in self.fields:
            others = self.fields["depends_on"].queryset.exclude(pk=self.instance.pk)
            self.fields["depends_on"].queryset = others

    def clean(self):
        cleaned = super().clean()
        dashboard = cleaned.get("dashboard")
        if dashboard and (columns := cleaned.get("columns")):
            self.instance.columns = columns  # where they are refused, its own check has them, too
            known = columns_of(dashboard.pk)
            unknown = [name for name in columns if name not in known]
            if known and len(unknown) == len(columns):
                said = f"No card of this dashboard has {', '.join(unknown)}; they have "
                self.add_error("columns", f"{said}{', '.join(known)}.")
            if {"dashboard", "columns", "values_from"} & {*self.changed_data}:
                self._check_reach(dashboard, columns)
        return cleaned

    def _check_reach(self, dashboard, columns):
        """Its values are listed to all viewers, so they come from what the editor may see."""
        if self.cleaned_data.get("values_from") or self.instance.values_from_id:
            return
        if hidden := out_of_reach(dashboard, columns, self.person):
            self.add_error("columns", f"{', '.join(hidden)} would list values of a dataset that is "
                           "not shared with you; choose where its values come from.")  # fmt: skip


def columns_of(dashboard: int) -> list[str]:
    """All columns that the cards of a dashboard have; none while no refresh has told them."""
    found = Column.objects.filter(dataset__widgets__dashboard=dashboard)
    return sorted(set(found.values_list("name", flat=True)))


def out_of_reach(dashboard: Dashboard, columns: list[str], person) -> list[str]:
    """Those of the columns that a card has from a dataset which the person may not see."""
    found = Column.objects.filter(dataset__widgets__dashboard=dashboard, name__in=columns)
    found = found.exclude(dataset__in=Dataset.objects.visible_to(person))
    return sorted(set(found.values_list("name", flat=True)))


class SavedViewForm(forms.ModelForm):
    class Meta:
        model = SavedView
        fields = ["dashboard", "name", "query", "owner", "view_roles", "edit_roles",
                  "default_roles"]  # fmt: skip

    def clean(self):
        """The choices must be ones that the dashboard's filters take."""
        cleaned = super().clean()
        dashboard = cleaned.get("dashboard")
        if dashboard and cleaned.get("query"):
            try:
                asked = dict(QueryDict(cleaned["query"]).lists())
                filters.read(asked, dashboard.filters.all())
            except ChoiceRefused as error:
                self.add_error("query", str(error))
        return cleaned

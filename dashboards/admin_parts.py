"""Forms of what belongs to dashboards besides cards: tabs, filters, saved views, annotations."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_base import RecordAdmin, SharedAdmin
from dashboards import filters, live
from dashboards.errors import ChoiceRefused
from dashboards.models import Annotation, Dashboard, Filter, Page, SavedView, Widget
from datasets.models import Column, Dataset


def tell_pages(dashboard_id: int) -> None:
    transaction.on_commit(lambda: live.announce_change(dashboard_id), robust=True)


class PageInline(TabularInline):
    """Tabs of a dashboard; which cards stand on them, their own forms say."""

    model = Page
    # The theme puts the handle for dragging into the first field, which must not be the hidden one.
    fields = ["title", "slug", "position"]
    prepopulated_fields = {"slug": ["title"]}
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True
    extra = 0
    verbose_name_plural = "Tabs, where one page is not enough"


class OfDashboardAdmin(RecordAdmin):
    """Records of a dashboard: seen by who sees it, changed by who may change it."""

    list_filter = [("dashboard", admin.RelatedOnlyFieldListFilter)]

    def get_queryset(self, request):
        visible = Dashboard.objects.visible_to(request.user)
        return super().get_queryset(request).filter(dashboard__in=visible)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "dashboard":
            kwargs["queryset"] = Dashboard.objects.editable_by(request.user)
        if db_field.name in ("dataset", "values_from"):
            kwargs["queryset"] = Dataset.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self.may_edit(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self.may_edit(request, obj)

    def may_edit(self, request, obj) -> bool:
        editable = Dashboard.objects.editable_by(request.user)
        return obj is None or editable.filter(pk=obj.dashboard_id).exists()

    def save_model(self, request, obj, form, change):
        left = self.model.objects.filter(pk=obj.pk).values_list("dashboard", flat=True).first()
        super().save_model(request, obj, form, change)
        for dashboard_id in {obj.dashboard_id, left} - {None}:
            tell_pages(dashboard_id)

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        tell_pages(obj.dashboard_id)

    def delete_queryset(self, request, queryset):
        dashboards = set(queryset.values_list("dashboard", flat=True))
        super().delete_queryset(request, queryset)
        for dashboard_id in dashboards:
            tell_pages(dashboard_id)


class NamesField(forms.CharField):
    """A list of names, written with commas."""

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return [name.strip() for name in (value or "").split(",") if name.strip()]

    def validate(self, value):
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value):
        """Each name for itself is checked where it is used."""


class FilterForm(forms.ModelForm):
    columns = NamesField(
        required=False, widget=UnfoldAdminTextInputWidget,
        help_text=Filter._meta.get_field("columns").help_text + " Write them with commas.",
    )  # fmt: skip

    class Meta:
        model = Filter
        fields = ["dashboard", "label", "name", "kind", "columns", "values_from", "depends_on",
                  "required", "default_kind", "default", "ignored_by", "position"]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dashboard = self.instance.dashboard if self.instance.pk else None
        if "columns" in self.fields and dashboard is not None:
            names = _columns(dashboard)
            self.fields["columns"].help_text += f" Its cards have {', '.join(names) or 'none yet'}."
        for name, model in (("depends_on", Filter), ("ignored_by", Widget)):
            if name in self.fields:
                same = self.fields[name].queryset
                same = same.filter(dashboard=dashboard) if dashboard else same
                self.fields[name].queryset = same.exclude(
                    pk=self.instance.pk if model is Filter else None
                )

    def clean(self):
        cleaned = super().clean()
        dashboard = cleaned.get("dashboard")
        parent, cards = cleaned.get("depends_on"), cleaned.get("ignored_by") or []
        if dashboard and parent and parent.dashboard_id != dashboard.pk:
            self.add_error("depends_on", "This filter belongs to another dashboard.")
        if dashboard and any(card.dashboard_id != dashboard.pk for card in cards):
            self.add_error("ignored_by", "These cards belong to another dashboard.")
        if dashboard and (columns := cleaned.get("columns")):
            known = _columns(dashboard)
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


def _columns(dashboard: Dashboard) -> list[str]:
    """All columns that the cards of a dashboard have; none while no refresh has told them."""
    found = Column.objects.filter(dataset__widgets__dashboard=dashboard)
    return sorted(set(found.values_list("name", flat=True)))


def out_of_reach(dashboard: Dashboard, columns: list[str], person) -> list[str]:
    """Those of the columns that a card has from a dataset which the person may not see."""
    found = Column.objects.filter(dataset__widgets__dashboard=dashboard, name__in=columns)
    found = found.exclude(dataset__in=Dataset.objects.visible_to(person))
    return sorted(set(found.values_list("name", flat=True)))


@admin.register(Filter)
class FilterAdmin(OfDashboardAdmin):
    form = FilterForm
    list_display = ["label", "dashboard", "kind", "limits", "starts_with", "position"]
    list_select_related = ["dashboard"]
    search_fields = ["label", "name"]
    prepopulated_fields = {"name": ["label"]}
    fieldsets = [
        (None, {"fields": ["dashboard", ("label", "name"), ("kind", "required"), "columns",
                           "values_from", "depends_on"]}),
        ("At first", {"fields": [("default_kind", "default")]}),
        ("On the page", {"fields": ["ignored_by", "position"]}),
    ]  # fmt: skip

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.person = request.user
        return form

    def get_readonly_fields(self, request, obj=None):
        """A dataset that is not among the person's stays as it is."""
        found = super().get_readonly_fields(request, obj)
        seen = Dataset.objects.visible_to(request.user)
        if obj and obj.values_from_id and not seen.filter(pk=obj.values_from_id).exists():
            found = [*found, "values_from"]
        return found

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "depends_on":
            editable = Dashboard.objects.editable_by(request.user)
            kwargs["queryset"] = Filter.objects.filter(dashboard__in=editable)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "ignored_by":
            editable = Dashboard.objects.editable_by(request.user)
            kwargs["queryset"] = Widget.objects.filter(dashboard__in=editable)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="Limits")
    def limits(self, one):
        return ", ".join(one.columns) or "the time of each card"

    @admin.display(description="Starts with")
    def starts_with(self, one):
        return one.default or one.get_default_kind_display()


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


@admin.register(SavedView)
class SavedViewAdmin(SharedAdmin):
    form = SavedViewForm
    list_display = ["name", "dashboard", "owner", "shared_with"]
    list_select_related = ["dashboard", "owner"]
    list_filter = [("dashboard", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name"]
    autocomplete_fields = ["owner", "view_roles", "edit_roles", "default_roles"]
    fieldsets = [
        (None, {"fields": ["dashboard", "name", "query"]}),
        ("Who may use it", {"fields": ["owner", "view_roles", "edit_roles", "default_roles"]}),
    ]

    def get_queryset(self, request):
        visible = Dashboard.objects.visible_to(request.user)
        found = super().get_queryset(request).filter(dashboard__in=visible)
        return found.prefetch_related("view_roles")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "dashboard":
            kwargs["queryset"] = Dashboard.objects.editable_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Roles")
    def shared_with(self, view):
        return ", ".join(role.name for role in view.view_roles.all()) or "only its owner"


@admin.register(Annotation)
class AnnotationAdmin(RecordAdmin):
    """Seen by who sees one of its datasets, changed by who may change all of them."""

    list_display = ["title", "kind", "start", "end", "marks"]
    list_filter = ["kind"]
    search_fields = ["title", "description"]
    plain = (("title", "kind"), "start", "end", "description")
    fieldsets = [(None, {"fields": [*plain, "datasets"]})]

    def get_queryset(self, request):
        seen = Dataset.objects.visible_to(request.user).values("pk")
        marked = Annotation.datasets.through.objects.filter(dataset__in=seen)
        found = super().get_queryset(request).filter(pk__in=marked.values("annotation"))
        return found.prefetch_related("datasets")

    def get_fieldsets(self, request, obj=None):
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": [*self.plain, "shared_datasets"]})]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), "shared_datasets"]

    @admin.display(description="Datasets")
    def shared_datasets(self, annotation):
        """Their names for those with whom they are shared, of the others the number."""
        names = [dataset.name for dataset in annotation.seen_datasets]
        rest = annotation.datasets.count() - len(names)
        more = [f"{rest} not shared with you"] if rest else []
        return ", ".join([*names, *more])

    def get_object(self, request, object_id, from_field=None):
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            visible = Dataset.objects.visible_to(request.user)
            found.seen_datasets = visible.filter(annotations=found)
        return found

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "datasets":
            kwargs["queryset"] = Dataset.objects.editable_by(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._may_edit(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._may_edit(request, obj)

    def _may_edit(self, request, obj) -> bool:
        if obj is None:
            return True
        editable = Dataset.objects.editable_by(request.user).values("pk")
        return not obj.datasets.exclude(pk__in=editable).exists()

    def delete_queryset(self, request, queryset):
        for annotation in queryset:  # one by one: those that the person may not delete stay
            if self.has_delete_permission(request, annotation):
                annotation.delete()

    @admin.display(description="Datasets")
    def marks(self, annotation):
        count = len(annotation.datasets.all())
        return f"{count} dataset{'' if count == 1 else 's'}"

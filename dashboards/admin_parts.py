"""Forms of what belongs to dashboards besides cards: tabs, filters, saved views, annotations."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Script
from django.shortcuts import render
from django.urls import path, reverse_lazy
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from accounts.admin_base import RecordAdmin, SharedAdmin
from dashboards import live
from dashboards.forms_parts import FilterForm, PageForm, SavedViewForm
from dashboards.models import Annotation, Dashboard, Filter, Page, SavedView, Widget
from datasets.models import Dataset


def tell_pages(dashboard_id: int) -> None:
    transaction.on_commit(lambda: live.announce_change(dashboard_id), robust=True)


class PageInline(TabularInline):
    """Tabs of a dashboard; which cards stand on them, their own forms say."""

    model = Page
    form = PageForm
    # The theme puts the handle for dragging into the first field, which must not be the hidden one.
    fields = ["title", "slug", "position"]
    prepopulated_fields = {"slug": ["title"]}
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True
    extra = 0
    verbose_name_plural = "Tabs, where one page is not enough"

    class Media:
        js = [Script("portal/names-of-rows.js", type="module")]


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


#: The fields that depend on the dashboard follow it as soon as another one is chosen.
FOLLOWED = {
    "hx-post": reverse_lazy("admin:dashboards_filter_parts"), "hx-include": "closest form",
    "hx-swap": "none", "hx-select-oob": "#filter-columns,#id_depends_on,#id_ignored_by",
}  # fmt: skip


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
        if db_field.name == "dashboard":
            kwargs["widget"] = UnfoldAdminSelectWidget(FOLLOWED)
        if db_field.name == "depends_on":
            editable = Dashboard.objects.editable_by(request.user)
            kwargs["queryset"] = Filter.objects.filter(dashboard__in=editable)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "ignored_by":
            editable = Dashboard.objects.editable_by(request.user)
            kwargs["queryset"] = Widget.objects.filter(dashboard__in=editable)
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_urls(self):
        view = require_POST(self.parts_view)
        own = path("parts/", self.admin_site.admin_view(view), name="dashboards_filter_parts")
        return [own, *super().get_urls()]

    def parts_view(self, request):
        """What the filter can limit, depend on and be ignored by on the dashboard that its form
        names now."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        form = self.get_form(request)(request.POST)
        return render(request, "admin/dashboards/_filter_parts.html", {"form": form})

    @admin.display(description="Limits")
    def limits(self, one):
        return ", ".join(one.columns) or "the time of each card"

    @admin.display(description="Starts with")
    def starts_with(self, one):
        return one.default or one.get_default_kind_display()


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
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
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

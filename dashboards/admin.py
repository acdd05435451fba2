import orjson
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render as render_page
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline

from accounts.admin_base import RecordAdmin, SharedAdmin
from dashboards import live, render, tasks
from dashboards.charts import registry
from dashboards.errors import DashboardError
from dashboards.forms import WidgetForm
from dashboards.models import Dashboard, Widget
from datasets.errors import DatasetError
from datasets.models import Dataset


class WidgetInline(TabularInline):
    """Order and size of the cards; what a card shows has a form of its own."""

    model = Widget
    fields = ["position", "title", "shows", "width", "height", "edit"]
    readonly_fields = ["shows", "edit"]
    ordering_field = "position"
    hide_ordering_field = True
    extra = 0
    show_change_link = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("dataset")

    def has_add_permission(self, request, obj=None):
        return False

    @admin.display(description="Shows")
    def shows(self, widget):
        labels = dict(registry.choices())
        return f"{labels.get(widget.chart_type, widget.chart_type)} of {widget.dataset}"

    @admin.display(description="")
    def edit(self, widget):
        url = reverse("admin:dashboards_widget_change", args=[widget.pk])
        return format_html(
            '<a class="text-primary-600 font-medium" href="{}">Edit the card</a>', url
        )


@admin.register(Dashboard)
class DashboardAdmin(SharedAdmin):
    list_display = ["title", "slug", "card_count", "shared_with", "owner", "position"]
    list_select_related = ["owner"]
    search_fields = ["title", "slug", "description"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [WidgetInline]
    change_form_after_template = "admin/dashboards/dashboard_tools.html"
    fieldsets = [
        (None, {"fields": ["title", "slug", "description", "position"]}),
        ("Who may see it", {"fields": ["owner", "view_roles", "edit_roles"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("widgets", "view_roles")

    @admin.display(description="Cards")
    def card_count(self, dashboard):
        return len(dashboard.widgets.all())

    @admin.display(description="Roles")
    def shared_with(self, dashboard):
        return ", ".join(role.name for role in dashboard.view_roles.all()) or "only its owner"

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        _tell_pages(form.instance.pk)


@admin.register(Widget)
class WidgetAdmin(RecordAdmin):
    form = WidgetForm
    list_display = ["title", "dashboard", "kind", "dataset", "size"]
    list_select_related = ["dashboard", "dataset"]
    # Of the cards in the list: all records' titles would tell what is not shared.
    list_filter = [
        ("dashboard", admin.RelatedOnlyFieldListFilter),
        ("dataset", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["title", "subtitle"]
    change_form_before_template = "admin/dashboards/widget_tools.html"
    fieldsets = [
        (None, {"fields": ["title", "subtitle", "dashboard", "dataset", "chart_type"]}),
        ("What it shows", {"fields": ["options", "filters"]}),
        ("Place", {"fields": ["position", "width", "height"]}),
    ]

    def get_queryset(self, request):
        visible = Dashboard.objects.visible_to(request.user)
        return super().get_queryset(request).filter(dashboard__in=visible)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "dashboard":
            kwargs["queryset"] = Dashboard.objects.editable_by(request.user)
        if db_field.name == "dataset":
            kwargs["queryset"] = Dataset.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._may_edit(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._may_edit(request, obj)

    def _may_edit(self, request, widget) -> bool:
        editable = Dashboard.objects.editable_by(request.user)
        return widget is None or editable.filter(pk=widget.dashboard_id).exists()

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        transaction.on_commit(lambda: tasks.draw.delay(obj.pk), robust=True)
        for dashboard_id in {obj.dashboard_id, form.initial.get("dashboard")} - {None}:
            _tell_pages(dashboard_id)  # the one that it left as well

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        _tell_pages(obj.dashboard_id)

    def delete_queryset(self, request, queryset):
        dashboards = set(queryset.values_list("dashboard", flat=True))
        super().delete_queryset(request, queryset)
        for dashboard_id in dashboards:
            _tell_pages(dashboard_id)

    @admin.display(description="Chart", ordering="chart_type")
    def kind(self, widget):
        return dict(registry.choices()).get(widget.chart_type, widget.chart_type)

    @admin.display(description="Size")
    def size(self, widget):
        return f"{widget.width} of 12 columns, {widget.height} rows"

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "options/", view(require_POST(self.options_view)), name="dashboards_widget_options"
            ),
            path(
                "preview/", view(require_POST(self.preview_view)), name="dashboards_widget_preview"
            ),
            *super().get_urls(),
        ]

    def options_view(self, request):
        """The options and filters for the chart type and dataset that the form names now."""
        form = self._posted(request)
        form.fields["options"].widget.bound = None
        kept = form.fields["options"].widget.value_from_datadict(form.data, {}, "options")
        form.fields["options"].widget.bound = None
        context = {"options": form.fields["options"].widget.render("options", kept),
                   "filters": form["filters"]}  # fmt: skip
        return render_page(request, "admin/dashboards/_dependent.html", context)

    def preview_view(self, request):
        """The card as it would be drawn from the form, with the rights of who asks."""
        form = self._posted(request)
        if not form.is_valid():
            if not (form["dataset"].value() and form["chart_type"].value()):
                return _json({"error": "", "wait": "Choose a dataset and a chart type first."})
            said = [
                message if name == "__all__" else f"{form[name].label}: {message}"
                for name, messages in form.errors.items()
                for message in messages
            ]
            bound = form.fields["options"].widget.bound
            if bound is not None and not bound.is_valid():
                said = [
                    f"{bound.fields[name].label}: {message}"
                    for name, messages in bound.errors.items()
                    for message in messages
                ]
            return _json({"error": " ".join(said)})
        widget = form.instance
        try:
            found = {"body": render.body(widget, request.user)}
            found["drawing"] = orjson.Fragment(render.drawing(widget))
        except (DashboardError, DatasetError) as error:
            return _json({"error": str(error)})
        kind = "html" if registry.get(widget.chart_type).template else "drawing"
        return _json({"kind": kind, "height": widget.height, **found})

    def _posted(self, request) -> WidgetForm:
        stored = self.get_object(request, request.POST.get("record", ""))
        allowed = (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        )
        if not allowed:
            raise PermissionDenied
        form = self.get_form(request, stored, change=bool(stored))
        return form(request.POST, instance=stored)


def _json(content) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type="application/json")


def _tell_pages(dashboard_id: int) -> None:
    transaction.on_commit(lambda: live.announce_change(dashboard_id), robust=True)

from urllib.parse import urlencode

import orjson
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_page
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline

from accounts.admin_base import RecordAdmin, SharedAdmin
from dashboards import (  # noqa: F401  (some register)
    admin_brand,
    admin_sharing,
    admin_templates,
    layout,
    live,
    render,
    tasks,
)
from dashboards.admin_parts import PageInline
from dashboards.charts import registry
from dashboards.charts.options import roles
from dashboards.errors import DashboardError
from dashboards.forms import OptionsForm, WidgetForm, shown_option
from dashboards.models import Dashboard, Widget
from datasets.errors import DatasetError
from datasets.models import Dataset


class WidgetInline(TabularInline):
    """Order and size of the cards; what a card shows has a form of its own."""

    model = Widget
    # The theme puts the handle for dragging into the first field, which must not be the hidden one.
    fields = ["title", "shows", "width", "height", "edit", "position"]
    readonly_fields = ["shows", "edit"]
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True
    extra = 0
    show_change_link = False
    verbose_name_plural = "Cards, in the order of the page: drag a row to move it"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("dataset")

    def has_add_permission(self, request, obj=None):
        return False

    @admin.display(description="Shows")
    def shows(self, widget):
        labels = dict(registry.choices())
        return f"{labels.get(widget.chart_type, widget.chart_type)}: {widget.dataset}"

    @admin.display(description="")
    def edit(self, widget):
        url = reverse("admin:dashboards_widget_change", args=[widget.pk])
        return format_html(
            '<a class="tools-link" href="{}">Edit<span class="tools-sr"> {}</span></a>',
            url,
            widget.title,
        )


@admin.register(Dashboard)
class DashboardAdmin(SharedAdmin):
    list_display = ["title", "slug", "card_count", "shared_with", "owner", "position"]
    list_select_related = ["owner"]
    search_fields = ["title", "slug", "description"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [WidgetInline, PageInline]
    change_form_before_template = "admin/dashboards/dashboard_tools.html"
    list_before_template = "admin/dashboards/dashboard_list_tools.html"
    actions = ["export_json"]
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

    @admin.action(description="Export as JSON", permissions=["view"])
    def export_json(self, request, queryset):
        slugs = urlencode([("slug", dashboard.slug) for dashboard in queryset])
        return HttpResponseRedirect(f"{reverse('admin:config_export')}?{slugs}")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        _tell_pages(obj.pk)  # when all of it, cards too, is committed


@admin.register(Widget)
class WidgetAdmin(RecordAdmin):
    form = WidgetForm
    compressed_fields = False  # labels above the fields: the preview takes half of the page
    list_display = ["title", "dashboard", "kind", "dataset", "size"]
    list_select_related = ["dashboard", "dataset"]
    # Of the cards in the list: all records' titles would tell what is not shared.
    list_filter = [
        ("dashboard", admin.RelatedOnlyFieldListFilter),
        ("dataset", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["title", "subtitle"]
    list_before_template = "admin/dashboards/template_tools.html"
    change_form_before_template = "admin/dashboards/widget_tools.html"
    fieldsets = [
        (None, {"fields": [("dataset", "chart_type"), "title", "subtitle"]}),
        ("What it shows", {"fields": ["options", "filters"]}),
        ("Place", {"fields": [("dashboard", "page"), ("width", "height", "position")]}),
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
        left = Widget.objects.filter(pk=obj.pk).values_list("dashboard", flat=True).first()
        super().save_model(request, obj, form, change)
        transaction.on_commit(lambda: tasks.draw.delay(obj.pk), robust=True)
        for dashboard_id in {obj.dashboard_id, left} - {None}:
            _tell_pages(dashboard_id)

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        _tell_pages(obj.dashboard_id)

    def delete_queryset(self, request, queryset):
        dashboards = set(queryset.values_list("dashboard", flat=True))
        super().delete_queryset(request, queryset)
        for dashboard_id in dashboards:
            _tell_pages(dashboard_id)

    def response_add(self, request, obj, post_url_continue=None):
        return self._back(request, obj, "added") or super().response_add(
            request, obj, post_url_continue
        )

    def response_change(self, request, obj):
        return self._back(request, obj, "saved") or super().response_change(request, obj)

    def delete_view(self, request, object_id, extra_context=None):
        stored = self.get_object(request, unquote(object_id))
        answer = super().delete_view(request, object_id, extra_context)
        gone = stored is not None and not Widget.objects.filter(pk=stored.pk).exists()
        may_look = request.user.has_perm("dashboards.view_dashboard")
        if gone and may_look and answer.status_code == 302 and "_popup" not in request.POST:
            return HttpResponseRedirect(_form_of(stored.dashboard))
        return answer

    def _back(self, request, card, done: str) -> HttpResponse | None:
        """To the dashboard that the person works on, with a link to the card on its page."""
        if {"_popup", "_continue", "_saveasnew"} & set(request.POST):
            return None
        if not request.user.has_perm("dashboards.view_dashboard"):
            return None
        page = f"{card.dashboard.get_absolute_url()}#widget-{card.pk}"
        said = format_html(
            'The card “{}” was {}. <a class="tools-link" href="{}">See it on the page</a>',
            card.title, done, page,
        )  # fmt: skip
        self.message_user(request, said, messages.SUCCESS)
        if "_addanother" in request.POST:
            add = reverse("admin:dashboards_widget_add")
            return HttpResponseRedirect(f"{add}?dashboard={card.dashboard_id}")
        return HttpResponseRedirect(_form_of(card.dashboard))

    def history_part(self, version, field, key, value):
        chart = registry.load().get(version.chart_type)
        if chart is None or field != "options" or key not in roles(chart.Options):
            return super().history_part(version, field, key, value)
        option = OptionsForm(chart, {}).fields[key]
        return option.label, shown_option(chart, key, value)

    def history_value(self, field, value):
        if field == "chart_type":
            return dict(registry.choices()).get(value, value)
        return super().history_value(field, value)

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
        options = form.fields["options"].widget
        options.follow(form.data)
        context = {"options": options.render("options", None), "filters": form["filters"]}
        return render_page(request, "admin/dashboards/_dependent.html", context)

    def preview_view(self, request):
        """The card as it would stand on the page, with the rights of who asks."""
        form = self._posted(request)
        for name in ("title", "dashboard"):  # a card is drawn without them
            form.fields[name].required = False
        if not form.is_valid():
            return _json(_what_hinders(form))
        widget = form.instance
        widget.title = widget.title or "Title of the card"
        try:
            body = render.body(widget, request.user, is_preview=True)
            drawing = orjson.Fragment(render.drawing(widget))
        except (DashboardError, DatasetError) as error:
            return _json({"error": str(error)})
        kind = "html" if registry.get(widget.chart_type).template else "drawing"
        style = layout.style(widget.width, widget.height, {})
        about = render.about(render.Card(widget, request.user, "", "", ""))
        shown = {"widget": widget, "kind": kind, "body": body, "style": style, "about": about}
        return _json({
            "kind": kind, "width": widget.width, "height": widget.height, "body": body,
            "drawing": drawing, "card": render_to_string("dashboards/_card.html", shown),
        })  # fmt: skip

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


def _form_of(dashboard: Dashboard) -> str:
    return reverse("admin:dashboards_dashboard_change", args=[dashboard.pk])


def _what_hinders(form: WidgetForm) -> dict[str, str]:
    """Why a form cannot be drawn yet: it waits for an answer, or one of them is wrong."""
    if not (form["dataset"].value() and form["chart_type"].value()):
        return {"error": "", "wait": "Choose a dataset and a chart type first."}
    options = form.fields["options"].widget.bound
    wrong = options if options is not None and not options.is_valid() else form
    codes = {error.code for errors in wrong.errors.as_data().values() for error in errors}
    if codes == {"required"}:
        names = [f"“{wrong.fields[name].label}”" for name in wrong.errors]
        return {"error": "", "wait": f"Choose {' and '.join(names)} to see the card."}
    said = [
        message if name == "__all__" else f"{wrong[name].label}: {message}"
        for name, messages in wrong.errors.items()
        for message in messages
    ]
    return {"error": " ".join(said)}


def _json(content) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type="application/json")


def _tell_pages(dashboard_id: int) -> None:
    transaction.on_commit(lambda: live.announce_change(dashboard_id), robust=True)

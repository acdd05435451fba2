from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from accounts.admin_base import SharedAdmin
from accounts.keys import posted
from datasets import admin_rules, admin_sources, formats, policies, refresh, tasks, tried  # noqa: F401  (they register their pages)
from datasets.errors import DatasetError
from datasets.forms import NO_SQL, DatasetForm
from datasets.models import Column, Dataset, Parameter, RefreshRun, Source
from datasets.preview import preview

MAKES_ROWS = ("sql", "source_id")
SAYS_WHEN = ("refresh_every", "refresh_cron", "time_zone", "enabled")


class ColumnInline(TabularInline):
    model = Column
    # The theme puts the handle for dragging into the first field, which must not be the hidden one.
    fields = ["name", "type", "label", "unit", "format", "description", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True
    readonly_fields = ["name"]
    extra = 0
    tab = True
    verbose_name_plural = "Columns"

    def has_add_permission(self, request, obj=None):
        return False


class ParameterInline(TabularInline):
    model = Parameter
    fields = ["name", "type", "value"]
    extra = 0
    tab = True


@admin.register(Dataset)
class DatasetAdmin(SharedAdmin):
    form = DatasetForm
    list_display = ["name", "source", "freshness", "row_count", "schedule", "used_by"]
    ordering = ["name"]
    list_select_related = ["source", "current_snapshot"]
    list_filter = ["source", "enabled"]
    search_fields = ["name", "slug", "description"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["source", "owner", "view_roles", "edit_roles"]
    inlines = [ColumnInline, ParameterInline]
    actions = ["refresh_now"]
    change_form_after_template = "admin/datasets/dataset_rules.html"
    fieldsets = [
        (None, {"fields": [("name", "slug"), "source", "sql", "description"]}),
        (
            "Refresh",
            {"fields": ["refresh_every", ("refresh_cron", "time_zone"), ("fresh_for", "enabled"),
                        ("row_limit", "time_limit")]},
        ),
        ("Who may see its rows", {"fields": ["owner", "view_roles", "edit_roles"]}),
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(uses=Count("widgets"))

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.person = request.user
        return form

    def get_inlines(self, request, obj):
        return self.inlines if obj else [ParameterInline]  # columns are found by the first run

    def get_deleted_objects(self, objs, request):
        """Runs are nobody's to delete, but they go with their dataset."""
        found, counts, missing, protected = super().get_deleted_objects(objs, request)
        return found, counts, missing - {RefreshRun._meta.verbose_name}, protected

    def save_model(self, request, obj, form, change):
        """Save what people edit. What refreshes keep is written only where this save means it: a
        run may have published while the form was open."""
        stored = Dataset.objects.filter(pk=obj.pk).values(*MAKES_ROWS, *SAYS_WHEN).first() or {}
        written = [field.name for field in obj._meta.concrete_fields if field.editable]
        written += ["canonical_sql", "changed_at"]
        if not stored or any(stored[name] != getattr(obj, name) for name in MAKES_ROWS):
            obj.accepts_new_columns = True
            written.append("accepts_new_columns")
        if not stored or any(stored[name] != getattr(obj, name) for name in stored):
            obj.next_run_at = timezone.now()
            written.append("next_run_at")
        if change and stored:
            written.remove("id")
            obj.save(update_fields=written)
        else:
            super().save_model(request, obj, form, change)

        if change:
            self._tell_what_goes(request, form)

    def _tell_what_goes(self, request, form) -> None:
        """Columns that the new SQL has no more, when cards may draw them."""
        dataset, left = form.instance, form.new_columns
        cards = dataset.widgets.count()
        if left is None or not cards:
            return
        gone = dataset.columns.exclude(name__in=left).values_list("name", flat=True)
        if gone:
            names, those = ", ".join(gone), "1 card draws" if cards == 1 else f"{cards} cards draw"
            self.message_user(
                request,
                f"The SQL does not give {names} any more, and {those} from this dataset. From the "
                "next refresh on, those that use what is gone show an error on their page.",
                messages.WARNING,
            )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if any(formset.model is Parameter and formset.has_changed() for formset in formsets):
            Dataset.objects.filter(pk=form.instance.pk).update(next_run_at=timezone.now())

    @display(
        description="Data",
        label={"fresh": "success", "stale": "warning", "failing": "danger", "no data": "info"},
    )
    def freshness(self, dataset):
        now = timezone.now()
        if dataset.failures:
            return "failing", f"failing since {timesince(dataset.failing_since).split(',')[0]}"
        if dataset.current_snapshot is None:
            return "no data", "no data yet"
        word = "stale" if dataset.is_stale(now) else "fresh"
        return word, f"{word}, {_ago(dataset.current_snapshot.as_of)}"

    def history_value(self, field, value):
        is_span = isinstance(value, timedelta)
        return _in_words(value) if is_span else super().history_value(field, value)

    @admin.display(description="Rows", ordering="current_snapshot__rows")
    def row_count(self, dataset):
        return formats.number(dataset.current_snapshot.rows) if dataset.current_snapshot else "–"

    @admin.display(description="Refresh")
    def schedule(self, dataset):
        if not dataset.enabled:
            return "paused"
        if dataset.refresh_every:
            return f"every {_in_words(dataset.refresh_every)}"
        return f"at {dataset.refresh_cron}" if dataset.refresh_cron else "by hand"

    @admin.display(description="Used by", ordering="uses")
    def used_by(self, dataset):
        return formats.counted(dataset.uses, "card") if dataset.uses else "nothing yet"

    @admin.action(description="Refresh now", permissions=["change"])
    def refresh_now(self, request, queryset):
        editable = queryset.filter(pk__in=Dataset.objects.editable_by(request.user))
        started = sum(bool(_start(dataset, request.user)) for dataset in editable)
        self.message_user(request, f"{formats.counted(started, 'refresh run')} queued.")

    def get_urls(self):
        def post(view):
            return self.admin_site.admin_view(require_POST(view))

        progress = self.admin_site.admin_view(self.progress_view)
        name = "datasets_dataset"
        return [
            path("preview/", post(self.preview_view), name=f"{name}_preview"),
            path("<int:pk>/refresh/", post(self.refresh_view), name=f"{name}_refresh"),
            path("<int:pk>/progress/", progress, name=f"{name}_progress"),
            path("<int:pk>/cancel/", post(self.cancel_view), name=f"{name}_cancel"),
            *super().get_urls(),
        ]  # fmt: skip

    def preview_view(self, request):
        """Run the SQL in the form with all guards; show its first rows or what is wrong with it."""
        stored = posted(request, "record", self.get_queryset(request))
        allowed = (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        )
        source = posted(request, "source", Source.objects)
        if not allowed:
            raise PermissionDenied
        form = DatasetForm(request.POST, instance=stored)
        try:
            if source is not None and not policies.may_write_sql(request.user, source):
                raise DatasetError(NO_SQL)
            if source is None or not request.POST.get("sql", "").strip():
                raise DatasetError("Choose a source and write a SELECT first.")
            wanted = Dataset(source=source, sql=request.POST["sql"])
            tried.tell_sql(wanted, stored)  # before: what runs too long may end its worker
            found = preview(wanted, form.parameter_values())
            rows = [[_exact(cell) for cell in row] for row in found.rows]
            context = {"found": found, "rows": rows}
        except DatasetError as error:
            context = {"error": str(error), "line": getattr(error, "line", None),
                       "column": getattr(error, "column", None)}  # fmt: skip
        except ValidationError as error:
            context = {"error": " ".join(error.messages)}
        return render(request, "admin/datasets/_preview.html", context)

    def refresh_view(self, request, pk):
        dataset = self._changeable(request, pk)
        _start(dataset, request.user)
        return self.progress_view(request, pk)

    def progress_view(self, request, pk):
        dataset = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, dataset):
            raise PermissionDenied
        run = dataset.runs.first()
        return render(request, "admin/datasets/_progress.html", {"dataset": dataset, "run": run})

    def cancel_view(self, request, pk):
        for run in self._changeable(request, pk).runs.active():
            refresh.cancel(run)
        return self.progress_view(request, pk)

    def _changeable(self, request, pk) -> Dataset:
        dataset = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, dataset):
            raise PermissionDenied
        return dataset


def _exact(cell) -> str:
    """A value of a preview: numbers as they came, times on the portal's clock."""
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return str(cell)
    return formats.text(cell, time_zone=settings.TIME_ZONE)


def _start(dataset: Dataset, person) -> RefreshRun | None:
    run = refresh.queue(dataset, person=person)
    if run:
        # Without Redis the run stays queued, and a later tick sends it again.
        transaction.on_commit(lambda: tasks.refresh_dataset.delay(run.pk), robust=True)
    return run


def _ago(moment: datetime) -> str:
    if timezone.now() - moment < timedelta(minutes=1):
        return "just now"
    return f"{timesince(moment).split(',')[0]} ago"


def _in_words(span: timedelta) -> str:
    """20 seconds, 5 minutes, 1 hour 30 minutes."""
    seconds, parts = round(span.total_seconds()), []
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        parts += [formats.counted(count, unit)] if count else []
    return " ".join(parts) or f"{span.total_seconds()} seconds"


@admin.register(RefreshRun)
class RefreshRunAdmin(ModelAdmin):
    list_display = [
        "dataset", "state_label", "trigger", "queued", "duration", "row_count", "said"
    ]  # fmt: skip
    list_filter = ["state", "trigger", ("dataset", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["dataset"]
    list_per_page = 50

    def get_queryset(self, request):
        visible = Dataset.objects.visible_to(request.user)
        return super().get_queryset(request).filter(dataset__in=visible)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @display(
        description="State",
        label={"succeeded": "success", "failed": "danger", "lost": "danger", "running": "info",
               "queued": "info", "cancelled": "warning"},
    )  # fmt: skip
    def state_label(self, run):
        return run.state

    @admin.display(description="Queued", ordering="queued_at")
    def queued(self, run):
        return f"{timezone.localtime(run.queued_at):%d %b %Y %H:%M:%S}"

    @admin.display(description="Took")
    def duration(self, run):
        if not (run.started_at and run.finished_at):
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s"

    @admin.display(description="Rows")
    def row_count(self, run):
        return formats.number(run.rows)

    @admin.display(description="Error")
    def said(self, run):
        return format_html('<span title="{}">{}</span>', run.error, run.error[:120])

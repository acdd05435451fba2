"""The audit in the admin: to be searched, read and taken away, never to be changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property
from django.utils.html import format_html
from import_export.admin import ExportMixin
from import_export.formats import base_formats
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import display

from accounts import audit, audit_export, audit_watch
from accounts.audit_words import changes_in_words, details_in_words, kind_label
from accounts.keys import is_key
from accounts.models import Action, AuditEvent, User

MOST_COUNTED = 5_000  # a list of a million would be counted at each look
PEOPLE_LISTED = 200
TONES = {
    Action.CREATED: "success", Action.DELETED: "danger", Action.REVOKED: "warning",
    Action.RIGHTS: "warning", Action.LOGIN_FAILED: "danger", Action.LOCKED_OUT: "danger",
    Action.REFUSED: "danger", Action.AUDIT_PRUNED: "warning",
    Action.VIEW_AS_BEGAN: "warning",
}  # fmt: skip


class KindFilter(DropdownFilter):
    title, parameter_name = "kind of record", "kind"

    def lookups(self, request, model_admin):
        kinds = {*(model._meta.label_lower for model in audit_watch.watched()),
                 AuditEvent._meta.label_lower}  # fmt: skip
        return sorted(((kind, kind_label(kind)) for kind in kinds), key=lambda pair: pair[1])

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


class PersonFilter(DropdownFilter):
    """Who did it. Of very many people the rest is found by the search."""

    title, parameter_name = "person", "person"
    NOBODY = "nobody"

    def lookups(self, request, model_admin):
        people = User.objects.order_by("username").values_list("pk", "username")[:PEOPLE_LISTED]
        found = [(str(pk), name) for pk, name in people]
        if is_key(self.value()) and self.value() not in dict(found):
            event = AuditEvent.objects.filter(person_key=self.value()).first()
            found.insert(0, (self.value(), event.person if event else f"person {self.value()}"))
        return [(self.NOBODY, "Nobody signed in, or the portal"), *found]

    def queryset(self, request, queryset):
        if self.value() == self.NOBODY:
            return queryset.filter(person_key=None)
        return queryset.filter(person_key=self.value()) if is_key(self.value()) else queryset


class RecordFilter(DropdownFilter):
    """What happened to one record and its parts; its page leads here."""

    title, parameter_name = "record", "record"

    def lookups(self, request, model_admin):
        if not self.value():
            return []
        kind, _, key = self.value().rpartition(":")
        event = AuditEvent.objects.filter(kind=kind, key=key).first()
        return [(self.value(), f"{kind_label(kind)}: {event.name if event else key}")]

    def has_output(self):
        return bool(self.value())

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        kind, _, key = self.value().rpartition(":")
        # One index after the other, instead of all events from the newest on.
        own = AuditEvent.objects.filter(kind=kind, key=key).order_by().values("pk")
        parts = AuditEvent.objects.filter(within_kind=kind, within_key=key).exclude(within_kind="")
        return queryset.filter(pk__in=own.union(parts.order_by().values("pk")))


class PeriodFilter(DropdownFilter):
    """In place of Django's date hierarchy, which looks for the days that have events: of a million
    that took 0.4 to 24 seconds."""

    title, parameter_name = "period", "period"
    SPANS = {"today": ("Today", 0), "yesterday": ("Since yesterday", 1), "7": ("7 days", 6),
             "30": ("30 days", 29)}  # fmt: skip

    def lookups(self, request, model_admin):
        oldest = AuditEvent.objects.order_by("id").values_list("at", flat=True).first()
        today = timezone.localdate()
        first = timezone.localdate(oldest) if oldest else today
        months = (today.year * 12 + today.month) - (first.year * 12 + first.month)
        found = [(key, label) for key, (label, _) in self.SPANS.items()]
        for back in range(min(months, 120) + 1):
            year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
            begin = date(year, month + 1, 1)
            found.append((f"{begin:%Y-%m}", f"{begin:%B %Y}"))
        return found

    def queryset(self, request, queryset):
        if self.value() in self.SPANS:
            _, days = self.SPANS[self.value()]
            return queryset.filter(at__gte=_midnight(timezone.localdate() - timedelta(days=days)))
        begin = _day(f"{self.value()}-01") if self.value() else None
        if begin is None:
            return queryset
        after = (begin + timedelta(days=31)).replace(day=1)
        return queryset.filter(at__gte=_midnight(begin), at__lt=_midnight(after))


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1900 < found.year < 9000 else None


def _midnight(day: date) -> datetime:
    """The begin of a day on the clock of who looks."""
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001


class DaysFilter(RangeDateFilter):
    """From a day to a day, both with all of it, on the clock of who looks."""

    def queryset(self, request, queryset):
        begin, end = (
            _day(self.used_parameters.get(f"{self.parameter_name}_{part}") or "")
            for part in ("from", "to")
        )
        if begin:
            queryset = queryset.filter(at__gte=_midnight(begin))
        return queryset.filter(at__lt=_midnight(end + timedelta(days=1))) if end else queryset


class CappedPaginator(Paginator):
    """Counts no further than anybody turns pages; what lies deeper is found by filters."""

    @cached_property
    def count(self):
        return self.object_list.order_by()[: MOST_COUNTED + 1].count()


@admin.register(AuditEvent)
class AuditEventAdmin(ExportMixin, ModelAdmin):
    list_display = ["when", "what", "who", "record", "said", "address"]
    list_display_links = ["when"]
    list_filter = [PeriodFilter, ("at", DaysFilter), ("action", ChoicesDropdownFilter),
                   KindFilter, PersonFilter, RecordFilter]  # fmt: skip
    list_filter_submit = True
    list_per_page = 50
    list_fullwidth = True
    ordering = ["-id"]
    sortable_by = []
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they would count all of them
    paginator = CappedPaginator
    search_fields = ["words"]
    search_help_text = "Beginnings of words: a person, a record, an address, a part of an SQL text."
    actions = None
    resource_classes = [audit_export.AuditResource]
    formats = [base_formats.CSV, base_formats.XLSX]
    export_form_class = ExportForm
    fieldsets = [
        (None, {"fields": ["when", "deed", "who", "record", "note", "changed", "more"]}),
        ("From where", {"fields": ["address", "agent", "session", "door", "same_request"]}),
    ]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_export_permission(self, request):
        return self.has_view_permission(request)

    def get_readonly_fields(self, request, obj=None):
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_queryset(self, request):
        found = super().get_queryset(request)
        if request.resolver_match.url_name.endswith("_changelist"):
            found = found.defer("changes", "details", "words", "agent")
        return found

    def get_search_results(self, request, queryset, search_term):
        return queryset.with_words(search_term), False

    def export_action(self, request):
        try:
            return super().export_action(request)
        except IncorrectLookupParameters as error:  # the list leaves it out; a file would be whole
            raise BadRequest("There is no such filter.") from error

    def get_export_data(self, file_format, request, queryset, **kwargs):
        most = audit_export.MOST[file_format.get_extension()]
        found = queryset[: most + 1]
        rows = found.count()
        if rows > most:
            raise ValueError(
                f"More than {most:,} events are chosen, which is all that fits one file of this "
                "kind. Choose fewer by a filter, for example by days."
            )
        data = super().get_export_data(file_format, request, found, **kwargs)
        chosen = {name: values for name, values in request.GET.lists() if any(values)}
        audit.record(
            Action.EXPORTED, kind=AuditEvent._meta.label_lower,
            details={"format": file_format.get_extension(), "rows": rows, "chosen": chosen},
        )  # fmt: skip
        return data

    @admin.display(description="When", ordering="id")
    def when(self, event):
        return f"{timezone.localtime(event.at):%d %b %Y %H:%M:%S}"

    @display(description="What", label=TONES)
    def what(self, event):
        return event.action, event.get_action_display()

    @admin.display(description="What")
    def deed(self, event):
        return event.get_action_display()

    @admin.display(description="Who")
    def who(self, event):
        if not event.person:
            return "nobody signed in" if event.address else "the portal"
        if event.acting_as:
            return f"{event.person}, viewing as {event.acting_as}"
        return event.person

    @admin.display(description="Record")
    def record(self, event):
        if not event.kind:
            return event.name or "–"
        label, name = kind_label(event.kind), event.name or event.key
        link = _page_of(event) if name else ""
        if link:
            return format_html('{} <a class="tools-link" href="{}">{}</a>', label, link, name)
        return f"{label} {name}".strip()

    @admin.display(description="Note")
    def said(self, event):
        return event.note[:80] or "–"

    @admin.display(description="Before and after")
    def changed(self, event):
        context = {"changes": changes_in_words(event)}
        return render_to_string("admin/accounts/_audit_changes.html", context)

    @admin.display(description="More of it")
    def more(self, event):
        context = {"details": details_in_words(event.details)}
        return render_to_string("admin/accounts/_audit_details.html", context)

    @admin.display(description="Door")
    def door(self, event):
        return event.via or "–"

    @admin.display(description="With the same request")
    def same_request(self, event):
        if not event.request:
            return "–"
        found = AuditEvent.objects.filter(request=event.request).exclude(pk=event.pk)
        context = {"events": [(one, self.record(one)) for one in found.order_by("id")[:50]]}
        return render_to_string("admin/accounts/_audit_request.html", context)


def _page_of(event: AuditEvent) -> str:
    """The record's page in the admin, if there is such a page; empty for what was deleted then."""
    if event.action == Action.DELETED or not event.key:
        return ""
    try:
        return reverse(f"admin:{event.kind.replace('.', '_')}_change", args=[event.key])
    except NoReverseMatch:
        return ""

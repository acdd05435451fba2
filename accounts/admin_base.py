"""What all admins of the portal have in common: the theme, history, and the rights on records."""

from collections import Counter, defaultdict
from itertools import pairwise

from django.contrib.admin.utils import NestedObjects, unquote
from django.core.exceptions import PermissionDenied
from django.db import models, router
from django.db.models.deletion import Collector
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts import audit
from accounts.admin_history import Words
from accounts.audit import Action
from accounts.forms_json import JsonField
from accounts.keys import is_key
from accounts.models import Shared

SECRETS = {"password", "secret", "digest"}  # fields that hold one, or the hash of one
MOST_NAMED = 50  # records of one kind that go with a deleted one; more are only counted


class Going(NestedObjects):
    """What would be deleted. Records that have no page and on which nothing hangs, such as
    measurements, may be thousands: they are counted by the database."""

    def __init__(self, *args, site, **kwargs):
        super().__init__(*args, **kwargs)
        self.site = site

    def can_fast_delete(self, objs, from_field=None):
        kind = getattr(objs, "_meta", None)
        if kind is None or self.site.is_registered(kind.model):
            return False
        return Collector.can_fast_delete(self, objs, from_field)

    def counts(self) -> Counter:
        """Kind of record -> how many. Rows that only join two records are no thing that people
        know."""
        found = Counter({model: len(rows) for model, rows in self.model_objs.items()})
        for rows in self.fast_deletes:
            found[rows.model] += rows.count()
        return Counter(
            {model: n for model, n in found.items() if n and not model._meta.auto_created}
        )


class NamesOnlyWhatIsShared:
    """Pages that say what hinders a deletion name what the person may see, and count the rest."""

    delete_confirmation_template = "admin/delete_page.html"
    delete_selected_confirmation_template = "admin/delete_selected_page.html"

    def get_deleted_objects(self, objs, request):
        site = self.admin_site
        going = Going(using=router.db_for_write(self.model), origin=objs, site=site)
        going.collect(objs)
        if going.protected:  # no right would help
            return [], {}, set(), self._named(request, going.protected)
        counts = going.counts()
        named = {model for model, count in counts.items() if count <= MOST_NAMED}
        found = going.nested(lambda r: _linked(r, site.name) if type(r) in named else None)
        said = {model._meta.verbose_name_plural: f"{n:,}" for model, n in counts.items()}
        return _without_gaps(found), said, self._missing(request, going), []

    def _missing(self, request, going: Going) -> set[str]:
        """Kinds of which the person may not delete what would go."""
        pages = {model: self.admin_site.get_model_admin(model) for model in going.model_objs
                 if self.admin_site.is_registered(model)}  # fmt: skip
        return {
            model._meta.verbose_name
            for model, page in pages.items()
            if not all(page.has_delete_permission(request, r) for r in going.model_objs[model])
        }

    def _named(self, request, records) -> list[str]:
        kinds = defaultdict(list)
        for record in records:
            kinds[type(record)].append(record)
        said = []
        for model, those in kinds.items():
            seen = self.seen(request, those)
            names = sorted(seen, key=str)
            said += [_linked(record, self.admin_site.name) for record in names]
            if rest := len(those) - len(seen):
                other, options = "other " if seen else "", model._meta
                word = options.verbose_name if rest == 1 else options.verbose_name_plural
                said.append(f"{rest} {other}{word} not shared with you")
        return said

    def seen(self, request, records) -> list:
        """Those of the records, all of one kind, that the person finds in the admin's own list."""
        if not records or not self.admin_site.is_registered(type(records[0])):
            return records
        admin = self.admin_site.get_model_admin(type(records[0]))
        if not admin.has_view_permission(request):
            return []
        keys = {record.pk for record in records}
        known = set(admin.get_queryset(request).filter(pk__in=keys).values_list("pk", flat=True))
        return [record for record in records if record.pk in known]

    def name_of(self, request, record) -> str:
        """Its name, unless it is of a kind that is shared and it is not with this person."""
        if isinstance(record, Shared) and not self.seen(request, [record]):
            return f"a {record._meta.verbose_name} not shared with you"
        return str(record)


def _without_gaps(nested: list) -> list:
    found = [_without_gaps(item) if isinstance(item, list) else item for item in nested]
    return [item for item in found if item]


def _linked(record, site: str) -> str:
    options = record._meta
    kind = str(options.verbose_name).capitalize()
    try:
        link = reverse(f"{site}:{options.app_label}_{options.model_name}_change", args=[record.pk])
    except NoReverseMatch:
        return f"{kind}: {record}"
    return format_html('{}: <a class="tools-link" href="{}">{}</a>', kind, link, record)


class InOwnTimes:
    """Forms write times in the zone of who fills them, and say so."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(db_field, models.DateTimeField):
            zone = timezone.get_current_timezone_name().replace("_", " ")
            field.help_text = f"{field.help_text} In your time zone, {zone}.".strip()
        return field


class NoGuessing:
    """Lists are not narrowed by a secret or its hash in their address: who may see the list could
    guess it, letter by letter."""

    def lookup_allowed(self, lookup, value, request):
        names = lookup.split("__")
        return not SECRETS.intersection(names) and super().lookup_allowed(lookup, value, request)


class RecordAdmin(NoGuessing, InOwnTimes, NamesOnlyWhatIsShared, SimpleHistoryAdmin, ModelAdmin):
    """A configuration record with its history."""

    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True
    object_history_template = "admin/history_page.html"
    object_history_form_template = "admin/history_version.html"
    history_list_per_page = 25
    formfield_overrides = {
        models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})},
        models.JSONField: {
            "form_class": JsonField,
            "widget": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        },
    }

    def get_changeform_initial_data(self, request):
        """What an address says a new record begins with; records by keys."""
        found = super().get_changeform_initial_data(request)
        many = {field.name for field in self.opts.many_to_many}
        return {
            name: [key for key in value if is_key(key)] if name in many else value
            for name, value in found.items()
        }

    def history_view(self, request, object_id, extra_context=None):
        self._record(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """An old version, which a POST writes back."""
        record = self._record(request, object_id)
        if request.method == "POST" and not self.has_change_permission(request, record):
            raise PermissionDenied
        if not is_key(version_id):
            raise Http404("No such version.")
        version = self.model.history.filter(pk=version_id).first()
        context = {"version": version} | (extra_context or {})
        when = f"As it was after {timezone.localtime(version.history_date):%d %b %Y %H:%M:%S}" if (
            version) else ""  # fmt: skip
        with audit.because(Action.RESTORED, when):
            return super().history_form_view(request, object_id, version_id, context)

    def set_history_delta_changes(self, request, historical_records, foreign_keys_are_objs=True):
        """Each version says in words what it changed."""
        words, versions = Words(self, request), list(historical_records)
        oldest = versions[-1].prev_record if versions else None
        for version, older in pairwise([*versions, oldest]):
            version.told = words.changes(version, older) if older else []

    def history_part(self, version, field: str, key: str, value) -> tuple:
        """A key of a JSON field and its value as the form calls them."""
        return key.replace("_", " "), value

    def history_value(self, field: str, value) -> str:
        """A plain value of a field as the form shows it."""
        choices = dict(self.model._meta.get_field(field).flatchoices)
        return str(choices.get(value, value))

    def _record(self, request, object_id):
        """The record, or 404 where the person has no right to see it: its versions are kept apart
        from it, and simple_history would show them to everybody who may see some record."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404("No such record.")
        return record


class SharedAdmin(RecordAdmin):
    """Records of `accounts.models.Shared`: staff see what is shared with them, change what they
    may."""

    autocomplete_fields = ["owner", "view_roles", "edit_roles"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._may_edit(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._may_edit(request, obj)

    def save_model(self, request, obj, form, change):
        if not change and obj.owner_id is None:
            obj.owner = request.user
        super().save_model(request, obj, form, change)

    def _may_edit(self, request, obj) -> bool:
        return (
            obj is None or self.model.objects.editable_by(request.user).filter(pk=obj.pk).exists()
        )

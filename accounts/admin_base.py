"""What all admins of the portal have in common: the theme, history, and the rights on records."""

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget


class RecordAdmin(SimpleHistoryAdmin, ModelAdmin):
    """A configuration record with its history."""

    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True
    formfield_overrides = {
        models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})},
        models.JSONField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})},
    }

    def history_view(self, request, object_id, extra_context=None):
        self._record(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """An old version, which a POST writes back."""
        record = self._record(request, object_id)
        if request.method == "POST" and not self.has_change_permission(request, record):
            raise PermissionDenied
        if not version_id.isdecimal():
            raise Http404("No such version.")
        return super().history_form_view(request, object_id, version_id, extra_context)

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

"""What all admins of the portal have in common: the theme, history, and the rights on records."""

from django.db import models
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

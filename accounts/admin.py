from datetime import timedelta

from django.contrib import admin, messages
from django.utils import timezone
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin

from accounts import (  # noqa: F401  (they register their pages)
    admin_audit,
    admin_lockout,
    admin_roles,
    admin_users,
    audit_watch,
)
from accounts.admin_base import InOwnTimes, NoGuessing
from accounts.models import ApiToken, User

# Schedules belong to datasets; the few entries of beat itself come from the settings.
admin.site.unregister(
    [beat.PeriodicTask, beat.IntervalSchedule, beat.CrontabSchedule, beat.SolarSchedule,
     beat.ClockedSchedule]
)  # fmt: skip


@admin.register(ApiToken)
class ApiTokenAdmin(NoGuessing, InOwnTimes, ModelAdmin):
    list_display = ["name", "user", "prefix", "expires_at", "last_used_at", "revoked_at"]
    fields = ["user", "name", "expires_at"]
    autocomplete_fields = ["user"]
    actions = ["revoke"]

    def get_readonly_fields(self, request, obj=None):
        return ["user", "expires_at"] if obj else []

    def get_changeform_initial_data(self, request):
        usual = {"user": request.user.pk, "expires_at": timezone.now() + timedelta(days=90)}
        return usual | super().get_changeform_initial_data(request)

    def get_queryset(self, request):
        found = super().get_queryset(request).select_related("user")
        return found if request.user.is_superuser else found.filter(user=request.user)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """A token acts as its person, so nobody but superusers makes one for somebody else."""
        if db_field.name == "user" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(pk=request.user.pk)
            kwargs["initial"] = request.user.pk
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        key = obj.issue_key()
        super().save_model(request, obj, form, change)
        messages.success(request, f"Copy the token now, it is not shown again: {key}")

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request, queryset):
        open_ones = queryset.filter(revoked_at=None)
        count = audit_watch.update(open_ones, revoked_at=timezone.now())
        words = "1 API token is" if count == 1 else f"{count} API tokens are"
        messages.success(request, f"{words} refused from now on.")

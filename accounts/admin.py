from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils import timezone
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import ApiToken, User

admin.site.unregister(Group)
# Schedules belong to datasets; the few entries of beat itself come from the settings.
admin.site.unregister(
    [beat.PeriodicTask, beat.IntervalSchedule, beat.CrontabSchedule, beat.SolarSchedule,
     beat.ClockedSchedule]
)  # fmt: skip


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "roles", "is_staff", "last_login"]
    fieldsets = [
        *DjangoUserAdmin.fieldsets,
        ("Portal", {"fields": ["theme"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Roles")
    def roles(self, user):
        return ", ".join(group.name for group in user.groups.all()) or "none"


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, ModelAdmin):
    """A role is a Django group."""


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    list_display = ["name", "user", "prefix", "expires_at", "last_used_at", "revoked_at"]
    fields = ["user", "name", "expires_at"]
    autocomplete_fields = ["user"]
    actions = ["revoke"]

    def get_readonly_fields(self, request, obj=None):
        return ["user", "expires_at"] if obj else []

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
        count = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(request, f"{count} tokens are refused from now on.")

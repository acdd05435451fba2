from datetime import timedelta

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.text import capfirst
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.admin_base import InOwnTimes, NamesOnlyWhatIsShared, NoGuessing
from accounts.keys import is_key
from accounts.models import ApiToken, User

# One word for each thing on all pages of the admin; Django's own models cannot say it themselves.
Group._meta.verbose_name, Group._meta.verbose_name_plural = "role", "roles"
apps.get_app_config("auth").verbose_name = "People"

admin.site.unregister(Group)
# Schedules belong to datasets; the few entries of beat itself come from the settings.
admin.site.unregister(
    [beat.PeriodicTask, beat.IntervalSchedule, beat.CrontabSchedule, beat.SolarSchedule,
     beat.ClockedSchedule]
)  # fmt: skip


class RightsField(forms.ModelMultipleChoiceField):
    """Rights on what the admin shows, in its own words."""

    def label_from_instance(self, permission):
        verb, _, name = permission.codename.partition("_")
        model = permission.content_type.model_class()
        if model is None or name != model._meta.model_name:
            return permission.name
        return f"{capfirst(model._meta.verbose_name_plural)}: {verb}"


class RightsAdmin(NoGuessing, InOwnTimes, NamesOnlyWhatIsShared, ModelAdmin):
    """Whose records hold rights: `rights` names the field."""

    rights = rights_help = ""

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        if db_field.name != self.rights:
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        field = super().formfield_for_manytomany(
            db_field, request, form_class=RightsField, **kwargs
        )
        field.queryset = self._choosable(request).select_related("content_type")
        field.help_text = self.rights_help
        return field

    def _choosable(self, request):
        """Rights on kinds of records that have pages, and those that the record has already."""
        kinds = ContentType.objects.get_for_models(*self.admin_site._registry).values()
        key = request.resolver_match.kwargs.get("object_id") or ""
        held = {f"{self.model._meta.model_name}__pk": key} if is_key(key) else {"pk": None}
        return Permission.objects.filter(Q(content_type__in=kinds) | Q(**held)).distinct()


class RoleFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = "role"


@admin.register(User)
class UserAdmin(DjangoUserAdmin, RightsAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    rights = "user_permissions"
    rights_help = "What this person may do in the admin besides what the roles allow."
    list_display = ["username", "first_name", "last_name", "roles", "is_staff", "last_login"]
    list_filter = ["is_staff", "is_active", ("groups", RoleFilter)]
    fieldsets = [
        *DjangoUserAdmin.fieldsets,
        ("Portal", {"fields": ["theme", "locale", "time_zone", "attributes"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.label, field.widget.verbose_name = "Roles", "roles"
            field.help_text = "Say which dashboards, datasets and pages of the admin are seen."
        return field

    @admin.display(description="Roles")
    def roles(self, user):
        return ", ".join(group.name for group in user.groups.all()) or "none"


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, RightsAdmin):
    """A role is a Django group."""

    rights = "permissions"
    rights_help = "What people with this role may do in the admin, if they are staff."
    list_display = ["name", "people"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(persons=Count("user"))

    @admin.display(description="People", ordering="persons")
    def people(self, role):
        return role.persons or "nobody yet"


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
        count = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        words = "1 API token is" if count == 1 else f"{count} API tokens are"
        messages.success(request, f"{words} refused from now on.")

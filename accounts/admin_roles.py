"""Roles in the admin. A role is a Django group with a profile."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, F
from unfold.admin import ModelAdmin

from accounts import roles
from accounts.admin_base import InOwnTimes, NamesOnlyWhatIsShared, NoGuessing
from accounts.forms_roles import RightsField, RoleForm

# One word for each thing on all pages of the admin; Django's own models cannot say it themselves.
Group._meta.verbose_name, Group._meta.verbose_name_plural = "role", "roles"
apps.get_app_config("auth").verbose_name = "People"
admin.site.unregister(Group)


class RightsAdmin(NoGuessing, InOwnTimes, NamesOnlyWhatIsShared, ModelAdmin):
    """Whose records hold rights: `rights` names the field."""

    rights = rights_help = ""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name != self.rights:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        kinds = self.admin_site._registry  # those with pages, in the order of the menu
        return RightsField(request.user, kinds, help_text=self.rights_help)


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, RightsAdmin):
    form = RoleForm
    rights = "permissions"
    list_display = ["name", "about", "people", "enters"]
    fieldsets = [
        (None, {"fields": ["name", "description", ("enters_admin", "administers")]}),
        ("What it may do", {"fields": ["permissions"], "description": (
            "What people with this role see is said on each record: its roles that view and edit "
            "it, and the rules of its dataset. Here is what they may do with it. Reading single "
            "rows, taking data away and sharing are done on dashboards; all else needs "
            "'May enter the admin'.")}),
    ]  # fmt: skip
    filter_horizontal = ()
    change_form_outer_before_template = "admin/accounts/role_tools.html"

    def get_queryset(self, request):
        found = super().get_queryset(request).select_related("profile")
        return found.annotate(persons=Count("user"), about_text=F("profile__description"))

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.person = request.user
        return form

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.save_profile()

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not roles.beyond(request.user, roles=[obj]))

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        if not allowed or obj is None or request.user.is_superuser:
            return allowed
        return "is_superuser" not in roles.grants(obj)

    @admin.display(description="For whom", ordering="about_text")
    def about(self, role):
        return role.about_text or ""

    @admin.display(description="People", ordering="persons")
    def people(self, role):
        return role.persons or "nobody yet"

    @admin.display(description="Admin")
    def enters(self, role):
        profile = getattr(role, "profile", None)
        flags = profile.flags if profile else set()
        return "does everything" if "is_superuser" in flags else "enters" if flags else ""

"""Roles in the admin. A role is a Django group with a profile."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, F
from unfold.admin import ModelAdmin

from accounts import roles
from accounts.admin_base import InOwnTimes, NamesOnlyWhatIsShared, NoGuessing
from accounts.forms_roles import RoleForm

# One word for each thing on all pages of the admin; Django's own models cannot say it themselves.
Group._meta.verbose_name, Group._meta.verbose_name_plural = "role", "roles"
apps.get_app_config("auth").verbose_name = "People"
admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(NoGuessing, InOwnTimes, NamesOnlyWhatIsShared, DjangoGroupAdmin, ModelAdmin):
    form = RoleForm
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
        offered = self._offered()

        class Bound(form):
            def __init__(self, *args, **more):
                super().__init__(*args, person=request.user, offered=offered, **more)

        return Bound

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        """The form says how rights are chosen."""
        return super(DjangoGroupAdmin, self).formfield_for_manytomany(db_field, request, **kwargs)

    def _offered(self) -> list[Permission]:
        """Rights on kinds of records that have pages, in the order of the menu."""
        models = list(self.admin_site._registry)
        kinds = ContentType.objects.get_for_models(*models)
        places = {kinds[model].pk: place for place, model in enumerate(models)}
        found = Permission.objects.filter(content_type__in=kinds.values())
        found = found.select_related("content_type")
        return sorted(found, key=lambda one: (places[one.content_type_id], one.pk))

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

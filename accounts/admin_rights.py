"""Admins of records that hold rights."""

from django import forms
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from accounts.admin_base import InOwnTimes, NamesOnlyWhatIsShared, NoGuessing
from accounts.keys import is_key


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

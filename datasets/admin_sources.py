"""Sources in the admin: made, tried, browsed."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import render
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.admin_base import SharedAdmin
from accounts.keys import posted
from datasets import formats, tried
from datasets.connectors import registry
from datasets.errors import DatasetError
from datasets.forms import SourceForm
from datasets.models import Source


@admin.register(Source)
class SourceAdmin(SharedAdmin):
    form = SourceForm
    list_display = ["name", "kind_label", "host", "database", "username", "used_by"]
    ordering = ["name"]
    search_fields = ["name", "host", "database"]
    fieldsets = [
        (None, {"fields": ["name", "kind"]}),
        ("Where", {"fields": [("host", "port"), "database", ("username", "password"), "options"]}),
        ("Who may use it", {"fields": ["owner", "view_roles", "edit_roles"]}),
    ]
    change_form_after_template = "admin/datasets/source_tools.html"

    @property
    def conditional_fields(self):
        """Which kinds show a field, as the theme's script asks for it."""
        kinds: dict[str, list[str]] = {}
        for kind, connector in registry.load().items():
            for name in connector.uses:
                kinds.setdefault(name, []).append(f"kind == '{kind}'")
        return {name: " || ".join(asked) for name, asked in kinds.items()}

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(uses=Count("datasets"))

    @admin.display(description="Kind", ordering="kind")
    def kind_label(self, source):
        return dict(registry.choices()).get(source.kind, source.kind)

    def history_value(self, field, value):
        if field == "kind":
            return dict(registry.choices()).get(value, value)
        return super().history_value(field, value)

    @admin.display(description="Used by", ordering="uses")
    def used_by(self, source):
        # Their names are for those with whom they are shared.
        return formats.counted(source.uses, "dataset") if source.uses else "nothing yet"

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("test/", view(require_POST(self.test_view)), name="datasets_source_test"),
            path("tables/", view(require_POST(self.tables_view)), name="datasets_source_tables"),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters("password"))
    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        return super().changeform_view(request, object_id, form_url, extra_context)

    @method_decorator(sensitive_post_parameters("password"))
    def test_view(self, request):
        """Connect with the values in the form, saved or not."""
        return self._look(request, "test", lambda s: {"lines": s.connector.test(s)})

    @method_decorator(sensitive_post_parameters("password"))
    def tables_view(self, request):
        return self._look(request, "list of tables", lambda s: {"tables": s.connector.tables(s)})

    @method_decorator(sensitive_post_parameters("password"))
    def _look(self, request, what, look):
        stored = posted(request, "record", self.get_queryset(request))
        allowed = (
            self.has_change_permission(request, stored)  # it uses the stored password
            if stored
            else self.has_add_permission(request)
        )
        if not allowed:
            raise PermissionDenied
        form = SourceForm(request.POST, instance=stored)
        form.fields["name"].required = False
        if not form.is_valid():
            found = {"error": " ".join(m for messages in form.errors.values() for m in messages)}
        else:
            try:
                found = look(form.instance)
            except DatasetError as error:
                found = {"error": str(error)}
            tried.tell_connected(form.instance, stored, what, found.get("error", ""))
        return render(request, "admin/datasets/_source_result.html", found)

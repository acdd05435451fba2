"""Themes in the admin: how all pages look, shown beside the form before it is saved."""

import base64

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import JsonResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST
from unfold.decorators import display

from accounts.admin_base import RecordAdmin
from dashboards import brand, brand_css, branding
from dashboards.forms_brand import ThemeForm
from dashboards.models import Theme

SHOWN_COLOURS = 5  # of the palette, in the list


@admin.register(Theme)
class ThemeAdmin(RecordAdmin):
    form = ThemeForm
    compressed_fields = False  # labels above the fields: the preview takes half of the page
    list_display = ["name", "state", "portal_name", "colours", "changed_at"]
    search_fields = ["name", "portal_name"]
    change_form_before_template = "admin/dashboards/theme_tools.html"
    actions = ["put_in_use"]
    fieldsets = [
        (None, {"fields": [("name", "in_use")]}),
        ("Name and logo", {"fields": ["portal_name", ("upload", "remove_logo")]}),
        ("Colours", {"fields": [("accent_light", "accent_dark"),
                                ("palette_light", "palette_dark")]}),
        ("Words and scheme", {"fields": [("font", "scheme")]}),
    ]  # fmt: skip

    def get_fieldsets(self, request, obj=None):
        """Only who has a logo can remove it."""
        if obj is not None and obj.logo:
            return self.fieldsets
        named = (self.fieldsets[1][0], {"fields": ["portal_name", "upload"]})
        return [self.fieldsets[0], named, *self.fieldsets[2:]]

    def render_change_form(self, request, context, *args, **kwargs):
        """Browsers keep no file that was chosen in a form that comes back."""
        form = context["adminform"].form
        if form.is_bound and request.FILES.get("upload") and "upload" not in form.errors:
            form.add_error("upload", "Choose the file again: something else was refused.")
        return super().render_change_form(request, context, *args, **kwargs)

    class Media:
        css = {"all": ["portal/admin.css"]}

    @display(description="State", label={"in use": "success"})
    def state(self, theme):
        return "in use" if theme.in_use else "not in use"

    @admin.display(description="Colours")
    def colours(self, theme):
        found = [theme.accent_light or brand_css.USUAL["accent"][0]]
        found += brand_css.categories(theme, "light")[:SHOWN_COLOURS]
        return format_html(
            '<span class="tools-swatches">{}</span>',
            format_html_join("", '<i style="background:{}"></i>', [(one,) for one in found]),
        )

    @transaction.atomic
    def save_model(self, request, obj, form, change):
        if obj.in_use:
            obj.switch_off_others()
        super().save_model(request, obj, form, change)
        for scheme in brand_css.SCHEMES:
            if said := brand.warnings(brand_css.palette(obj, scheme)):
                messages.warning(request, f"Charts on {scheme} pages: {' '.join(said)}")

    @admin.action(description="Put in use", permissions=["change"])
    def put_in_use(self, request, queryset):
        if len(queryset) != 1:
            messages.error(request, "Choose one theme: all pages take the same.")
            return
        with transaction.atomic():
            theme = queryset.get()
            theme.switch_off_others()
            theme.in_use = True
            theme.save()
        messages.success(request, f"All pages take the theme “{theme}” now.")

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("preview/", view(require_POST(self.preview_view)),
                 name="dashboards_theme_preview"),
            *super().get_urls(),
        ]  # fmt: skip

    def preview_view(self, request):
        """How pages would look with what is in the form, and what hinders or speaks against it."""
        stored = self.get_object(request, request.POST.get("record", ""))
        allowed = (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        )
        if not allowed:
            raise PermissionDenied
        form = self.get_form(request, stored, change=bool(stored))(
            request.POST, request.FILES, instance=stored
        )
        form.is_valid()
        sound = {name: form.cleaned_data[name] for name in ThemeForm.Meta.fields
                 if name in form.cleaned_data and name != "in_use"}  # fmt: skip
        theme = Theme(**sound, logo=form.instance.logo)
        look = branding.of(theme)
        given = bytes(theme.logo)
        return JsonResponse({
            "css": look.css.decode(), "name": look.name,
            "logo": f"data:image/png;base64,{base64.b64encode(given).decode()}" if given else "",
            "facts": brand_css.facts(theme),
            "palettes": {f"palette_{scheme}": brand_css.categories(theme, scheme)
                         for scheme in brand_css.SCHEMES},
            "problems": {name: " ".join(said) for name, said in form.errors.items()},
            "warnings": {f"palette_{scheme}": brand.warnings(brand_css.palette(theme, scheme))
                         for scheme in brand_css.SCHEMES},
        })  # fmt: skip

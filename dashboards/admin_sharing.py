"""What leaves the portal, for people who administrate it: share links and embedding keys."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.admin_base import RecordAdmin
from accounts.models import User
from dashboards import embedding, sharing, tokens
from dashboards.models import Dashboard, EmbedKey, ShareLink


class HandedOutAdmin(RecordAdmin):
    """Records that are revoked and never come back: an old version of one may be looked at, but
    bringing it back would open again what was closed."""

    actions = ["revoke"]

    def revert_disabled(self, request, obj=None):
        return True

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        if request.method == "POST":
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.revoked_at)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request, queryset):
        count = sharing.revoke(queryset, timezone.now())
        kind = self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural
        verb = "shows" if count == 1 else "show"
        messages.success(request, f"{count} {kind} {verb} nothing from now on.")

    @admin.display(description="State")
    def state(self, record):
        if record.revoked_at:
            return f"revoked {timezone.localtime(record.revoked_at):%d %b %Y}"
        return "open"


@admin.register(ShareLink)
class ShareLinkAdmin(HandedOutAdmin):
    """Links are made on the dashboard's page, where one sees what is shared."""

    list_display = ["name", "dashboard", "owner", "state", "opened", "last_opened_at", "expires_at"]
    list_select_related = ["dashboard", "owner"]
    search_fields = ["name", "dashboard__title", "owner__username"]
    fields = ["name", "dashboard", "owner", "query", "has_password", "expires_at", "state",
              "opened", "last_opened_at"]  # fmt: skip
    readonly_fields = [field for field in fields if field != "name"]

    def get_queryset(self, request):
        editable = Dashboard.objects.editable_by(request.user)
        return super().get_queryset(request).filter(dashboard__in=editable)

    def has_add_permission(self, request):
        return False

    @admin.display(description="Password", boolean=True)
    def has_password(self, link):
        return bool(link.password)

    @admin.display(description="State")
    def state(self, record):
        over = not record.revoked_at and not record.is_open(timezone.now())
        return "expired" if over else super().state(record)


class OriginsField(forms.CharField):
    """A list of origins, one in a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        lines = super().to_python(value).splitlines()
        return [line.strip().rstrip("/") for line in lines if line.strip()]

    def has_changed(self, initial, data):
        return self.to_python(data or "") != (initial or [])


class EmbedKeyForm(forms.ModelForm):
    origins = OriginsField(
        help_text="Pages that may embed, one origin in a line, for example: "
        "https://intranet.example.org",
    )

    def clean_origins(self):
        origins = self.cleaned_data["origins"]
        if wrong := tokens.wrong_origin(origins):
            raise forms.ValidationError(wrong)
        return origins


@admin.register(EmbedKey)
class EmbedKeyAdmin(HandedOutAdmin):
    """A key shows what its viewer may see, so nobody but superusers makes one for somebody else."""

    form = EmbedKeyForm
    list_display = ["name", "key_id", "viewer", "state", "created_at"]
    list_select_related = ["viewer"]
    search_fields = ["name", "key_id"]
    fields = ["name", "viewer", "dashboards", "origins", "signs_attributes", "key_id", "state"]
    readonly_fields = ["key_id", "state"]
    change_form_before_template = "admin/dashboards/embed_tools.html"

    def get_queryset(self, request):
        found = super().get_queryset(request)
        return found if request.user.is_superuser else found.filter(viewer=request.user)

    def get_fields(self, request, obj=None):
        return self.fields if obj else self.fields[:5]

    def get_readonly_fields(self, request, obj=None):
        fields = [*self.readonly_fields, "viewer"] if obj else self.readonly_fields
        return fields if request.user.is_superuser else [*fields, "signs_attributes"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "viewer" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(pk=request.user.pk)
            kwargs["initial"] = request.user.pk
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "dashboards":
            kwargs["queryset"] = Dashboard.objects.editable_by(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        secret = "" if change else embedding.new_key(obj)
        super().save_model(request, obj, form, change)
        if secret:
            messages.success(
                request, f"Copy the secret now, it is not shown again: {secret} (key {obj.key_id})"
            )

    def response_add(self, request, obj, post_url_continue=None):
        """To the form of the new key: what must be written into the application stands there."""
        if not {"_popup", "_addanother"} & set(request.POST):
            request.POST = request.POST.copy()
            request.POST["_continue"] = "1"
        return super().response_add(request, obj, post_url_continue)

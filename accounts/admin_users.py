"""People in the admin: invited, given roles, helped when they lost a phone, signed out."""

from datetime import timedelta
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from accounts import audit, invite, lockout, roles, two_factor
from accounts.admin_roles import RightsAdmin
from accounts.audit import Action
from accounts.forms_people import InvitationForm, PersonForm
from accounts.keys import is_key
from accounts.models import Identity, Session, User
from accounts.signing_in import proved_lately

LINK = "invitation_link"  # in the session, until the page of the person shows it


class RoleFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = "role"


class SecondFactorFilter(admin.SimpleListFilter):
    title, parameter_name = "two-factor", "second"

    def lookups(self, request, model_admin):
        return [("yes", "Set up"), ("no", "Not set up")]

    def queryset(self, request, queryset):
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(two_factor_since__isnull=self.value() == "no")


class IdentityInline(TabularInline):
    model = Identity
    extra = 0
    fields = ["issuer", "subject", "last_used_at"]
    readonly_fields = ["last_used_at"]
    verbose_name_plural = "Single sign-on: accounts at issuers that open this one"


@admin.register(User)
class UserAdmin(DjangoUserAdmin, RightsAdmin):
    form = PersonForm
    add_form = InvitationForm
    change_password_form = AdminPasswordChangeForm
    rights = "user_permissions"
    rights_help = "What this person may do in the admin besides what the roles allow."
    list_display = ["username", "first_name", "last_name", "roles", "is_staff", "second", "state"]
    list_filter = ["is_staff", "is_active", ("groups", RoleFilter), SecondFactorFilter]
    fieldsets = [
        *DjangoUserAdmin.fieldsets,
        ("Portal", {"fields": ["theme", "locale", "time_zone", "attributes"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", ("first_name", "last_name"), "email", "groups", "is_staff"]})
    ]
    inlines = [IdentityInline]

    class Media:
        js = [forms.Script("portal/copy.js", type="module")]

    add_form_template = None  # Django's speaks of a password
    change_form_outer_before_template = "admin/accounts/user_tools.html"

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_inlines(self, request, obj):
        return self.inlines if obj and request.user.is_superuser else []

    # --- Nobody gives rights that go beyond the own ones by the detour of another person

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._may(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._may(request, obj)

    def _may(self, request, user) -> bool:
        """Who sets a password or a mail address of somebody can sign in as them."""
        return user is None or user == request.user or not roles.exceeds(user, request.user)

    def get_readonly_fields(self, request, obj=None):
        fields = list(super().get_readonly_fields(request, obj))
        if obj:
            fields += ["last_login", "date_joined"]
        if not request.user.is_superuser:
            fields += ["is_superuser", "user_permissions"]
            if obj == request.user:
                fields += ["groups", "is_staff", "attributes"]
        return fields

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.giver = request.user
        return form

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.label, field.widget.verbose_name = "Roles", "roles"
            field.help_text = "Say which dashboards, datasets and pages of the admin are seen."
            every = field.queryset.prefetch_related("permissions__content_type")
            beyond = [role.pk for role in every if roles.beyond(request.user, roles=[role])]
            field.queryset = field.queryset.exclude(pk__in=beyond)
        return field

    # --- The list

    @admin.display(description="Roles")
    def roles(self, user):
        return ", ".join(group.name for group in user.groups.all()) or "none"

    @admin.display(description="Two-factor", boolean=True, ordering="two_factor_since")
    def second(self, user):
        return user.two_factor_since is not None

    @display(
        description="State",
        ordering="last_login",
        label={"in use": "success", "invited": "info", "closed": "danger", "new": "warning"},
    )
    def state(self, user):
        if not user.is_active:
            return "closed", "Closed"
        if user.invited_at and not user.has_usable_password():
            over = timezone.now() - user.invited_at > timedelta(days=settings.INVITATION_DAYS)
            return "invited", "Invitation is over" if over else "Invited"
        return ("in use", "In use") if user.last_login else ("new", "Never signed in")

    # --- Inviting

    def response_add(self, request, obj, post_url_continue=None):
        self._invite(request, obj)
        self.log_change(request, obj, "Invited.")
        return redirect("admin:accounts_user_change", obj.pk)

    def _invite(self, request, user) -> None:
        done = invite.invite(user, request.user, timezone.now(), invite.base_of(request))
        if done.mailed:
            messages.success(request, f"A mail with the invitation is on its way to {user.email}.")
            return
        if done.problem:
            messages.error(request, f"The mail could not be sent: {done.problem}")
        request.session[LINK] = {"user": user.pk, "link": done.link}  # shown once, by the next page

    # --- Helping

    def change_view(self, request, object_id, form_url="", extra_context=None):
        more = self._help(request, object_id) if is_key(object_id) else {}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    def _help(self, request, key) -> dict:
        user = User.objects.filter(pk=key).first()
        if user is None or not self.has_change_permission(request, user):
            return {}
        now = timezone.now()
        link = request.session.get(LINK) or {}
        if link.get("user") == user.pk:
            del request.session[LINK]
        names = {user.username.casefold(), f"{user.username.casefold()}{lockout.SECOND}"}
        return {
            "factors": list(user.factors.all()),
            "sessions": list(Session.objects.of(user, now)),
            "locks": [row for row in lockout.locked(now) if row["username"] in names],
            "link": link["link"] if link.get("user") == user.pk else "",
            "days": settings.INVITATION_DAYS,
            "may_invite": not user.has_usable_password() and user.is_active,
        }

    def get_urls(self):
        view = self.admin_site.admin_view
        tasks = {"invite": self._invited, "reset-two-factor": self._reset,
                 "sign-out": self._sign_out, "unlock": self._unlock}  # fmt: skip
        return [
            path(f"<int:key>/{name}/", view(require_POST(self._helper(task))),
                 name=f"accounts_user_{name.replace('-', '_')}")
            for name, task in tasks.items()
        ] + super().get_urls()  # fmt: skip

    def _helper(self, task):
        """A view that does something for one person, for who may change that person."""

        def answer(request, key):
            user = User.objects.filter(pk=key).first() if is_key(key) else None
            if user is None:
                raise Http404("No such person.")
            if not self.has_change_permission(request, user):
                raise PermissionDenied
            page = reverse("admin:accounts_user_change", args=[user.pk])
            if task == self._reset and not proved_lately(request):
                messages.warning(request, "Now that it is you: reset it again.")
                return redirect(f"{reverse('confirm')}?{urlencode({'next': page})}")
            task(request, user)
            return redirect(page)

        return answer

    def _invited(self, request, user):
        if user.has_usable_password() or not user.is_active:
            messages.error(request, "Who has a password needs no invitation.")
            return
        self._invite(request, user)
        self.log_change(request, user, "Invited again.")

    def _reset(self, request, user):
        two_factor.reset(user, request.user)
        self.log_change(request, user, "Two-factor sign-in reset.")
        messages.success(request, "Two-factor sign-in is reset; the person is signed out.")

    def _sign_out(self, request, user):
        only = request.POST.get("session")
        own = Session.objects.filter(user=user)
        ended = [one for one in own if only in (None, one.reference)]
        Session.objects.filter(pk__in=[one.pk for one in ended]).delete()
        audit.record(Action.SESSION_ENDED, user, details={"devices": len(ended)})
        self.log_change(request, user, f"Signed out of {len(ended)} devices.")
        word = "1 device is" if len(ended) == 1 else f"{len(ended)} devices are"
        messages.success(request, f"{word} signed out.")

    def _unlock(self, request, user):
        for name in (user.username, f"{user.username}{lockout.SECOND}"):
            lockout.passed({"username": name})
        audit.record(Action.UNLOCKED, user)
        self.log_change(request, user, "Lock after failed sign-ins lifted.")
        link = format_html(
            '<a class="tools-link" href="{}">Failed sign-ins</a>',
            reverse("admin:axes_accessattempt_changelist"),
        )
        messages.success(request, format_html("The person can sign in again. {}", link))

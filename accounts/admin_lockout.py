"""Who has to wait after failed sign-ins, and how an administrator lets somebody in earlier."""

from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display

from accounts import audit, locale, lockout

options = AccessAttempt._meta
apps.get_app_config("axes").verbose_name = "People"
AccessAttempt.audited = False  # failures are told, and who lifts a lock
options.verbose_name, options.verbose_name_plural = "failed sign-in", "failed sign-ins"


class LockedFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request, model_admin):
        return [("locked", "Locked now")]

    def queryset(self, request, queryset):
        return queryset.filter(_locked(timezone.now())) if self.value() == "locked" else queryset


def _locked(now) -> Q:
    found = Q(pk=None)
    for row in lockout.locked(now):
        found |= Q(username=row["username"], ip_address=row["ip_address"])
    return found


@admin.register(AccessAttempt)
class FailedSignInAdmin(ModelAdmin):
    """Rows of django-axes. They go by themselves when their time is over."""

    list_display = ["who", "address", "failures_since_start", "last", "state"]
    list_filter = [LockedFilter]
    list_filter_submit = False
    search_fields = ["username", "ip_address"]
    ordering = ["-attempt_time"]
    fields = ["username", "ip_address", "user_agent", "failures_since_start", "attempt_time"]
    actions = ["lift"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        self.now = timezone.now()
        self.locks = {(row["username"], row["ip_address"]) for row in lockout.locked(self.now)}
        return super().get_queryset(request)

    @admin.display(description="User name as typed", ordering="username")
    def who(self, attempt):
        return attempt.username or "(none)"

    @admin.display(description="From", ordering="ip_address")
    def address(self, attempt):
        return attempt.ip_address or "unknown address"

    @admin.display(description="Last one", ordering="attempt_time")
    def last(self, attempt):
        return f"{locale.day(attempt.attempt_time)} {locale.clock(attempt.attempt_time)}"

    @display(description="State", label={"locked": "danger", "counted": "info"})
    def state(self, attempt):
        until = attempt.attempt_time + settings.AXES_COOLOFF_TIME
        if (attempt.username, attempt.ip_address) in self.locks:
            return "locked", f"Locked until {locale.clock(until)}"
        return "counted", "Counted" if until > self.now else "Over"

    @admin.action(description="Let them in again", permissions=["delete"])
    def lift(self, request, queryset):
        """All rows of a lock: it adds up those of several browsers."""
        pairs = set(queryset.values_list("username", "ip_address"))
        for username, address in pairs:
            AccessAttempt.objects.filter(username=username, ip_address=address).delete()
            audit.record(audit.Action.UNLOCKED, kind="accounts.user", name=str(username))
        names = ", ".join(sorted({str(username) for username, _ in pairs}))
        messages.success(request, f"Failed sign-ins are forgotten: {names}.")

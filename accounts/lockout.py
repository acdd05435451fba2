"""Who fails too often has to wait. Counted by django-axes in the database, where administrators
see it and can lift it, and where no flush of Redis reaches it.

A password is counted per user name and address, whether or not there is such a person. A second
proof is counted per person alone: who gets there knows the password."""

from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max, Sum
from django.utils import timezone

SECOND = " (second step)"  # no user name can end so: it has a space


def username(request, credentials) -> str:
    """For django-axes: as people write it, Anna and anna are one."""
    return str((credentials or {}).get("username") or "").casefold()[:255]


def parameters(request, credentials) -> list:
    """For django-axes: what is counted together."""
    second = username(request, credentials).endswith(SECOND)
    return ["username"] if second else [["username", "ip_address"]]


def second_step(user) -> dict[str, str]:
    return {"username": f"{user.get_username()}{SECOND}"}


def failed(request, credentials: dict) -> None:
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)


def passed(credentials: dict) -> None:
    """Forget the failures: it was the person."""
    AccessAttempt.objects.filter(username=username(None, credentials)).delete()


def until(request, credentials: dict) -> datetime | None:
    """When the next attempt is allowed; None when it is now. It says the same for people who do
    not exist."""
    if AxesProxyHandler.is_allowed(request, credentials):
        return None
    name = username(request, credentials)
    attempts = AccessAttempt.objects.filter(username=name)
    if not name.endswith(SECOND):
        attempts = attempts.filter(ip_address=request.axes_ip_address)
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    return last + settings.AXES_COOLOFF_TIME


def locked(now: datetime):
    """Rows of django-axes that belong to a lock that holds, each with `failures` of its lock."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=now - settings.AXES_COOLOFF_TIME)
    sums = recent.values("username", "ip_address").annotate(failures=Sum("failures_since_start"))
    return [row for row in sums if row["failures"] >= settings.AXES_FAILURE_LIMIT]

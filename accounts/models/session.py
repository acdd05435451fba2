"""Where people are signed in."""

import hashlib

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import Q

from accounts import devices


class SessionManager(BaseSessionManager.from_queryset(models.QuerySet)):
    def of(self, user, now):
        """Those in which the person is signed in, the one used last first."""
        return self.filter(user=user, expire_date__gt=now).order_by("-seen_at")

    def alive(self, keys, now) -> set[str]:
        """Which of these keys may still be used, asked once for all of them."""
        usable = self.filter(Q(user__is_active=True), pk__in=keys, expire_date__gt=now)
        return set(usable.values_list("pk", flat=True))

    def end(self, user, *, but: str | None = None) -> int:
        """Sign a person out everywhere, or everywhere but in one session."""
        ended, _ = self.filter(user=user).exclude(pk=but or "").delete()
        return ended


class Session(AbstractBaseSession):
    """One row per signed-in device: deleting it signs the device out at its next request, and on
    its open pages within seconds."""

    audited = False  # signing in and out is told

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=devices.LONGEST, blank=True)

    objects = SessionManager()

    @classmethod
    def get_session_store_class(cls):
        from accounts.sessions import SessionStore  # it asks for this class

        return SessionStore

    @property
    def reference(self) -> str:
        """Names it on pages; the key itself would let whoever reads it sign in."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:20]

    @property
    def device_name(self) -> str:
        return devices.name(self.device)

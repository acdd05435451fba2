"""People, and what every shared record has in common."""

import hashlib
import secrets
import zoneinfo
from datetime import timedelta

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone


def valid_locale(name: str) -> None:
    try:
        Locale.parse(name, sep="-" if "-" in name else "_")
    except (UnknownLocaleError, ValueError) as error:
        raise ValidationError(f"'{name}' is no locale; write one such as de or en-GB.") from error


def valid_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"'{name}' is no time zone; write one such as Europe/Berlin.")


class User(AbstractUser):
    class Theme(models.TextChoices):
        SYSTEM = "system", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    locale = models.CharField(
        "numbers and dates as in",
        max_length=20,
        blank=True,
        validators=[valid_locale],
        help_text="For example: de or en-GB. Empty: as the portal.",
    )
    time_zone = models.CharField(
        max_length=60,
        blank=True,
        validators=[valid_time_zone],
        help_text="For example: Europe/Berlin. Empty: as the portal.",
    )
    attributes = models.JSONField(
        default=dict,
        blank=True,
        help_text='What filters and rules may ask for, for example: {"country": ["DE", "AT"]}',
    )

    def clean(self):
        super().clean()
        values = self.attributes.values() if isinstance(self.attributes, dict) else [None]
        if not all(isinstance(value, str | list) for value in values):
            raise ValidationError({"attributes": "Write names with a text or a list of texts."})

    @property
    def wanted_locale(self) -> str:
        return self.locale or settings.FORMAT_LOCALE

    @property
    def wanted_time_zone(self) -> str:
        return self.time_zone or settings.TIME_ZONE


class SharedQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Records the user may view: own ones, and those shared with one of the user's roles."""
        return self._shared(user, "view_roles", "edit_roles")

    def editable_by(self, user):
        """Records the user may change."""
        return self._shared(user, "edit_roles")

    def _shared(self, user, *relations):
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        roles = Group.objects.filter(user=user).values("pk")
        allowed = Q(owner=user)
        for relation in relations:
            through = getattr(self.model, relation).through
            key = through._meta.get_field(self.model._meta.model_name).attname
            granted = through.objects.filter(group__in=roles).values(key)
            allowed |= Q(pk__in=granted)
        return self.filter(allowed)


class Shared(models.Model):
    """A record with an owner, and with roles (Django groups) that may view or edit it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Answers for this record; is named where something is wrong with it.",
    )
    view_roles = models.ManyToManyField(
        Group,
        blank=True,
        related_name="+",
        help_text="Roles that see it. To others it does not exist.",
    )
    edit_roles = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Roles that may also change it in the admin."
    )

    objects = SharedQuerySet.as_manager()

    class Meta:
        abstract = True


class ApiToken(models.Model):
    """A person's key for the API: shown once when it is made, kept only as a digest."""

    PREFIX_LENGTH = 8

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What uses it, for example: notebook of Ada")
    prefix = models.CharField(max_length=PREFIX_LENGTH, editable=False, db_index=True)
    digest = models.CharField(max_length=64, editable=False, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="After this instant the token is refused.")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self):
        return f"{self.name} ({self.prefix}...)"

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    def issue_key(self) -> str:
        """Set a new random key of 256 bits on this unsaved token; the text is not kept."""
        key = secrets.token_urlsafe(32)
        self.prefix, self.digest = key[: self.PREFIX_LENGTH], self.digest_of(key)
        self.expires_at = self.expires_at or timezone.now() + timedelta(days=90)
        return key

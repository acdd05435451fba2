"""People."""

import zoneinfo

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property


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

    audit_ignored = ("last_login", "theme")  # log-ins are told; colours matter to nobody else
    audit_rights = ("is_active", "is_staff", "is_superuser", "attributes")

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

    two_factor_since = models.DateTimeField(null=True, editable=False)
    invited_at = models.DateTimeField(null=True, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta(AbstractUser.Meta):
        permissions = [("view_as_user", "See the portal as somebody else")]

    def clean(self):
        super().clean()
        values = self.attributes.values() if isinstance(self.attributes, dict) else [None]
        if not all(isinstance(value, str | list) for value in values):
            raise ValidationError({"attributes": "Write names with a text or a list of texts."})

    def __init__(self, *args, as_role: Group | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        # See `accounts.viewing_as`: who is only thought of, and who looks as this person.
        self.as_role: Group | None = as_role
        self.viewed_by: User | None = None

    @property
    def held_roles(self) -> models.QuerySet[Group]:
        if self.as_role is not None:
            return Group.objects.filter(pk=self.as_role.pk)
        return Group.objects.filter(user=self)

    @cached_property
    def role_ids(self) -> frozenset[int]:
        return frozenset(self.held_roles.values_list("pk", flat=True))

    def get_all_permissions(self, obj=None) -> set[str]:
        if self.as_role is None or self.is_superuser:
            return super().get_all_permissions(obj)
        held = self.as_role.permissions.values_list("content_type__app_label", "codename")
        return {f"{app}.{name}" for app, name in held}

    def has_perm(self, perm, obj=None) -> bool:
        if self.as_role is None or self.is_superuser:
            return super().has_perm(perm, obj)
        return perm in self.get_all_permissions()

    def has_module_perms(self, app_label) -> bool:
        if self.as_role is None or self.is_superuser:
            return super().has_module_perms(app_label)
        return any(held.startswith(f"{app_label}.") for held in self.get_all_permissions())

    @property
    def wanted_locale(self) -> str:
        return self.locale or settings.FORMAT_LOCALE

    @property
    def wanted_time_zone(self) -> str:
        return self.time_zone or settings.TIME_ZONE

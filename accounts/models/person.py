"""People."""

import zoneinfo

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models


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

    two_factor_since = models.DateTimeField(null=True, editable=False)
    invited_at = models.DateTimeField(null=True, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

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

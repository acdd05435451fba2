"""What people say of themselves: how pages look and write, and in whose time."""

import zoneinfo
from datetime import UTC, datetime

from babel import Locale
from babel.numbers import format_decimal
from django import forms
from django.conf import settings
from django.utils import timezone

from accounts import locale
from accounts.models import User

#: Offered; others are set in the admin.
LOCALES = ("en", "en-GB", "en-US", "en-IE", "cs", "da", "de", "de-AT", "de-CH", "et", "el", "es",
           "es-MX", "fr", "fr-BE", "fr-CA", "fr-CH", "hr", "it", "lv", "lt", "hu", "nl", "nl-BE",
           "nb", "pl", "pt", "pt-BR", "ro", "sk", "sl", "fi", "sv", "tr", "bg", "uk", "ja", "ko",
           "zh")  # fmt: skip
EXAMPLE = datetime(2026, 11, 27, 14, 5, tzinfo=UTC)


def example(name: str, moment: datetime) -> str:
    """A number and a time as a locale writes them."""
    number = format_decimal(1234567.89, locale=_known(name))
    return f"{number} · {locale.day(moment, name)} {locale.clock(moment, name)}"


def _known(name: str) -> Locale:
    return Locale.parse(name, sep="-" if "-" in name else "_")


def _choices(own: str) -> list[tuple[str, str]]:
    names = [*LOCALES, *([own] if own and own not in LOCALES else [])]
    with timezone.override(UTC):
        usual = example(settings.FORMAT_LOCALE, EXAMPLE)
        said = {name: example(name, EXAMPLE) for name in names}
    found = [(name, f"{_known(name).get_display_name('en')}: {said[name]}") for name in names]
    return [("", f"As the portal: {usual}"), *sorted(found, key=lambda one: one[1])]


class PreferencesForm(forms.ModelForm):
    theme = forms.ChoiceField(
        label="Colours of pages",
        choices=[("system", "As the portal or this device"), ("light", "Light"), ("dark", "Dark")],
    )
    locale = forms.ChoiceField(label="Numbers and dates", required=False)

    class Meta:
        model = User
        fields = ["theme", "locale", "time_zone"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
        self.fields["time_zone"].widget.attrs |= {"list": "zones", "autocomplete": "off"}
        self.fields["locale"].choices = _choices(self.instance.locale)
        self.fields[
            "time_zone"
        ].help_text = f"Days begin at midnight there. Empty: as the portal, {settings.TIME_ZONE}."

    def clean_time_zone(self):
        return self.cleaned_data["time_zone"].strip().replace(" ", "_")

    @property
    def zones(self) -> list[str]:
        """Those with a place in their name, which is what people look for."""
        return sorted(
            name for name in zoneinfo.available_timezones()
            if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/"))
        ) + ["UTC"]  # fmt: skip

"""The form of a theme: colours to choose or to write, and a logo that is made anew."""

import re

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from dashboards import brand, brand_css, logo
from dashboards.errors import ThemeRefused
from dashboards.models import Theme

IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
SHORT = re.compile(r"#?([0-9a-f])([0-9a-f])([0-9a-f])")


def tidy(written: str) -> str:
    """3B5BDB and #35d as #rrggbb; what is no colour stays as it is, and is refused with its
    name."""
    colour = written.strip().lower()
    if found := SHORT.fullmatch(colour):
        return "#" + "".join(digit * 2 for digit in found.groups())
    return f"#{colour}" if re.fullmatch("[0-9a-f]{6}", colour) else colour


class ColourInput(UnfoldAdminTextInputWidget):
    """A field to write in, and the browser's own field to choose in, which has no empty state:
    there it shows the ``usual`` colour."""

    template_name = "admin/dashboards/_colour.html"

    def __init__(self, usual: str, label: str, attrs=None):
        super().__init__({"maxlength": 7, "spellcheck": "false", "placeholder": usual,
                          **(attrs or {})})  # fmt: skip
        self.usual, self.label = usual, label

    def get_context(self, name, value, attrs):
        shown = value if brand.COLOUR.fullmatch(str(value or "")) else self.usual
        more = {"shown": shown, "label": self.label, "usual": self.usual}
        return super().get_context(name, value, attrs) | more


class ColourField(forms.CharField):
    def to_python(self, value):
        return tidy(super().to_python(value))


class PaletteWidget(forms.Widget):
    """Ten colours in the order of use."""

    template_name = "admin/dashboards/_palette.html"

    def __init__(self, scheme: str, attrs=None):
        super().__init__(attrs)
        usual = brand_css.CATEGORIES[scheme]
        self.inputs = [ColourInput(colour, f"Colour {number}, {scheme}",
                                   {"aria-label": f"Colour {number}, {scheme}"})
                       for number, colour in enumerate(usual, 1)]  # fmt: skip

    def id_for_label(self, id_):
        return f"{id_}_0" if id_ else id_

    def use_required_attribute(self, initial):
        return False

    def value_from_datadict(self, data, files, name):
        return [data.get(f"{name}-{place}", "") for place in range(len(self.inputs))]

    def value_omitted_from_data(self, data, files, name):
        return f"{name}-0" not in data

    def get_context(self, name, value, attrs):
        colours = [*(value if isinstance(value, list) else []), *[""] * len(self.inputs)]
        base = (attrs or {}).get("id", f"id_{name}")
        rows = [one.get_context(f"{name}-{place}", colours[place], {"id": f"{base}_{place}"})
                for place, one in enumerate(self.inputs)]  # fmt: skip
        return super().get_context(name, value, attrs) | {"rows": rows}


class PaletteField(forms.Field):
    """A list of colours without gaps, so that those of light and dark pages stay pairs."""

    def to_python(self, value):
        colours = [tidy(str(colour)) for colour in value or []]
        while colours and not colours[-1]:
            colours.pop()
        return colours

    def validate(self, value):
        super().validate(value)
        if "" in value:
            raise ValidationError(
                f"Colour {value.index('') + 1} is empty. Fill it, or empty those after it."
            )


class LogoField(forms.FileField):
    """An image as a PNG of the portal's own making."""

    def to_python(self, data):
        found = super().to_python(data)
        if found is None:
            return None
        try:
            # One byte more than may be: enough to say that it is too much.
            return logo.clean(found.read(logo.LARGEST + 1))
        except ThemeRefused as error:
            raise ValidationError(error.message) from error


class ThemeForm(forms.ModelForm):
    upload = LogoField(
        label="Logo", required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(IMAGES)}),
        help_text="PNG, JPEG, WebP or GIF of up to 512 KiB; shown 22 pixels high beside the name. "
        "It is kept as a PNG of at most 512 by 128 pixels.",
    )  # fmt: skip
    remove_logo = forms.BooleanField(
        label="Remove the logo", required=False, widget=UnfoldBooleanSwitchWidget,
    )  # fmt: skip
    accent_light = ColourField(label="Accent on light pages", required=False, max_length=7)
    accent_dark = ColourField(label="Accent on dark pages", required=False, max_length=7)
    palette_light = PaletteField(label="Charts on light pages", required=False)
    palette_dark = PaletteField(label="Charts on dark pages", required=False)

    class Meta:
        model = Theme
        fields = ["name", "in_use", "portal_name", "accent_light", "accent_dark", "palette_light",
                  "palette_dark", "font", "scheme"]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for place, scheme in enumerate(brand_css.SCHEMES):
            own = {
                f"accent_{scheme}": ColourInput(
                    brand_css.USUAL["accent"][place], f"Accent, {scheme}"
                ),
                f"palette_{scheme}": PaletteWidget(scheme),
            }
            for name, widget in own.items():
                if name in self.fields:
                    self.fields[name].widget = widget
                    self.fields[name].help_text = Theme._meta.get_field(name).help_text
        if "palette_light" in self.fields:
            self.fields["palette_light"].help_text += " Empty: the accent, then the usual ones."
        if "remove_logo" in self.fields and not self.instance.logo:
            del self.fields["remove_logo"]

    def _get_validation_exclusions(self):
        """Another theme in use is no mistake: saving this one switches it off."""
        return {*super()._get_validation_exclusions(), "in_use"}

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("upload"):
            self.instance.logo = cleaned["upload"]
        elif cleaned.get("remove_logo"):
            self.instance.logo = b""
        return cleaned

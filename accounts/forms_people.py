"""Forms of the admin about people: inviting one, and what filters and rules ask for."""

import csv
import io
import re

from django import forms
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from unfold.forms import UserChangeForm

from accounts import roles
from accounts.models import User

MOST, LONGEST = 50, 200  # attributes of a person; characters of a value
EMPTY_ROWS = 2


def as_text(values: str | list) -> str:
    """Values with commas; one that has a comma itself stands in quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([values] if isinstance(values, str) else values)
    return line.getvalue().replace(",", ", ") if '"' not in line.getvalue() else line.getvalue()


def as_values(text: str) -> list[str]:
    rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    return [value.strip() for value in (rows[0] if rows else []) if value.strip()]


class AttributesWidget(forms.Widget):
    """Rows of a name and its values."""

    template_name = "admin/accounts/_attributes.html"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.given: set[str] = set()  # names that single sign-on keeps

    def get_context(self, name, value, attrs):
        pairs = list(value.items()) if isinstance(value, dict) else list(value or [])
        rows = [(key, values if isinstance(values, str) and not isinstance(value, dict)
                 else as_text(values), key in self.given) for key, values in pairs]  # fmt: skip
        rows += [("", "", False)] * EMPTY_ROWS
        return super().get_context(name, value, attrs) | {"rows": rows}

    def value_from_datadict(self, data, files, name):
        names, values = data.getlist(f"{name}-name"), data.getlist(f"{name}-values")
        pairs = zip(names, values, strict=False)
        return [(key.strip(), text.strip()) for key, text in pairs if key.strip() or text.strip()]

    def value_omitted_from_data(self, data, files, name):
        return f"{name}-name" not in data

    def id_for_label(self, id_):
        return f"{id_}-0"


class AttributesField(forms.Field):
    widget = AttributesWidget

    def prepare_value(self, value):
        return value or {}

    def to_python(self, value):
        pairs = list(value.items()) if isinstance(value, dict) else value or []
        return {name: self._values(name, text) for name, text in pairs}

    def _values(self, name, text) -> str | list[str]:
        try:
            values = text if isinstance(text, list) else as_values(text)
        except csv.Error as error:
            raise ValidationError(f"{name}: a quote is not closed.") from error
        return values[0] if len(values) == 1 else values

    def clean(self, value):
        names = [name for name, _ in value or []]
        if len(names) > MOST:
            raise ValidationError(f"At most {MOST} attributes.")
        for name in names:
            if not re.fullmatch(r"[A-Za-z][\w.-]{0,59}", name):
                raise ValidationError(
                    f"'{name}' is no name: write letters, digits and _ alone, such as country."
                )
            if names.count(name) > 1:
                raise ValidationError(f"{name} stands there twice: write its values in one row.")
        found = self.to_python(value)
        for name, values in found.items():
            if not values:
                raise ValidationError(f"{name} has no value. Empty the name to remove the row.")
            every = [values] if isinstance(values, str) else values
            if any(len(one) > LONGEST for one in every):
                raise ValidationError(f"A value of {name} is longer than {LONGEST} characters.")
            if any("\0" in one for one in every):
                raise ValidationError(f"A value of {name} has a character that is no text.")
        return found

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != self.to_python(initial or {})
        except ValidationError:
            return True


class PersonForm(UserChangeForm):
    attributes = AttributesField(
        required=False,
        help_text="What filters and rules ask for: a name and its values, with commas, for example "
        "country and DE, AT. Empty the name to remove a row.",
    )

    giver: User

    class Meta:
        model = User
        fields = "__all__"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "attributes" in self.fields and self.instance.pk:
            given = self.instance.identities.values_list("attributes", flat=True)
            self.fields["attributes"].widget.given = {name for names in given for name in names}

    def clean_user_permissions(self):
        held = self.instance.user_permissions.all()
        return self.fields["user_permissions"].chosen(self.cleaned_data["user_permissions"], held)

    def clean_attributes(self):
        wanted = self.cleaned_data["attributes"]
        if foreign := sorted(roles.foreign(wanted, self.giver)):
            raise ValidationError(
                f"You give values that you have yourself, and of {', '.join(foreign)} you have "
                "not all of these. A superuser gives others."
            )
        return wanted


class InvitationForm(forms.ModelForm):
    """A person who chooses the password by a link, so that nobody else ever knows it."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "groups", "is_staff"]
        field_classes = {"username": auth_forms.UsernameField}

    def clean_username(self):
        name = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError("A person with this user name exists already.")
        return name

    def save(self, commit=True):
        self.instance.set_unusable_password()
        return super().save(commit)

"""Forms of sources and datasets in the admin."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from accounts.forms_json import JsonField
from accounts.models import User
from datasets import policies, preview
from datasets.connectors import registry
from datasets.errors import DatasetError, SourceUnavailable
from datasets.models import Dataset, Parameter, Source

NO_SQL = (
    "You may not write SQL on this source: it is not shared with you, or a rule keeps some of its "
    "rows or columns from you."
)
WHERE = ("kind", "host", "port", "database", "username", "options")


class SourceForm(forms.ModelForm):
    class Meta:
        model = Source
        fields = ["name", "kind", "host", "port", "database", "username", "password", "options",
                  "owner", "view_roles", "edit_roles"]  # fmt: skip
        labels = {"view_roles": "Roles that write SQL", "edit_roles": "Roles that change it"}
        field_classes = {"options": JsonField}
        widgets = {"password": UnfoldAdminPasswordWidget(render_value=False)}
        help_texts = {
            "database": "Its name on the server. Of files: a folder, or a SQLite or DuckDB file, "
            "below the portal's files folder, such as shop/orders.db.",
            "view_roles": "Their people make datasets of it, and so read all that its user reads. "
            "Nobody does of whom a row or column rule of one of its datasets keeps anything.",
            "edit_roles": "They may also change where it is.",
        }  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            choices = registry.choices()
            self.fields["kind"] = forms.ChoiceField(
                choices=choices, widget=UnfoldAdminSelectWidget(choices=choices)
            )

    @method_decorator(sensitive_variables("cleaned"))
    def clean(self):
        """An empty password keeps the stored one, but only for the place it was given for."""
        cleaned = super().clean()
        self._empty_what_is_not_used(cleaned)
        if not cleaned.get("password") and self.instance.pk:
            stored = Source.objects.get(pk=self.instance.pk)
            if not self._uses("password"):
                return cleaned
            if stored.password and any(
                cleaned.get(name) != getattr(stored, name) for name in WHERE
            ):
                raise ValidationError(
                    {"password": "Type the password again: where or how it is sent changed."}
                )
            cleaned["password"] = stored.password
        return cleaned

    def _uses(self, name: str) -> bool:
        return name in registry.get(self.cleaned_data["kind"]).uses

    def _empty_what_is_not_used(self, cleaned) -> None:
        """What the form does not show for a kind is not kept, a password least of all."""
        if "kind" not in cleaned:
            return
        empty = {"host": "", "port": None, "database": "", "username": "", "password": "",
                 "options": {}}  # fmt: skip
        for name, value in empty.items():
            if name in cleaned and not self._uses(name):
                cleaned[name] = value


class SqlWidget(UnfoldAdminTextareaWidget):
    """The SQL with the buttons that try it under it."""

    template_name = "admin/datasets/_sql.html"
    record: int | None = None

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["record"] = self.record
        return context


class DatasetForm(forms.ModelForm):
    person: User  # who fills it
    new_columns: list[str] | None = None  # of changed SQL, when the engine has looked at it

    class Meta:
        model = Dataset
        fields = [
            "name", "slug", "source", "sql", "description", "refresh_every", "refresh_cron",
            "time_zone", "fresh_for", "enabled", "row_limit", "time_limit", "owner", "view_roles",
            "edit_roles",
        ]  # fmt: skip
        widgets = {
            "sql": SqlWidget(attrs={"rows": 12, "spellcheck": "false", "class": "font-mono"})
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "sql" in self.fields:
            self.fields["sql"].widget.record = self.instance.pk

    def parameter_values(self) -> dict:
        """Parameters as they stand in the form on the page, saved or not."""
        prefix = "parameters"
        try:
            total = min(int(self.data.get(f"{prefix}-TOTAL_FORMS", 0)), 100)
        except ValueError:
            total = 0
        values = {}
        for index in range(total):
            field = f"{prefix}-{index}-"
            if name := self.data.get(f"{field}name"):
                typed = Parameter(
                    name=name,
                    type=self.data.get(f"{field}type", ""),
                    value=self.data.get(f"{field}value", ""),
                )
                typed.clean()
                values[name] = typed.typed_value()
        return values

    def clean(self):
        """Ask the engine whether it understands the SQL, when it or its source is another one than
        what is stored: an old version that is brought back is no change to its own form."""
        cleaned = super().clean()
        source, text = cleaned.get("source"), cleaned.get("sql")
        stored = Dataset.objects.filter(pk=self.instance.pk, source=source, sql=text)
        if source and text and not stored.exists():
            if not policies.may_write_sql(self.person, source):
                raise ValidationError({"source": NO_SQL})
            candidate = Dataset(source=source, sql=text)
            try:
                _, self.new_columns = preview.check(candidate, self.parameter_values())
            except SourceUnavailable as error:
                raise ValidationError(
                    {"source": f"The SQL could not be checked, so it is not saved. {error}"}
                ) from error
            except DatasetError as error:
                raise ValidationError({"sql": str(error)}) from error
            except ValidationError:
                return cleaned  # a parameter's value, told at its own field
        return cleaned

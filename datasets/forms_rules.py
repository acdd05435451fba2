"""Forms of row rules, column rules and their tests."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.forms_people import AttributesField
from accounts.keys import is_key
from accounts.models import User
from datasets import conditions
from datasets.errors import ConditionRefused
from datasets.models import ColumnPolicy, Dataset, RowPolicy, RuleTest

PEOPLE_MOST = 2000  # who are looked at for names of attributes
COMPARED = {op: said for op, said in conditions.OPERATORS.items() if op != "period"}


class ConditionWidget(UnfoldAdminTextareaWidget):
    """Comparisons in groups; condition.js makes them from the JSON in the text field."""

    template_name = "admin/datasets/_condition.html"
    columns: list[tuple[str, str, str]] = []  # name, label, type
    with_attributes = True

    class Media:
        js = [forms.Script("portal/condition.js", type="module")]

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        context["widget"]["made_of"] = {
            "columns": self.columns,
            "operators": list(COMPARED.items()),
            "lists": ["in", "not_in"],
            "alone": list(conditions.ALONE),
            "attributes": attribute_names() if self.with_attributes else None,
        }
        return context


def attribute_names() -> list[str]:
    """Names of attributes that people have."""
    held = User.objects.exclude(attributes={}).values_list("attributes", flat=True)[:PEOPLE_MOST]
    return sorted({name for one in held if isinstance(one, dict) for name in one})


class OfDataset(forms.ModelForm):
    """Of a dataset that the person may change; its columns are offered."""

    prefix = "rule"  # the admin's theme takes a posted field named "dataset" for one of its own

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dataset = self._dataset()
        found = self.dataset.columns.all() if self.dataset else []
        self.offered = [(one.name, one.label or one.name, one.type) for one in found]
        for field in self.fields.values():
            if isinstance(field.widget, ConditionWidget):
                field.widget.columns = self.offered

    def _dataset(self) -> Dataset | None:
        if self.instance.dataset_id:
            return self.instance.dataset
        wanted = (
            self.data.get(self.add_prefix("dataset"))
            if self.is_bound
            else self.initial.get("dataset")
        )
        allowed = self.fields["dataset"].queryset if "dataset" in self.fields else None
        key = getattr(wanted, "pk", wanted)
        return allowed.filter(pk=key).first() if allowed is not None and is_key(key) else None


def columns_field(**more) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple(attrs={"class": "choice-columns"})
    return forms.MultipleChoiceField(widget=widget, **more)


class RowPolicyForm(OfDataset):
    class Meta:
        model = RowPolicy
        fields = ["dataset", "name", "roles", "everybody", "condition", "enabled"]
        widgets = {"condition": ConditionWidget}


class ColumnPolicyForm(OfDataset):
    columns = columns_field()

    class Meta:
        model = ColumnPolicy
        fields = ["dataset", "name", "columns", "effect", "mask", "fewest", "roles", "enabled"]
        labels = {"effect": "The columns are"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "columns")


class RuleTestForm(OfDataset):
    attributes = AttributesField(
        required=False, help_text="A name and its values, such as country and DE, AT."
    )
    unseen = columns_field(
        label="Sees nothing of", required=False,
        help_text="Columns of which no value of a single row may be seen.",
    )  # fmt: skip

    class Meta:
        model = RuleTest
        fields = ["dataset", "name", "roles", "attributes", "expected_rows", "only", "unseen"]
        widgets = {"only": ConditionWidget}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "unseen")
        if "only" in self.fields:
            self.fields["only"].widget.with_attributes = False

    def clean_only(self):
        written = self.cleaned_data["only"] or {}
        try:
            found = list(conditions.comparisons(conditions.parse(written)))
        except ConditionRefused as error:
            raise ValidationError(str(error)) from error
        if any(isinstance(one.value, conditions.Attribute) for one in found):
            raise ValidationError("Compare with values: what is expected is the same for all.")
        return written


def offer(form: OfDataset, name: str) -> None:
    """The dataset's columns, and those that a rule names and that are gone."""
    if name in form.fields:
        held = getattr(form.instance, name) or []
        known = [column for column, _, _ in form.offered]
        gone = [(column, f"{column} (gone)") for column in held if column not in known]
        form.fields[name].choices = [(c, label) for c, label, _ in form.offered] + gone


class Somebody(forms.Form):
    """Whom a rule is tried for: a person, or somebody who is only thought of."""

    person = forms.CharField(required=False)
    role = forms.ModelChoiceField(Group.objects.all(), required=False)
    attribute = forms.CharField(required=False)

    def clean(self):
        cleaned = super().clean()
        name = cleaned.get("person", "").strip()
        cleaned["who"] = User.objects.filter(username=name, is_active=True).first()
        if name and cleaned["who"] is None:
            raise ValidationError("There is nobody of this name.")
        name, _, values = cleaned.get("attribute", "").partition("=")
        listed = [value.strip() for value in values.split(",") if value.strip()]
        cleaned["attributes"] = {name.strip(): listed} if listed else {}
        return cleaned

"""The form of a role: what it is for, and its rights as a table of records and actions."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts import roles
from accounts.models import RoleProfile

VERBS = {"view": "See", "add": "Add", "change": "Change", "delete": "Delete"}


class RightsMatrix(forms.CheckboxSelectMultiple):
    """One line per kind of record. ``offered``: the rights in their order; ``free``: those that
    the person may give and take."""

    template_name = "admin/accounts/_rights.html"
    offered: list[Permission] = []
    free: set[int] = set()

    def get_context(self, name, value, attrs):
        held = {str(one) for one in value or []}
        lines: dict[str, dict] = {}
        for right in self.offered:
            kind = right.content_type.model_class()
            line = lines.setdefault(
                right.content_type.model,
                {
                    "name": capfirst(str(kind._meta.verbose_name_plural)),
                    "verbs": {},
                    "more": [],
                    "said": [
                        f"{VERBS.get(verb, verb)} {text}"
                        for verb, text in getattr(kind, "rights_say", {}).items()
                    ],
                },
            )
            cell = {
                "key": right.pk, "label": right.name, "on": str(right.pk) in held,
                "fixed": right.pk not in self.free,
            }  # fmt: skip
            verb, _, model = right.codename.partition("_")
            if verb in VERBS and model == right.content_type.model:
                line["verbs"][verb] = cell | {"label": f"{line['name']}: {VERBS[verb].lower()}"}
            else:
                line["more"].append(cell)
        rows = [
            {**line, "cells": [line["verbs"].get(verb) for verb in VERBS]}
            for line in lines.values()
        ]
        return {"name": name, "verbs": VERBS.values(), "rows": rows}


class RoleForm(forms.ModelForm):
    description = forms.CharField(
        required=False, max_length=300, widget=UnfoldAdminTextInputWidget,
        help_text=RoleProfile._meta.get_field("description").help_text,
    )  # fmt: skip
    enters_admin = forms.BooleanField(
        required=False, label="May enter the admin", widget=UnfoldBooleanSwitchWidget,
        help_text=RoleProfile._meta.get_field("enters_admin").help_text,
    )  # fmt: skip
    administers = forms.BooleanField(
        required=False, label="May do everything", widget=UnfoldBooleanSwitchWidget,
        help_text=RoleProfile._meta.get_field("administers").help_text,
    )  # fmt: skip
    permissions = forms.ModelMultipleChoiceField(
        Permission.objects.all(), required=False, label="Rights", widget=RightsMatrix
    )

    class Meta:
        model = Group
        fields = ["name", "permissions"]

    def __init__(self, *args, person, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        profile = getattr(self.instance, "profile", None) if self.instance.pk else None
        for name in ("description", "enters_admin", "administers"):
            if name in self.fields and profile:
                self.fields[name].initial = getattr(profile, name)
        if self.instance.pk and roles.beyond(person, roles=[self.instance]):
            # Single sign-on gives roles by their names, and in the admin their rights count.
            for name in {"name", "enters_admin"} & self.fields.keys():
                self.fields[name].disabled = True
        if "administers" in self.fields and not person.is_superuser:
            self.fields["administers"].disabled = True
        if "permissions" in self.fields:
            widget = self.fields["permissions"].widget
            widget.offered = offered
            widget.free = {one.pk for one in offered if not roles.beyond(person, [one])}

    def clean_permissions(self):
        """Rights that the person does not hold stay as they are."""
        wanted = {one.pk for one in self.cleaned_data["permissions"]}
        held = set()
        if self.instance.pk:
            held = set(self.instance.permissions.values_list("pk", flat=True))
        free = self.fields["permissions"].widget.free
        return Permission.objects.filter(pk__in=(wanted & free) | (held - free))

    def clean(self):
        cleaned = super().clean()
        administers = self.instance.pk and "is_superuser" in roles.grants(self.instance)
        if administers and not self.person.is_superuser:
            raise ValidationError("A role that may do everything is changed by superusers.")
        return cleaned

    def save_profile(self) -> None:
        profile, _ = RoleProfile.objects.get_or_create(role=self.instance)
        for name in ("description", "enters_admin", "administers"):
            setattr(profile, name, self.cleaned_data.get(name, getattr(profile, name)))
        profile.save()

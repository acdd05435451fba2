"""The form of a role, and rights as a table of records and actions."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts import roles
from accounts.models import RoleProfile, User

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


class RightsField(forms.ModelMultipleChoiceField):
    """Rights on these kinds of records, in this order. Those that the person who chooses does not
    hold stay as they are, as do those on other kinds."""

    widget = RightsMatrix

    def __init__(self, person: User, kinds: Iterable[type[models.Model]], **more):
        super().__init__(Permission.objects.all(), required=False, label="Rights", **more)
        places = {kind: place for place, kind in enumerate(kinds)}
        types = ContentType.objects.get_for_models(*places).values()
        found = Permission.objects.filter(content_type__in=types).select_related("content_type")
        self.widget.offered = sorted(
            found, key=lambda one: (places[one.content_type.model_class()], one.pk)
        )
        self.free = {one.pk for one in found if not roles.beyond(person, [one])}
        self.widget.free = self.free

    def chosen(self, wanted: Iterable[Permission], held: Iterable[Permission]) -> models.QuerySet:
        free = {one.pk for one in wanted} & self.free
        kept = {one.pk for one in held} - self.free
        return Permission.objects.filter(pk__in=free | kept)


class RoleForm(forms.ModelForm):
    person: User  # who fills it

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

    class Meta:
        model = Group
        fields = ["name", "permissions"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        profile = getattr(self.instance, "profile", None) if self.instance.pk else None
        for name in ("description", "enters_admin", "administers"):
            if name in self.fields and profile:
                self.fields[name].initial = getattr(profile, name)
        if self.instance.pk and roles.beyond(self.person, roles=[self.instance]):
            # Single sign-on gives roles by their names, and in the admin their rights count.
            for name in {"name", "enters_admin"} & self.fields.keys():
                self.fields[name].disabled = True
        if "administers" in self.fields and not self.person.is_superuser:
            self.fields["administers"].disabled = True

    def clean_permissions(self):
        held = self.instance.permissions.all() if self.instance.pk else ()
        return self.fields["permissions"].chosen(self.cleaned_data["permissions"], held)

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

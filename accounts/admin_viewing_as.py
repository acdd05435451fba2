"""The page of the admin from which somebody looks at the portal as somebody else."""

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts import viewing_as
from accounts.forms_people import AttributesField
from accounts.models import User


def urls(site) -> list:
    def view(request):
        return _page(site, request)

    return [path("view-as/", site.admin_view(view), name="view_as")]


class WhomForm(forms.Form):
    """A person, or somebody with one role."""

    person = forms.CharField(
        required=False, max_length=150, help_text="A user name; or choose a role instead.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    role = forms.ModelChoiceField(
        Group.objects.order_by("name"), required=False, empty_label="–",
        help_text="Somebody with this role alone.", widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    attributes = AttributesField(
        required=False, help_text="Of that somebody, for example country and DE, AT."
    )

    def clean(self):
        cleaned = super().clean()
        name, role = cleaned.get("person", "").strip(), cleaned.get("role")
        if bool(name) == bool(role):
            raise ValidationError("Name a person or choose a role.")
        if name:
            cleaned["user"] = User.objects.filter(username=name, is_active=True).first()
            if cleaned["user"] is None:
                raise ValidationError({"person": "Nobody of this name may sign in."})
        return cleaned


def _page(site, request):
    if not request.user.has_perm(viewing_as.RIGHT):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else None
    form = WhomForm(sent, initial=_initial(request.GET))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        other = asked.get("user") or viewing_as.somebody(asked["role"], asked["attributes"])
        if viewing_as.may(request.user, other):
            viewing_as.begin(request.session, other)
            return HttpResponseRedirect(reverse("home"))
        form.add_error(None, "Superusers are seen by superusers alone.")
    context = site.each_context(request) | {"title": "View as", "form": form}
    return render(request, "admin/accounts/view_as.html", context)


def _initial(asked) -> dict:
    return {name: asked[name] for name in ("person", "role") if name in asked}

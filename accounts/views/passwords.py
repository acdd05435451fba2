"""Choosing a password: one's own, by an invitation, and after it was forgotten."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import backends, invite, signing_in, tasks
from accounts.views import unkept
from accounts.views.sign_in import waiting


class Plain:
    """Fields as all pages of the portal show them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
        if "new_password1" in self.fields:
            rules = " ".join(password_validation.password_validators_help_texts())
            self.fields["new_password1"].help_text = rules
            self.fields["new_password2"].help_text = ""


class ChangeForm(Plain, auth_forms.PasswordChangeForm):
    request = None

    def clean_old_password(self):
        """As the log-in checks it, so that nobody who finds an open page can try on and on."""
        given, name = self.cleaned_data["old_password"], self.user.get_username()
        known = authenticate(self.request, username=name, password=given)
        if known is None or known.pk != self.user.pk:
            wait = waiting(self.request, {"username": name})
            raise ValidationError(wait or self.error_messages["password_incorrect"])
        return given


class NewForm(Plain, auth_forms.SetPasswordForm):
    pass


@method_decorator(unkept, name="dispatch")
class Password(auth.PasswordChangeView):
    template_name = "accounts/password.html"
    success_url = reverse_lazy("security")
    form_class = ChangeForm
    extra_context = {"here": "preferences"}

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.has_usable_password():
            return redirect("security")  # of people who come by single sign-on
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        form.request = self.request
        return form

    def form_valid(self, form):
        messages.success(self.request, "Your password is changed. Other devices are signed out.")
        answer = super().form_valid(form)
        signing_in.prove(self.request)
        return answer


@login_not_required
@sensitive_post_parameters()
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request, key):
    """An invitation: choose a password, and be signed in."""
    user = invite.invited(key)
    if user is None or not backends.by_password(user.get_username()):
        return render(request, "accounts/link_over.html", {"invitation": True}, status=404)
    form = NewForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        invite.accept(user)
        signing_in.finish(request, user)
        return redirect("home")
    return render(request, "accounts/welcome.html", {"form": form, "person": user})


def _by_mail() -> None:
    if not settings.MAIL or settings.SSO_ONLY:
        raise Http404


class AskForm(Plain, auth_forms.PasswordResetForm):
    pass


@login_not_required
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request):
    """Asks for a mail; the answer is the same whoever has the address."""
    _by_mail()
    form = AskForm(request.POST or None)
    sent = request.method == "POST" and form.is_valid()
    if sent:
        tasks.send_way_back.delay(form.cleaned_data["email"], invite.base_of(request))
    return render(request, "accounts/forgot.html", {"form": form, "sent": sent})


@method_decorator(unkept, name="dispatch")
class New(auth.PasswordResetConfirmView):
    """From the mail: the key moves out of the address before the form is shown."""

    template_name = "accounts/new_password.html"
    form_class = NewForm
    success_url = reverse_lazy("login")

    def dispatch(self, *args, **kwargs):
        _by_mail()
        return super().dispatch(*args, **kwargs)

    def form_valid(self, form):
        messages.success(self.request, "Your new password counts now. Sign in with it.")
        return super().form_valid(form)

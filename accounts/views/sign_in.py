"""Signing in: password, second proof, passkey; and proving again before security settings."""

import json

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required, login_required
from django.core.exceptions import BadRequest
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import backends, lockout, passkeys, signing_in, two_factor
from accounts.views import safe_next, unkept

LARGEST_ANSWER = 20_000  # bytes that a browser's answer of a passkey may take


def waiting(request, credentials: dict) -> str:
    """What somebody is told who failed too often; nothing about whether the person exists."""
    until = lockout.until(request, credentials)
    if until is None:
        return ""
    minutes = max(1, round((until - timezone.now()).total_seconds() / 60 + 0.5))
    within = "a minute" if minutes == 1 else f"{minutes} minutes"
    return (
        f"Too many attempts. Try again in {within}; an admin of the portal can lift this earlier."
    )


class SignIn(auth.LoginView):
    template_name = "accounts/login.html"

    def form_valid(self, form):
        there = self.get_success_url()
        if signing_in.begin(self.request, form.get_user(), there):
            return redirect(there)
        return redirect("second-step")

    def form_invalid(self, form):
        name = form.data.get("username", "")
        wait = waiting(self.request, {"username": name}) if "username" in form.cleaned_data else ""
        context = self.get_context_data(form=form, waiting=wait)
        return self.render_to_response(context, status=429 if wait else 200)

    def get_context_data(self, **kwargs):
        more = {
            "passkeys": passkeys.possible(self.request),
            "single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
            "only": settings.SSO_ONLY and not settings.LDAP_URL,
            "mail": settings.MAIL and not settings.SSO_ONLY,
        }
        return super().get_context_data(**kwargs) | more


@login_not_required
@sensitive_post_parameters("code")
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request):
    """After the password: a code of the app, a recovery code, or a passkey."""
    found = signing_in.pending(request)
    if found is None:
        return redirect("login")
    user, noted = found
    wrong = ""
    if request.method == "POST":
        wrong = wrong_code(request, user)
        if not wrong:
            signing_in.finish(request, user)
            return redirect(noted["next"] or "home")
    context = ways(request, user) | {"wrong": wrong}
    return render(request, "accounts/second_step.html", context)


def ways(request, user) -> dict:
    kinds = set(user.factors.values_list("kind", flat=True))
    local = user.has_usable_password() and backends.by_password(user.get_username())
    directory = settings.LDAP_URL and user.identities.filter(issuer=settings.LDAP_URL).exists()
    return {
        "has_app": "app" in kinds,
        "has_passkey": "passkey" in kinds and passkeys.possible(request),
        "has_password": local or directory,
        "single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
    }


def wrong_code(request, user) -> str:
    """What is wrong with the code that was sent; empty when it is right."""
    credentials = lockout.second_step(user)
    if wait := waiting(request, credentials):
        return wait
    if two_factor.check(user, request.POST.get("code", ""), timezone.now()):
        lockout.passed(credentials)
        return ""
    lockout.failed(request, credentials)
    return waiting(request, credentials) or (
        "This code is not right, or was used already. Codes of the app change every 30 seconds."
    )


@login_required
@sensitive_post_parameters("password", "code")
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request):
    """Before security settings: it is still the person who sits there."""
    user, wrong = request.user, ""
    if request.method == "POST":
        if "code" in request.POST:
            wrong = wrong_code(request, user)
        else:
            given = {"username": user.get_username(), "password": request.POST.get("password", "")}
            known = authenticate(request, **given)
            if known is None or known.pk != user.pk:
                name = {"username": given["username"]}
                wrong = waiting(request, name) or "This is not your password."
        if not wrong:
            signing_in.prove(request)
            return redirect(safe_next(request, "security"))
    context = ways(request, user) | {"wrong": wrong, "next": safe_next(request, "security")}
    return render(request, "accounts/confirm.html", context)


@login_not_required
@unkept
@require_POST
def proof_options(request):
    """A challenge for a passkey: of who is signed in or half through, else of anybody."""
    try:
        person = _person(request)
        return JsonResponse(passkeys.begin_proof(request, person))
    except two_factor.Refused as refused:
        return JsonResponse({"error": str(refused)}, status=403)


def _person(request):
    """Whose passkeys count: none in particular on the log-in page."""
    if request.user.is_authenticated:
        return request.user
    found = signing_in.pending(request)
    return found[0] if found and request.GET.get("step") == "second" else None


@login_not_required
@unkept
@require_POST
def passkey_sign_in(request):
    """A passkey instead of the password, or as the second proof."""
    found = signing_in.pending(request) if request.GET.get("step") == "second" else None
    try:
        person, noted = found or (None, {})
        user = passkeys.proved(request, body(request), person, timezone.now())
        if not found and not backends.by_password(user.get_username()):
            raise two_factor.Refused("Sign in through single sign-on.")
    except two_factor.Refused as refused:
        return JsonResponse({"error": str(refused)}, status=403)
    signing_in.finish(request, user)
    return JsonResponse({"next": noted.get("next") or safe_next(request)})


@login_required
@unkept
@require_POST
def confirm_passkey(request):
    try:
        answer = body(request)
        passkeys.proved(request, answer, request.user, timezone.now())
    except two_factor.Refused as refused:
        return JsonResponse({"error": str(refused)}, status=403)
    signing_in.prove(request)
    return JsonResponse({"next": safe_next(request, "security")})


def body(request) -> dict:
    if len(request.body) > LARGEST_ANSWER:
        raise BadRequest("This is too long for a passkey's answer.")
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise two_factor.Refused(passkeys.NOT_RIGHT)
    return found

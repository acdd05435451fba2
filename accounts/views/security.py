"""What people do for the security of their own account; nobody reaches that of somebody else."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, passkeys, signing_in, two_factor
from accounts.audit import Action
from accounts.encryption import decrypted, encrypted
from accounts.keys import is_key
from accounts.models import Factor, Session
from accounts.views import proved, unkept
from accounts.views.sign_in import body

SECRET, CODES = "new_app_secret", "new_recovery_codes"  # in the session, until shown right


@login_required
@unkept
@require_http_methods(["GET", "HEAD"])
def security(request):
    """Two-factor sign-in, and where the person is signed in."""
    user = request.user
    own = request.session.session_key
    sessions = list(Session.objects.of(user, timezone.now()))
    context = {
        "here": "preferences",
        "factors": list(user.factors.all()),
        "codes_left": user.recovery_codes.filter(used_at=None).count(),
        "new_codes": _shown_once(request),
        "owes": signing_in.owes_second(user, request.session),
        "passkeys": passkeys.possible(request),
        "sessions": sorted(sessions, key=lambda one: one.pk != own),
        "own": own,
        "has_password": user.has_usable_password(),
    }
    return render(request, "accounts/security.html", context)


@login_required
@proved
@sensitive_post_parameters("code")
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request):
    """The QR code, and the first code that shows that the app has it."""
    user, wrong = request.user, ""
    secret = decrypted(request.session.get(SECRET, ""))
    if request.method == "POST" and secret:
        try:
            code = request.POST.get("code", "")
            codes = two_factor.add_app(
                user, secret, code, timezone.now(), request.session.session_key
            )
        except two_factor.Refused as refused:
            wrong = str(refused)
        else:
            del request.session[SECRET]
            return _done(request, codes, "Your authenticator app is set up.")
    secret = secret or two_factor.new_secret()
    request.session[SECRET] = encrypted(secret)
    context = {
        "here": "preferences",
        "picture": two_factor.picture(two_factor.address_of(secret, user, settings.PORTAL_NAME)),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "wrong": wrong,
    }
    return render(request, "accounts/app.html", context)


def _show_once(request, codes: list[str]) -> None:
    """By the page of security settings, at its next visit."""
    if codes:
        request.session[CODES] = encrypted(" ".join(codes))


def _shown_once(request) -> list[str]:
    return (decrypted(request.session.pop(CODES, "")) or "").split()


def _done(request, codes: list[str], said: str):
    """New recovery codes are shown once, by the page that follows."""
    _show_once(request, codes)
    messages.success(request, said)
    return redirect("security")


@login_required
@unkept
@require_POST
def passkey_options(request):
    if not signing_in.proved_lately(request):
        return JsonResponse({"confirm": True}, status=403)
    try:
        return JsonResponse(passkeys.begin_adding(request))
    except two_factor.Refused as refused:
        return JsonResponse({"error": str(refused)}, status=403)


@login_required
@unkept
@require_POST
def add_passkey(request):
    if not signing_in.proved_lately(request):
        return JsonResponse({"confirm": True}, status=403)
    try:
        sent = body(request)
        name = str(sent.pop("name", ""))
        factor = passkeys.added(request, sent, name)
    except two_factor.Refused as refused:
        return JsonResponse({"error": str(refused)}, status=403)
    codes = two_factor.add(factor, timezone.now(), request.session.session_key)
    _show_once(request, codes)
    messages.success(request, f"The passkey {factor.name} is kept.")
    return JsonResponse({})


@login_required
@proved
@unkept
@require_POST
def remove_factor(request, factor_id):
    if not is_key(factor_id):
        raise Http404
    factor = get_object_or_404(Factor.objects.select_related("user"), pk=factor_id,
                               user=request.user)  # fmt: skip
    last = request.user.factors.count() == 1
    if last and signing_in.second_required(request.user):
        messages.error(request, "The portal requires a second factor of you: add another first.")
        return redirect("security")
    two_factor.remove(factor, request.user)
    messages.success(request, f"{factor.name} is removed.")
    return redirect("security")


@login_required
@proved
@unkept
@require_POST
def recovery_codes(request):
    if request.user.two_factor_since is None:
        raise Http404
    codes = two_factor.renew_codes(request.user)
    return _done(request, codes, "You have new recovery codes; the old ones are refused.")


@login_required
@unkept
@require_POST
def end_session(request, reference):
    own = Session.objects.filter(user=request.user)
    found = next((one for one in own if one.reference == reference), None)
    if found is None:
        raise Http404
    found.delete()
    _tell_ended(request.user, 1)
    messages.success(request, f"{found.device_name} is signed out.")
    return redirect("security")


@login_required
@unkept
@require_POST
def end_other_sessions(request):
    count = Session.objects.end(request.user, but=request.session.session_key)
    _tell_ended(request.user, count)
    messages.success(request, "All other devices are signed out.")
    return redirect("security")


def _tell_ended(user, count: int) -> None:
    audit.record(Action.SESSION_ENDED, user, details={"devices": count})

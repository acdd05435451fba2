"""To the OpenID provider and back."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import invite, openid, signing_in, sso
from accounts.views import safe_next, unkept

log = logging.getLogger(__name__)

NEXT = "single_sign_on_next"


def _set_up() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


@login_not_required
@unkept
@require_GET
def leave(request):
    _set_up()
    again = request.GET.get("again") == "1" and request.user.is_authenticated
    request.session[NEXT] = {
        "next": safe_next(request),
        "again": request.user.pk if again else None,
    }
    try:
        there = invite.base_of(request) + reverse("single-sign-on-back")
        return openid.leave(request, there, again=again)
    except sso.Refused as refused:
        return _refused(request, refused)


@login_not_required
@unkept
@require_GET
def back(request):
    _set_up()
    noted = request.session.pop(NEXT, None) or {"next": reverse("home"), "again": None}
    try:
        user = sso.person_of(openid.claims(request))
        if noted["again"] not in (None, user.pk):
            raise sso.Refused("You signed in there as somebody else.")
    except sso.Refused as refused:
        return _refused(request, refused)
    signing_in.finish(request, user, by_provider=True)
    return redirect(noted["next"])


def _refused(request, refused: sso.Refused):
    log.warning("A single sign-on was refused: %s (%r)", refused, refused.__cause__)
    return render(request, "accounts/refused.html", {"refused": str(refused)}, status=403)
